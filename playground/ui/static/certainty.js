/**
 * How sure: an ensemble, Monte-Carlo dropout and a last-layer Laplace approximation beside the
 * network's own shares, on the same map with one scale of colours, and how well each is calibrated.
 */

import { Cards } from './cards.js';
import { paintReliability, paintSure, probeReliability, probeSure } from './certaintycards.js';
import { Examples } from './certaintyexamples.js';
import { el, offer, setText } from './dom.js';
import { Estimated } from './estimated.js';
import { isRegression } from './scene.js';
import { accuracy, count, percent, significant } from './words.js';

const NAMES = ['plain', 'ensemble', 'dropout', 'laplace'];
const MEMBERS = [4, 8, 16, 32];
const PASSES = [30, 100, 300];
const WINDOWS = [1, 2, 4];
const PRIORS = { min: -3, max: 3, step: 0.5 };
const FEW = 0.5; // of the head's weights are determined by the data: its posterior is mostly its prior
const LARGE_PX = 480; // a panel this high shows maps and calibration at once
const NARROW_PX = 640; // one this narrow no examples beside them

/** What the visitor chose outlives a change of tab. */
const choice = { members: 8, passes: 100, window: 2, measure: 'entropy', show: null, by: 'ensemble', prior: null };
const SHOWN = { points: ['maps', 'calibration'], whole: ['calibration', 'examples'] };

export function createCertainty(context, body, tools) {
  return new Certainty(context, body, tools);
}

