/** Many starts of one experiment: their mean, where they disagree, and how many of them succeed. */

import { el, setText, toggle } from '../dom.js';
import { LiveBar } from '../livebar.js';
import { measuredWords, wayWords } from '../place.js';
import { isLine } from '../scene.js';
import { accuracy, count, percent, significant } from '../words.js';
import { button, chips, numberField, slider } from './kit.js';
import { SeedsCurves } from './seedscurves.js';
import { DisputedAnswers } from './seedsanswers.js';
import { DisputedList } from './seedsdisputed.js';
import { Solutions, Strip } from './seedsdots.js';
import { SeedsMap } from './seedsmap.js';
import { SeedsMembers } from './seedsmembers.js';

export const styles = ['parts.css', 'seeds.css'];

const COUNTS = [1, 4, 16, 64, 256];
const COUNT = 16;
const THRESHOLD = { accuracy: 0.95, r2: 0.9 };
const MEDIAN_TEST_LOSS = 3 + 1 * 5 + 2; // of the bands: behind epoch, steps, seconds, and the train loss

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    const { link } = context.facts;
    this.threshold = link.t ?? null; // null while it is the usual one of the kind of score
    this.choice = { part: link.part ?? 'test', measure: link.by ?? 'deviation', order: link.order ?? 'number',
      space: link.space ?? 'function', first: 0, member: (link.net ?? 0) - 1, point: (link.point ?? 0) - 1 };
    this.showTest = false;
    this.narrow = 'mean';
    this.failed = (member) => this.hasFailed(member);
    this.build();
    this.hub.want({ map: true, neurons: false });
    this.ask();
  }

  /** What the server computes for this page. */
  ask() {
    this.hub.option('plan', { ...this.choice, threshold: this.threshold });
    const { part, measure, order, space, member, point } = this.choice;
    const unless = (usual, value) => (value === usual ? null : String(value));
    this.context.link({
      t: this.threshold == null ? null : String(this.threshold), part: unless('test', part), by: unless('deviation', measure),
      order: unless('number', order), space: unless('function', space), net: member < 0 ? null : String(member + 1),
      point: point < 0 ? null : String(point + 1),
    });
  }

  choose(change) {
    Object.assign(this.choice, change);
    this.ask();
    this.hub.invalidate();
  }

  chooseMember(member) {
    this.choose({ member: member === this.choice.member ? -1 : member });
  }

  // ---- what is on the page ------------------------------------------------------------------------

  build() {
    const { root } = this.context;
    this.bar = this.buildBar();
    const words = (member) => this.memberRows(member);
    const onChoose = (member) => this.chooseMember(member);
    this.curves = new SeedsCurves(this.context);
    this.members = new SeedsMembers(this.context, { order: this.choice.order, words, onChoose,
      onOpen: () => this.context.tell({ open: this.choice.member }),
      onOrder: (order) => this.choose({ order }), onFirst: (first) => this.choose({ first: Math.max(0, first) }) });
    this.strip = new Strip(this.context, { words, onChoose });
    this.solutions = new Solutions(this.context, { words, onChoose });
    this.disputed = new DisputedList(this.context, { onPoint: (point) => this.choose({ point }), onMeasure: (measure) => this.choose({ measure }) });
    this.answers = new DisputedAnswers(this.context, { words, onChoose });
    this.parts = [this.curves, this.members, this.strip, this.solutions, this.disputed, this.answers];
    this.buildMaps();
    this.grid = el('div', { class: 'np-seeds' }, this.mapChoice.node, this.mean.node, this.spread.node,
      this.disputed.node, this.answers.node, this.members.node, this.curves.node, this.successCard(), this.solutionCard());
    root.append(this.bar.node, this.buildCount(), this.grid);
    this.showNarrow('mean');
  }

  buildBar() {
    const { text, lang } = this.context;
    const live = (value) => ({ header }) => (header.state === 'running' ? value(header) : '–');
    const rate = (value) => (value >= 100 ? count(value, lang) : significant(value));
    return new LiveBar(this.context, { label: text('seeds.bar'), stats: [
      { key: 'epoch_count', label: text('bar.epoch_count'), value: ({ header }) => count(header.epoch, lang) },
      { key: 'test_loss', label: text('seeds.median_loss'), tip: text('seeds.median_loss_tip'),
        value: ({ history }) => significant(history.count ? history.value(history.count - 1, MEDIAN_TEST_LOSS) : NaN) },
      { key: 'share', label: text('seeds.succeeded'), tip: text('seeds.succeeded_tip'),
        value: ({ header: { success } }) => (success ? `${success.successes} / ${success.trials}` : '–') },
      { key: 'epochs_rate', label: text('bar.epochs_rate'), tip: text('seeds.epochs_rate_tip'),
        value: live(({ speed }) => rate(speed.epochs_per_second)) },
      { key: 'steps_rate', label: text('seeds.all_steps'), tip: text('seeds.all_steps_tip'),
        value: live(({ speed }) => rate(speed.steps_per_second * (this.hub.scene?.count ?? 1))) },
      { key: 'memory', label: text('seeds.memory'), tip: text('seeds.memory_tip'), value: ({ header: { memory } }) => megabytes(memory) },
      { key: 'device', label: text('seeds.device'), value: ({ header: { place } }) => place.device.toUpperCase(),
        tipNow: ({ header: { place } }) => placeTip(place, text, lang) },
    ] });
  }

  buildCount() {
    const { text, facts } = this.context;
    const send = (number) => {
      this.count = number;
      this.showCount();
      this.context.tell({ count: number });
    };
    this.counts = chips({ label: text('seeds.count'), names: COUNTS.map(String), words: (name) => name, onChoose: (name) => send(Number(name)) });
    this.count = facts.link.n ?? COUNT;
    this.field = numberField({ label: text('seeds.count'), value: this.count, low: 1, high: facts.most, onChange: (value) => {
      clearTimeout(this.typing);
      const whole = Math.round(value);
      if (whole !== this.count) this.typing = setTimeout(() => send(whole), 700);
    } });
    this.showCount();
    this.sentence = el('p', { class: 'np-saying', role: 'status' });
    return el('div', { class: 'np-seeds-top' }, el('span', { class: 'np-row-name', text: text('seeds.count') }),
      this.counts.node, this.field.node, this.sentence);
  }

  showCount() {
    this.counts.show(String(this.count));
    this.field.show(this.count);
  }

  buildMaps() {
    const { text } = this.context;
    const onPoint = (at) => {
      this.mean.read(at);
      this.spread.read(at);
    };
    this.test = toggle({ label: text('map.show_test'), tip: text('map.show_test_tip'), pressed: false, onChange: (on) => {
      this.showTest = on;
      this.hub.invalidate();
    } });
    this.back = button(text('seeds.back'), () => this.choose({ member: -1 }));
    this.measures = chips({ label: text('seeds.measure'), names: ['deviation', 'information'],
      words: (name) => text(name === 'deviation' ? 'seeds.deviation' : 'seeds.information'), onChoose: (measure) => this.choose({ measure }) });
    this.mean = new SeedsMap(this.context, { spread: false, title: text('seeds.mean'), tools: [this.back, this.test], onPoint });
    this.spread = new SeedsMap(this.context, { spread: true, title: text('seeds.spread'), tools: [this.measures.node], onPoint });
    this.mapChoice = chips({ label: text('seeds.maps'), names: ['mean', 'spread'],
      words: (name) => text(name === 'mean' ? 'seeds.mean_short' : 'seeds.spread'), onChoose: (name) => this.showNarrow(name) });
    this.mapChoice.node.classList.add('np-seeds-switch');
    this.mean.node.append(el('p', { class: 'np-caption', text: text('seeds.map_hint') }));
    this.spread.node.append(alone(text));
  }

  /** On a narrow screen there is room for one of both maps. */
  showNarrow(name) {
    this.narrow = name;
    this.mapChoice.show(name);
    this.grid.dataset.map = name;
    this.hub.invalidate();
  }

  successCard() {
    const { text } = this.context;
    this.share = el('p', { class: 'np-seeds-share', role: 'status' });
    this.interval = el('p', { class: 'np-caption' });
    this.gone = el('b', { class: 'np-seeds-gone' });
    this.rail = el('div', { class: 'np-seeds-rail', 'aria-hidden': 'true' }, (this.range = el('i')), (this.tick = el('b')));
    this.parting = chips({ label: text('seeds.part'), names: ['test', 'train'],
      words: (name) => text(name === 'test' ? 'seeds.part_test' : 'seeds.part_train'), onChoose: (part) => this.choose({ part }) });
    this.limit = slider({ label: text('seeds.threshold'), low: 0, high: 1, step: 0.005, value: this.threshold ?? 0.95,
      words: (value) => this.scoreWords(value), onChange: (value) => {
        this.threshold = value;
        this.ask();
      } });
    this.limit.input.title = text('seeds.threshold_tip');
    return el('section', { class: 'np-seeds-card np-seeds-success' },
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('seeds.success') }), el('div', { class: 'np-tools' }, this.parting.node)),
      el('div', { class: 'np-seeds-told' }, this.share, this.gone), this.rail, this.interval, this.limit.node, this.strip.node, el('p', { class: 'np-caption', text: text('seeds.strip_hint') }));
  }

  solutionCard() {
    const { text } = this.context;
    this.spaces = chips({ label: text('seeds.space'), names: ['function', 'weights'],
      words: (name) => text(name === 'function' ? 'seeds.space_function' : 'seeds.space_weights'), onChoose: (space) => this.choose({ space }) });
    this.note = el('p', { class: 'np-caption' });
    return el('section', { class: 'np-seeds-card np-seeds-solutions' },
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('seeds.solutions') }), el('div', { class: 'np-tools' }, this.spaces.node)),
      this.solutions.node, this.note, alone(text));
  }

  // ---- what is said of a network ------------------------------------------------------------------

  scoreWords(value) {
    return this.hub.header?.score === 'r2' ? significant(value) : accuracy(value);
  }

  hasFailed(member) {
    const { header, arrays } = this.hub;
    const score = arrays[`${header.success.part}_score`]?.data[member];
    return !(score >= header.success.threshold - 1e-6);
  }

  memberRows(member) {
    const { text } = this.context;
    const { arrays, header } = this.hub;
    const of = (name) => arrays[name]?.data[member];
    const name = header.score === 'r2' ? 'r2' : 'accuracy';
    const verdict = this.hasFailed(member) ? text('seeds.failed') : text('seeds.done');
    const rows = [
      { title: true, label: text('seeds.network', { number: member + 1 }) },
      { label: text(`curves.test_${name}`), value: this.scoreWords(of('test_score')) },
      { label: text(`curves.train_${name}`), value: this.scoreWords(of('train_score')) },
      { label: text('curves.test_loss'), value: significant(of('test_loss')) },
      { label: verdict },
    ];
    if (!arrays.alive?.data[member]) rows.push({ label: text('seeds.diverged') });
    return rows;
  }

  // ---- painting -----------------------------------------------------------------------------------

  paint(hub) {
    this.bar.paint(hub);
    const { header, scene } = hub;
    if (!header?.success || !scene) return;
    if (header.member == null && this.choice.member >= scene.count) this.choose({ member: -1 });
    this.paintControls(header, scene);
    this.paintSuccess(header);
    const chosen = header.member != null && this.context.text('seeds.network', { number: header.member + 1 });
    const showTest = this.showTest;
    this.grid.classList.toggle('np-seeds-whole', !scene.inputs);
    this.mean.paint(hub, { title: chosen || this.context.text('seeds.mean'), showTest });
    this.spread.paint(hub, { title: this.context.text('seeds.spread'), showTest });
    for (const part of this.parts) part.paint(hub, this.failed);
  }

  paintControls(header, scene) {
    const { text } = this.context;
    this.back.hidden = header.member == null;
    this.grid.classList.toggle('np-seeds-single', scene.count === 1);
    this.measures.node.hidden = scene.task === 'regression';
    this.measures.show(this.choice.measure);
    this.parting.show(this.choice.part);
    this.spaces.show(this.choice.space);
    this.mapChoice.node.hidden = !scene.inputs;
    const key = `${scene.id}|${this.choice.space}|${scene.count}`;
    if (key === this.notesKey) return;
    this.notesKey = key;
    const lined = scene.inputs && isLine(scene);
    const where = scene.inputs ? (lined ? 'seeds.function_line' : 'seeds.function_plane') : 'seeds.function_points';
    setText(this.note, this.choice.space === 'weights'
      ? text('seeds.weights_note', { parameters: scene.parameters }) : text(where, { points: scene.fixed_points }));
    const { own } = this.context.facts;
    const sentence = own < scene.count ? 'seeds.many_note' : 'seeds.others_note';
    setText(this.sentence, text(scene.count === 1 && own === 0 ? 'seeds.one_note' : sentence, { count: scene.count, own: own + 1 }));
    this.count = scene.count;
    this.showCount();
  }

  paintSuccess({ success, score }) {
    const { text } = this.context;
    const { successes, trials, low, high, level, threshold } = success;
    if (this.threshold == null && document.activeElement !== this.limit.input) this.limit.show(THRESHOLD[score] ?? 0.95);
    setText(this.share, trials ? text('seeds.share', { successes, trials, percent: sharePercent(successes / trials) }) : text('seeds.no_score'));
    const gone = this.hub.arrays.alive ? [...this.hub.arrays.alive.data].filter((alive) => !alive).length : 0;
    setText(this.gone, gone ? text('seeds.gone', { count: gone }) : '');
    setText(this.interval, trials
      ? text('seeds.interval', { level: percent(level), low: percent(low, 1), high: percent(high, 1), threshold: this.scoreWords(threshold) }) : '');
    this.rail.hidden = !trials;
    if (!trials) return;
    this.range.style.cssText = `left: ${low * 100}%; width: ${(high - low) * 100}%`;
    this.tick.style.left = `${(successes / trials) * 100}%`;
  }

  update() {
    this.count = this.context.facts.link.n ?? COUNT;
    this.showCount();
  }

  resized() {
    this.curves.update();
  }

  themed() {
    for (const part of [this.mean, this.spread, this.curves, this.solutions, this.answers]) part.themed();
  }

  destroy() {
    clearTimeout(this.typing);
    this.hub.want({ map: false });
    for (const part of [this.bar, this.mean, this.spread, ...this.parts]) part.destroy();
  }
}

function placeTip(place, text, lang) {
  const engine = place.engines.map((way) => text(`bar.engine_${way}`)).join(', ');
  const told = text('seeds.device_tip', { name: place.device_name, engine });
  return `${told} ${measuredWords(place, text, lang)}${place.engines.map((way) => wayWords(way, text)).join('')}`.trim();
}

/** What is said in the place of a comparison while there is one network alone. */
const alone = (text) => el('p', { class: 'np-seeds-alone', text: text('seeds.alone') });
/** Whole percents, but 0 and 100 only where it is none or all. */
const sharePercent = (share) => percent(share, share > 0 && share < 1 && (share < 0.01 || share > 0.99) ? 1 : 0);
const megabytes = (bytes) => `${significant(bytes / 2 ** 20)} MB`;
