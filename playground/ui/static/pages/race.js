/**
 * A race: the same data and the same start, one knob different in every lane. Maps side by side,
 * one chart, and who leads now.
 */

import { el, iconButton, setText } from '../dom.js';
import { fileName, savePng } from '../png.js';
import { LiveBar } from '../livebar.js';
import { count, significant } from '../words.js';
import { RaceChart } from './racechart.js';
import { isLoss, letter, MEASURES } from './racelanes.js';
import { RaceMaps } from './racemaps.js';
import { RaceTable } from './racetable.js';

export const styles = ['race.css'];

const [FEWEST, MOST] = [2, 8];
const AXES = ['epochs', 'steps', 'seconds'];

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    const { link } = context.facts;
    this.choice = {
      x: link.x ?? 'epochs', y: link.y ?? null, logX: link.logx ?? false, logY: link.logy ?? false,
      a: link.a ?? 0, b: link.b ?? 1, at: link.at ?? null,
    };
    this.build();
    this.update();
    this.hub.want({ map: true });
  }

  build() {
    const { root, text, lang } = this.context;
    this.bar = new LiveBar(this.context, { label: text('race.bar'), stats: [
      { key: 'epoch_count', label: text('bar.epoch_count'), value: ({ header }) => count(header.epoch, lang) },
      { key: 'epochs_rate', label: text('bar.epochs_rate'),
        value: ({ header }) => (header.state === 'running' ? significant(header.speed?.epochs_per_second) : '–') },
    ] });
    this.setup = el('div', { class: 'np-race-setup', role: 'group', 'aria-label': text('race.setup') });
    this.maps = new RaceMaps(this.context, (lane) => this.context.tell({ open: lane }), this.choice, () => this.compared());
    this.chart = new RaceChart(this.context, this.choice);
    this.ways = el('p', { class: 'np-caption' });
    this.table = new RaceTable(this.context, this.choice);
    root.append(this.bar.node, this.setup, this.table.said,
      (this.body = el('div', { class: 'np-race-body' }, this.maps.node, el('section', { class: 'np-race-curves' }, this.chartTools(), this.chart.node, this.ways))),
      this.thresholdRow(), this.table.node);
  }

  chartTools() {
    const { text } = this.context;
    this.xs = this.select(text('race.x'), AXES.map((name) => [name, text(`race.x_${name}`)]), (value) => this.choose({ x: value }));
    this.ys = this.select(text('race.y'), MEASURES.map((name) => [name, text(`race.y_${name}`)]), (value) => this.choose({ y: value }));
    const toggle = (name, label) => el('button', {
      type: 'button', class: 'np-toggle', text: label, 'aria-pressed': String(this.choice[name]),
      on: { click: ({ currentTarget }) => {
        currentTarget.setAttribute('aria-pressed', String(!this.choice[name]));
        this.choose({ [name]: !this.choice[name] });
      } },
    });
    this.logY = toggle('logY', text('race.log_y'));
    const save = iconButton({ name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.save() });
    return el('div', { class: 'np-race-tools' }, this.ys, el('span', { text: text('race.against') }), this.xs,
      toggle('logX', text('race.log_x')), this.logY, save);
  }

  thresholdRow() {
    const { text } = this.context;
    this.threshold = el('input', {
      type: 'number', class: 'np-number', step: 'any', 'aria-label': text('race.threshold'), title: text('race.threshold_tip'),
      on: { change: ({ target }) => {
        const value = Number(target.value);
        if (target.value !== '' && Number.isFinite(value) && Math.abs(value) <= 1000) this.choose({ at: value });
      } },
    });
    return el('label', { class: 'np-race-threshold' }, el('span', { text: text('race.threshold') }), this.threshold);
  }

  select(label, options, chosen) {
    return el('select', { class: 'np-select', 'aria-label': label, title: label, on: { change: ({ target }) => chosen(target.value) } },
      ...options.map(([value, name]) => el('option', { value, text: name })));
  }

  // ---- the lanes -----------------------------------------------------------------------------

  update() {
    const { facts } = this.context;
    const key = JSON.stringify([facts.knob, facts.values, facts.even, facts.choices]);
    if (key === this.shown) return;
    this.shown = key;
    const names = Object.fromEntries(facts.choices);
    this.lanes = facts.values.map((value) => ({ value, label: names[value] ?? value }));
    for (const side of ['a', 'b']) if (this.choice[side] >= this.lanes.length) this.choice[side] = side === 'a' ? 0 : 1;
    this.chart.names = this.lanes.map(({ label }) => label);
    this.buildSetup();
    this.maps.build(this.lanes);
    this.table.build(this.lanes);
    this.compared();
  }

  buildSetup() {
    const { text, facts, tell } = this.context;
    const knob = this.select(text('race.knob'), facts.knobs.map((name) => [name, text(`race.knob_${name}`)]), (value) => tell({ knob: value }));
    knob.value = facts.knob;
    const even = this.select(text('race.even'), ['epochs', 'seconds'].map((name) => [name, text(`race.even_${name}`)]), (value) => tell({ even: value }));
    even.value = facts.even;
    even.title = text('race.even_tip');
    const free = facts.choices.filter(([value]) => !facts.values.includes(value));
    const add = el('button', {
      type: 'button', class: 'np-toggle', text: text('race.add'), title: text('race.add_tip'),
      on: { click: () => tell({ values: [...facts.values, this.next(free)] }) },
    });
    add.disabled = !free.length || facts.values.length >= MOST;
    this.setup.replaceChildren(
      el('label', {}, el('span', { text: text('race.knob') }), knob),
      ...this.lanes.map((lane, index) => this.laneControl(lane, index)), add,
      el('label', {}, el('span', { text: text('race.even') }), even));
  }

  laneControl({ value }, index) {
    const { text, facts, tell } = this.context;
    const open = facts.choices.filter(([one]) => one === value || !facts.values.includes(one));
    const select = this.select(text('race.lane', { letter: letter(index) }), open,
      (chosen) => tell({ values: facts.values.map((one, at) => (at === index ? chosen : one)) }));
    select.value = value;
    const remove = iconButton({ name: 'close', label: text('race.remove', { letter: letter(index) }),
      onClick: () => tell({ values: facts.values.filter((_, at) => at !== index) }) });
    remove.disabled = facts.values.length <= FEWEST;
    return el('span', { class: 'np-race-lane' }, el('b', { text: letter(index) }), select, remove);
  }

  /** What a new lane begins with: of numbers the next larger one, of names the next in the list. */
  next(free) {
    const { facts } = this.context;
    const order = facts.choices.map(([value]) => value);
    const last = Math.max(...facts.values.map((value) => order.indexOf(value)));
    return (free.find(([value]) => order.indexOf(value) > last) ?? free.at(-1))[0];
  }

  // ---- choices -------------------------------------------------------------------------------

  choose(change) {
    Object.assign(this.choice, change);
    if (change.y) this.choice.at = null;
    const { x, y, logX, logY, at } = this.choice;
    const flag = (on) => (on ? '1' : null);
    this.context.link({ x: x === 'epochs' ? null : x, y, logx: flag(logX), logy: flag(logY), at: at == null ? null : String(at) });
    this.hub.invalidate();
    this.forced = true;
  }

  compared() {
    const { a, b } = this.choice;
    this.context.link({ a: a === 0 ? null : String(a), b: b === 1 ? null : String(b) });
    this.hub.option('plan', { a, b });
  }

  /** The measure that is judged by: the chosen one where it says something in this race. */
  settle({ header, scene }) {
    const says = (name) => (scene.comparable || !isLoss(name)) && (scene.tested || !name.startsWith('test'));
    for (const option of this.ys.options) option.hidden = !says(option.value);
    if (!this.choice.y || !says(this.choice.y)) {
      if (this.choice.y) this.choice.at = null; // it was meant for another measure
      this.choice.y = scene.comparable ? 'train_loss' : scene.tested ? 'test_score' : 'train_score';
    }
    this.choice.at ??= isLoss(this.choice.y) ? 0.1 : header.score === 'r2' ? 0.9 : 0.95;
    this.ys.value = this.choice.y;
    this.xs.value = this.choice.x;
    this.logY.hidden = !isLoss(this.choice.y);
    if (document.activeElement !== this.threshold) this.threshold.value = String(this.choice.at);
    this.setupNote(scene);
  }

  setupNote({ comparable }) {
    this.note ??= el('p', { class: 'np-caption' });
    if (!this.note.isConnected) this.setup.after(this.note);
    setText(this.note, this.context.text(comparable ? 'race.same_start' : 'race.other_scale'));
  }

  paint(hub) {
    this.bar.paint(hub);
    const { scene, header } = hub;
    // Until the worker has the lanes that are shown, its frames are of others.
    if (!scene?.values || !header?.lanes || scene.values.join() !== this.lanes.map(({ value }) => value).join()) return;
    this.settle(hub);
    this.body.classList.toggle('np-race-whole', !scene.inputs);
    this.sayWays(header);
    this.maps.paint(hub);
    this.chart.paint(hub);
    this.table.paint(hub, this.forced);
    this.forced = false;
  }

  /** How steps are computed now, and what the marks on the lines mean. */
  sayWays({ ways, lanes }) {
    const { text } = this.context;
    const way = text(`bar.engine_${(lanes.find(({ state }) => state === 'ready') ?? lanes[0]).way}`);
    setText(this.ways, text(ways.length > 1 ? 'race.ways_changed' : 'race.ways', { way }));
  }

  async save() {
    const { theme, text, hub } = this.context;
    const { width, height, canvas } = this.chart;
    const legend = this.lanes.map(({ label }, lane) => `${letter(lane)} ${label}`).join('   ');
    await savePng({ name: fileName('race', hub.header), title: text(`race.knob_${this.context.facts.knob}`), width, height: height + 24, theme }, (pen) => {
      pen.drawImage(canvas, 0, 0, width, height);
      pen.fillStyle = theme.text;
      pen.font = `12px ${theme.font}`;
      pen.fillText(legend, 12, height + 10, width - 24);
    });
  }

  resized() {
    this.hub.invalidate();
  }

  destroy() {
    this.hub.want({ map: false });
    this.bar.destroy();
    this.table.destroy();
  }
}