class Certainty {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.body = body;
    this.what = 'all';
    const { text } = context;
    this.study = new Estimated(context, 'certainty', () => this.asked(), text('certainty.ask'), () => this.seconds());
    this.study.button.title = text('certainty.ask_tip');
    this.hub.option('certainty', { fresh: false });
    this.selects = {
      show: this.select('show', []),
      by: this.select('by', []),
      measure: this.select('measure', ['entropy', 'spread'].map((name) => [name, text(`certainty.measure_${name}`)])),
      window: this.select('window', WINDOWS.map((n) => [n, text('certainty.window_n', { count: n })])),
      members: this.select('members', MEMBERS.map((n) => [n, text('certainty.members_n', { count: n })])),
      passes: this.select('passes', PASSES.map((n) => [n, text('certainty.passes_n', { count: n })])),
    };
    tools.append(...Object.values(this.selects), this.study.node);
    this.holder = el('div', { class: 'np-curvature-cards' });
    this.examples = new Examples(context);
    this.note = el('p', { class: 'np-caption' });
    body.append(el('div', { class: 'np-curvature np-certainty' }, this.holder, this.examples.node, this.bar(), this.note));
    this.cards = new Cards(context, this.holder, {
      name: 'certainty', width: 168, height: 150, compact: true,
      find: (hub) => this.find(hub),
      paintCard: (canvas, card, view) => (card.item.kind === 'map' ? paintSure : paintReliability)(canvas, card, view),
      probeCard: (card, x, y, view) => (card.item.kind === 'map' ? probeSure : probeReliability)(card, x, y, view),
      describe: (items) => items.map((item) => item.alt).join(' '),
      empty: () => this.empty(),
    });
  }

  select(key, options) {
    const { text } = this.context;
    const node = el('select', {
      class: 'np-select', 'aria-label': text(`certainty.${key}`), title: text(`certainty.${key}_tip`),
      on: {
        change: () => {
          choice[key] = ['show', 'measure', 'by'].includes(key) ? node.value : Number(node.value);
          if (key === 'window') this.again();
          this.hub.invalidate();
        },
      },
    }, ...options.map(([value, label]) => el('option', { value, text: label })));
    if (options.length) node.value = String(choice[key]);
    return node;
  }

  /** Seconds of computing: the other networks have to be trained as far as this one is. */
  seconds() {
    const { header } = this.hub;
    const cost = header.certainty?.cost;
    if (!cost?.step) return null;
    return (choice.members - 1) * (cost.make + header.epoch * cost.batches * cost.step);
  }

  /** What stands there before anything is measured, or where nothing can be. */
  empty() {
    const { text } = this.context;
    const refusal = this.study.refusal(this.hub.header.certainty);
    if (refusal) return refusal;
    const empty = text(this.hub.scene.kind === 'points' ? 'certainty.empty' : 'certainty.empty_whole');
    return `${empty} ${text(this.hub.header.step ? 'certainty.press' : 'certainty.train_first', { button: text('certainty.ask') })}`;
  }

  /** The scale of colours, the head's prior, and what would let dropout say something. */
  bar() {
    const { text } = this.context;
    this.scale = el('span', { class: 'np-scale' });
    this.auto = el('button', {
      type: 'button', class: 'np-toggle', text: text('certainty.auto'), title: text('certainty.auto_tip'),
      on: { click: () => this.setPrior(null) },
    });
    this.slider = el('input', {
      type: 'range', class: 'np-range', ...PRIORS, 'aria-label': text('certainty.prior'), title: text('certainty.prior_tip'),
      on: { input: () => this.setPrior(Number(this.slider.value)) },
    });
    this.priorValue = el('span');
    this.prior = el('span', { class: 'np-certainty-prior' }, el('span', { text: text('certainty.prior') }),
      this.slider, this.priorValue, this.auto);
    this.dropout = el('button', {
      type: 'button', class: 'np-toggle', text: text('certainty.add_dropout'), title: text('certainty.add_dropout_tip'),
      on: { click: () => this.hub.ask({ type: 'add_dropout' }) },
    });
    this.row = el('div', { class: 'np-certainty-bar' }, this.scale, this.prior, this.dropout);
    this.row.hidden = true;
    return this.row;
  }

  setPrior(value) {
    choice.prior = value;
    this.again();
  }

  asked() {
    const { members, passes, window, prior } = choice;
    return { what: this.what, members, passes, window, prior, fresh: true };
  }

  /** Pictures what was measured once more, with another prior or window. */
  again() {
    if (!this.study.head || this.study.working) {
      this.due = Boolean(this.study.head);
      return;
    }
    this.due = false;
    this.what = 'again';
    this.study.ask();
    this.what = 'all';
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    this.study.paint(hub);
    const told = hub.header.studies?.certainty;
    if (told?.round === this.study.round && told.state !== 'none') this.hub.option('certainty', { fresh: false });
    if (this.due && !this.study.working) this.again();
    this.study.button.disabled = Boolean(this.study.refusal(hub.header.certainty));
    this.fill(hub.scene);
    this.cards.paint(hub);
    this.paintExamples(hub.scene);
    this.paintBar(hub.scene);
    setText(this.note, this.study.head ? this.sentences(hub).join(' ') : '');
  }

  /** What can be shown of these data, and by which way examples can be ordered. */
  fill(scene) {
    const { text } = this.context;
    const names = SHOWN[scene.kind === 'points' ? 'points' : 'whole'];
    const ways = Object.keys(this.study.head?.examples?.order ?? {});
    const key = [names, ways, this.study.version].join('|');
    if (key !== this.filled) {
      this.filled = key;
      offer(this.selects.show, names.map((name) => [name, text(`certainty.show_${name}`)]), this.show);
      offer(this.selects.by, ways.map((name) => [name, text('certainty.by_way', { way: this.title(name) })]), this.by);
    }
    this.selects.by.hidden = !ways.length || !(this.large || this.show === 'examples');
  }

  /** What is shown; what was chosen of other data may not be there. */
  get show() {
    const names = SHOWN[this.hub.scene.kind === 'points' ? 'points' : 'whole'];
    return names.includes(choice.show) ? choice.show : names[0];
  }

  get by() {
    const order = this.study.head?.examples?.order ?? {};
    return choice.by in order ? choice.by : Object.keys(order)[0];
  }

  paintExamples(scene) {
    const there = Boolean(this.study.head?.examples) && scene.kind !== 'points';
    this.examples.node.hidden = !there || !(this.large || this.show === 'examples');
    this.holder.hidden = there && !this.large && this.show === 'examples';
    if (!this.examples.node.hidden) this.examples.paint(scene, this.study, this.by);
  }

  get regression() {
    return this.study.head?.regression ?? isRegression(this.hub.scene);
  }

  paintBar(scene) {
    const { head } = this.study;
    const points = scene.kind === 'points';
    this.selects.measure.hidden = !points || this.regression;
    this.selects.window.hidden = !points;
    this.selects.members.hidden = this.study.working; // its place is taken by how far it is
    this.selects.passes.hidden = this.study.working || !scene.blocks.some(({ kind }) => kind === 'dropout');
    this.row.hidden = !head;
    if (!head) return;
    const { theme } = this.context;
    this.scale.hidden = !points || (this.show !== 'maps' && !this.large);
    const key = [this.study.version, choice.measure, theme.background, theme.text].join('|');
    if (key !== this.scaleKey) {
      this.scaleKey = key;
      const bar = el('i', { class: 'np-gradient' });
      bar.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map((share) => ramp(theme, share)).join(',')})`;
      const ends = this.measure === 'entropy' ? ['0', '1'] : ['0', significant(head.scale)];
      this.scale.replaceChildren(el('span', { text: ends[0] }), bar, el('span', { text: ends[1] }));
      this.scale.title = this.context.text(`certainty.measure_${this.measure}_tip`);
    }
    this.prior.hidden = !head.methods.laplace.there;
    if (document.activeElement !== this.slider) this.slider.value = String(Math.log10(head.prior));
    setText(this.priorValue, significant(head.prior));
    this.auto.setAttribute('aria-pressed', String(choice.prior === null));
    this.dropout.hidden = head.methods.dropout.there || !this.context.hands || !this.context.hub.scene
      || scene.blocks.some(({ kind }) => kind === 'dropout');
  }

  get measure() {
    return this.regression ? 'spread' : choice.measure;
  }

  get large() {
    const { clientHeight, clientWidth } = this.body;
    return clientHeight > LARGE_PX && (this.hub.scene.kind === 'points' || clientWidth > NARROW_PX);
  }

  find({ scene, arrays }) {
    const { head } = this.study;
    if (!head) return [];
    const maps = scene.kind === 'points' && head.domain ? NAMES.map((name) => this.map(scene, arrays, name)) : [];
    const curves = NAMES.map((name) => this.curve(name));
    if (!maps.length) return curves;
    if (this.large) return [...maps, ...curves];
    return this.show === 'maps' ? maps : curves;
  }

  title(name) {
    const { head } = this.study;
    return this.context.text(`certainty.${name}`, { members: head.members, passes: head.passes });
  }

  missing(name) {
    const { reason } = this.study.head.methods[name];
    const { text } = this.context;
    return name === 'dropout' ? text('certainty.no_dropout') : text(`certainty.no_laplace_${reason}`);
  }

  map(scene, arrays, name) {
    const { head, arrays: found } = this.study;
    const { text } = this.context;
    const told = head.methods[name];
    const title = this.title(name);
    const item = { kind: 'map', name, title, scene, told, head, measure: this.measure, points: arrays.points_train };
    if (!told.there) return { ...item, missing: this.missing(name), alt: `${title}: ${this.missing(name)}` };
    const facts = { near: this.amount(told.near), far: this.amount(told.far) };
    const of = (what) => found[`certainty_${what}_${name}`];
    return {
      ...item, facts, shades: of(this.measure), entropy: of('entropy'), spread: of('spread'), value: of('value'),
      share: of('share'), best: of('class'), note: text('certainty.near_far', facts),
      alt: text('certainty.alt_map', { title, ...facts }),
    };
  }

  /** An uncertainty in its unit: of an entropy three places are all there is to say. */
  amount(value) {
    return this.regression ? significant(value) : value?.toFixed(3);
  }

  curve(name) {
    const { head, arrays: found } = this.study;
    const { text } = this.context;
    const told = head.methods[name];
    const title = this.title(name);
    const item = { kind: 'curve', name, title, regression: this.regression, told };
    const missing = !told.there ? this.missing(name) : head.tested ? null : text('certainty.untested');
    if (missing) return { ...item, missing, alt: `${title}: ${missing}` };
    const facts = {
      ece: percent(told.ece, 1), nll: significant(told.nll), brier: significant(told.brier),
      accuracy: accuracy(told.accuracy), rmse: significant(told.rmse), apart: percent(told.apart, 1),
    };
    const lines = this.regression
      ? [text('certainty.apart', facts), text('certainty.nll_rmse', facts)]
      : [text('certainty.ece', facts), text('certainty.nll_brier', facts)];
    return { ...item, facts, lines, rows: found[`certainty_curve_${name}`], alt: `${title}: ${lines.join(', ')}.` };
  }

  // ---- what is said --------------------------------------------------------------------------

  sentences({ header, scene }) {
    const { text, lang } = this.context;
    const { head } = this.study;
    const said = [text('certainty.moment', { epoch: count(head.of_epoch, lang), tested: count(head.tested, lang) })];
    if (!head.of_step) said.push(text('certainty.untrained'));
    if (header.step !== head.of_step) said.push(text('certainty.moved'));
    const { plain, ensemble } = head.methods;
    if (scene.kind === 'points' && !this.regression && plain.far != null) {
      said.push(text('certainty.compare', { plain: this.amount(plain.far), ensemble: this.amount(ensemble.far) }));
    }
    if (head.determined && head.determined[0] < FEW * head.determined[1]) {
      said.push(text('certainty.undetermined', { determined: significant(head.determined[0]), weights: head.determined[1] }));
    }
    if (head.determined && !head.fitted && !head.asked) said.push(text('certainty.no_prior', { prior: significant(head.prior) }));
    if (head.lost) said.push(text('certainty.lost', { count: head.lost }));
    if (scene.kind === 'points') said.push(this.regression ? text('certainty.how_values') : text('certainty.how_classes'));
    if (!this.holder.hidden && scene.kind !== 'points') {
      said.push(this.regression ? text('certainty.how_values_whole') : text('certainty.how_classes_whole'));
    }
    if (!this.examples.node.hidden) said.push(this.regression ? text('certainty.how_spread') : text('certainty.how_entropy'));
    return said;
  }

  save() {
    return this.cards.save();
  }

  destroy() {
    this.cards.destroy();
  }
}

function ramp(theme, share) {
  const [r, g, b] = theme.colors.sure(share);
  return `rgb(${Math.round(r)},${Math.round(g)},${Math.round(b)})`;
}
