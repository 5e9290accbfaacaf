/** What is to be searched, how, and what it will cost: measured before anything is started. */

import { el, setText } from '../dom.js';
import { button, chips } from './kit.js';
import { choice } from './parts.js';
import { KnobCard, knobText } from './sweep_knob.js';
import { Restore } from './sweep_restore.js';
import { timeWords } from './sweep_words.js';

const METHODS = ['grid', 'random', 'bayes'];
const METRICS = ['test_loss', 'test_score', 'epochs', 'seconds'];
const MOST_KNOBS = 8;
const FIRST = 12; // knobs that are offered before "more"
const REST_MS = 700;

export class Form {
  /** @param {{onStart: (settings: object) => void, onRestored: () => void}} wishes */
  constructor(context, wishes) {
    Object.assign(this, { context, wishes });
    const { facts } = context;
    this.state = { ...facts.settings };
    this.cards = new Map();
    this.build();
    for (const knob of this.state.knobs) this.add(knob);
    this.show();
  }

  offer(path) {
    return this.context.facts.offers.find((one) => one.path === path);
  }

  // ---- building ----------------------------------------------------------------------------------

  build() {
    const { text } = this.context;
    this.offers = el('div', { class: 'np-chips np-s-offers', role: 'group', 'aria-label': text('sweep.knobs') });
    this.knobs = el('div', { class: 'np-s-knobs' });
    this.methods = chips({ label: text('sweep.method'), names: METHODS, words: (name) => text(`sweep.method_${name}`),
      onChoose: (method) => this.change({ method }) });
    this.says = el('p', { class: 'np-caption np-s-method-says' });
    this.plan = el('p', { class: 'np-s-plan', role: 'status' });
    this.trouble = el('p', { class: 'np-trouble np-s-trouble', role: 'alert' });
    this.start = button(text('sweep.start'), () => this.wishes.onStart(this.settings()), { class: 'np-toggle np-main np-s-start' });
    this.restore = new Restore(this.context, {
      onBusy: (busy) => (this.busy = busy), onDone: () => this.wishes.onRestored() });
    this.node = el('section', { class: 'np-s-form', 'aria-label': text('sweep.form') },
      el('div', { class: 'np-s-what' }, el('h3', { class: 'np-title', text: text('sweep.knobs') }), this.offers, this.knobs),
      el('div', { class: 'np-s-how' }, el('h3', { class: 'np-title', text: text('sweep.method') }),
        this.methods.node, this.says, this.numbers(), this.trouble, this.plan,
        el('div', { class: 'np-s-begin' }, this.start, this.restore.node), this.restore.says));
  }

  numbers() {
    const { context: { text }, state } = this;
    const { limits } = this.context.facts;
    this.fields = Object.fromEntries(['trials', 'starts', 'epochs'].map((name) => {
      const input = el('input', { type: 'number', class: 'np-field', min: 1, max: limits[name], step: 1, 'aria-label': text(`sweep.${name}`) });
      input.value = state[name];
      input.addEventListener('input', () => {
        const value = Number(input.value);
        const good = Number.isInteger(value) && value >= 1 && value <= limits[name];
        input.setAttribute('aria-invalid', String(!good));
        this.invalid = Object.values(this.fields ?? {}).some((one) => one.getAttribute('aria-invalid') === 'true');
        if (good) this.change({ [name]: value });
        else this.show();
      });
      return [name, input];
    }));
    const named = (name) => el('label', { class: 'np-named', title: text(`sweep.${name}_tip`) },
      el('span', { text: text(`sweep.${name}`) }), this.fields[name]);
    this.trials = named('trials');
    this.metric = choice({ label: text('sweep.metric'), value: state.metric,
      options: METRICS.map((name) => [name, text(`sweep.metric_${name}`)]), onChange: (metric) => this.change({ metric }) });
    this.target = el('input', { type: 'number', class: 'np-field', min: 0, max: 100, step: 1 });
    this.target.value = Math.round(100 * state.target);
    this.target.addEventListener('input', () => {
      const value = Number(this.target.value) / 100;
      if (value >= 0 && value <= 1) this.change({ target: value });
    });
    this.targetBox = el('label', { class: 'np-named' }, el('span', { text: text('sweep.target') }), this.target);
    this.pruning = button(text('sweep.pruning'), () => this.change({ pruning: !this.state.pruning }), { title: text('sweep.pruning_tip') });
    return el('div', { class: 'np-s-numbers' }, this.trials, named('starts'), named('epochs'), this.metric, this.targetBox, this.pruning);
  }

  showOffers() {
    const { facts: { offers }, text } = this.context;
    const shown = offers.filter((offer, i) => this.all || i < FIRST || this.cards.has(offer.path));
    const nodes = shown.map((offer) => button(offer.name, () => this.flip(offer), {
      title: offer.help, 'data-path': offer.path, 'aria-pressed': String(this.cards.has(offer.path)) }));
    if (shown.length < offers.length) {
      nodes.push(button(text('sweep.more', { count: offers.length - shown.length }), () => {
        this.all = true;
        this.showOffers();
        this.offers.children[shown.length]?.focus();
      }, { class: 'np-toggle np-s-more' }));
    }
    const focused = this.offers.contains(document.activeElement) ? document.activeElement.dataset.path : null;
    this.offers.replaceChildren(...nodes);
    if (focused) this.offers.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  }

  // ---- knobs -------------------------------------------------------------------------------------

  flip(offer) {
    if (this.cards.has(offer.path)) this.remove(offer.path);
    else if (this.cards.size < MOST_KNOBS) {
      this.add(offer.knob);
      this.changed();
    }
  }

  add(knob) {
    const offer = this.offer(knob.path);
    if (!offer || this.cards.has(knob.path)) return;
    const card = new KnobCard(this.context, offer, knob, { onChange: () => this.changed(), onRemove: () => this.remove(knob.path), onRead: () => this.showPlan() });
    this.cards.set(knob.path, card);
    this.knobs.append(card.node);
  }

  remove(path) {
    this.cards.get(path)?.node.remove();
    this.cards.delete(path);
    this.changed();
    this.offers.querySelector(`[data-path="${CSS.escape(path)}"]`)?.focus();
  }

  change(some) {
    Object.assign(this.state, some);
    this.changed();
  }

  changed() {
    this.show();
    const { state } = this;
    this.context.link({
      k: [...this.cards.values()].map(({ knob }) => knobText(knob)).join(';') || null, m: state.method, n: String(state.trials),
      s: String(state.starts), e: String(state.epochs), by: state.metric, g: String(state.target), prune: state.pruning ? '1' : '0',
    });
    this.measureSoon();
  }

  settings() {
    return { ...this.state, knobs: [...this.cards.values()].map(({ knob }) => knob) };
  }

  // ---- what it says ------------------------------------------------------------------------------

  /** How many points there will be at most: every combination, or as many as were asked for. */
  get points() {
    const all = [...this.cards.values()].reduce((product, card) => product * card.values().length, 1);
    return this.state.method === 'grid' ? Math.min(all, this.context.facts.limits.trials) : this.state.trials;
  }

  show() {
    const { state, context: { text } } = this;
    this.showOffers();
    this.methods.show(state.method);
    setText(this.says, text(`sweep.method_${state.method}_says`));
    this.trials.hidden = state.method === 'grid';
    this.targetBox.hidden = !['epochs', 'seconds'].includes(state.metric);
    this.pruning.setAttribute('aria-pressed', String(state.pruning));
    for (const card of this.cards.values()) card.show(state.method);
    this.showPlan();
  }

  showPlan() {
    const { state, cost, context: { text } } = this;
    const none = !this.cards.size;
    setText(this.trouble, this.problem ?? '');
    this.trouble.hidden = !this.problem;
    const unread = this.invalid || [...this.cards.values()].some((card) => card.unread);
    this.start.disabled = none || unread || Boolean(this.problem) || Boolean(this.busy);
    if (none) return setText(this.plan, text('sweep.plan_none'));
    const points = this.points;
    const sum = text('sweep.plan', { points, starts: state.starts, networks: points * state.starts, epochs: state.epochs });
    const time = cost && (points * (cost.setup + state.epochs * cost.epoch + cost.looks * cost.look)) / cost.workers;
    const words = cost ? text('sweep.plan_time', { time: timeWords(text, time) })
      : text(cost === null ? 'sweep.plan_unknown' : 'sweep.plan_measuring');
    setText(this.plan, `${sum} ${words}`);
    this.plan.dataset.points = String(points);
  }

  /** One short trial, once the visitor rests: what it took says what all of them will take. */
  measureSoon() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.measure(), REST_MS);
  }

  async measure() {
    if (this.busy || !this.cards.size || this.invalid) return; // what a card cannot read is not in it
    const key = JSON.stringify(this.settings().knobs) + this.state.starts + this.state.metric + this.state.method;
    if (key === this.measured) return;
    const settings = this.settings();
    const answer = await this.context.ask({ measure: settings });
    if (!answer) return;
    this.measured = key;
    this.problem = answer.header.error ?? null;
    this.cost = answer.header.error ? this.cost : answer.header.cost;
    this.showPlan();
  }

  destroy() {
    clearTimeout(this.resting);
  }
}
