/**
 * "What if": copies of the network that train on, each with one knob turned by a notch, against
 * copies that change nothing. What was measured, sorted by effect, with a button that applies it.
 */

import { el, setText } from './dom.js';
import { fileName, savePng } from './png.js';
import { Study } from './study.js';
import { paintCurves, paintEffect } from './whatifpaint.js';
import { accuracy, count, percent, short, significant, signed } from './words.js';

const EPOCHS = [5, 20, 50];
const LUCKS = [3, 5, 8];
const MEASURES = ['train_loss', 'test_loss', 'train_score', 'test_score']; // in the order of the arrays
const [CURVE, EFFECT] = [{ width: 132, height: 36 }, { width: 150, height: 18 }];
const LINE = 24; // px of the saved picture
const FACTORS = new Set(['rate', 'batch', 'l2', 'l1']); // knobs whose notch is a factor
const HALF = 1.82; // from 1 / 1.82 = 0.55 to 0.45 of a loss, half of it is said

/** What the visitor chose; it outlives the view. */
const choice = { epochs: 20, lucks: 5, measure: 'train_loss' };

export function createWhatif(context, body, tools) {
  return new WhatIf(context, body, tools);
}

class WhatIf {
  constructor(context, body, tools) {
    this.context = context;
    const { text, hub } = context;
    this.study = new Study(context, 'whatif',
      () => ({ epochs: choice.epochs, lucks: choice.lucks }), text('whatif.ask'));
    this.study.button.title = text('whatif.ask_tip');
    this.measures = this.select('measure', MEASURES.map((name) => [name, text(`whatif.measure_${name}`)]), () => hub.invalidate());
    tools.append(
      this.select('epochs', EPOCHS.map((n) => [n, text('whatif.epochs_n', { count: n })])),
      this.select('lucks', LUCKS.map((n) => [n, text('whatif.lucks_n', { count: n })])),
      this.measures, this.study.node);
    this.best = el('p', { class: 'np-whatif-best', role: 'status' });
    this.stale = el('p', { class: 'np-whatif-stale' });
    this.table = el('div', { class: 'np-whatif-table', tabindex: '0', role: 'region', 'aria-label': text('analysis.whatif') });
    this.note = el('p', { class: 'np-caption' });
    body.append(el('div', { class: 'np-whatif' }, this.best, this.stale, this.table, this.note));
    this.rows = new Map();
    this.build();
  }

  select(name, options, then = () => {}) {
    const { text } = this.context;
    const node = el('select', {
      class: 'np-select', 'aria-label': text(`whatif.${name}`), title: text(`whatif.${name}_tip`),
      on: { change: ({ target }) => {
        choice[name] = name === 'measure' ? target.value : Number(target.value);
        then();
      } },
    }, ...options.map(([value, label]) => el('option', { value: String(value), text: label })));
    node.value = String(choice[name]);
    return node;
  }

  build() {
    const { text } = this.context;
    const columns = ['change', 'curve', 'after', 'effect', 'verdict', 'apply'];
    this.bodies = { going: el('tbody'), fresh: el('tbody') };
    this.freshHead = el('tr', { class: 'np-whatif-group' },
      el('th', { scope: 'rowgroup', colspan: String(columns.length), text: text('whatif.fresh') }));
    const tips = { curve: text('whatif.column_curve_tip'), after: text('whatif.column_after_tip'), effect: text('whatif.column_effect_tip') };
    this.whole = el('table', {},
      el('thead', {}, el('tr', {}, ...columns.map((name) =>
        el('th', { scope: 'col', text: text(`whatif.column_${name}`), title: tips[name] })))),
      this.bodies.going, this.bodies.fresh);
    this.table.append(this.whole);
  }

  paint(hub) {
    this.study.paint(hub);
    const { head } = this.study;
    const changed = Boolean(hub.header.whatif?.changed);
    const key = [this.study.version, choice.measure, changed, this.study.working, this.context.theme.dark].join();
    if (key === this.painted) return;
    this.painted = key;
    const known = Boolean(head?.references?.length);
    this.whole.hidden = !known;
    this.stale.hidden = !known || !changed;
    setText(this.stale, this.context.text('whatif.changed'));
    this.measures.hidden = !known;
    if (!known) {
      setText(this.best, this.context.text(this.study.working ? 'whatif.working' : 'whatif.empty'));
      setText(this.note, '');
      return;
    }
    this.fill(hub, head, changed);
  }

  fill(hub, head, changed) {
    for (const option of this.measures.options) option.hidden = !head.measures.includes(option.value);
    const measure = head.measures.includes(choice.measure) ? choice.measure : head.measures[0];
    this.measures.value = measure;
    const rows = head.rows.map((row, at) => this.facts(hub, row, at, measure));
    rows.sort((one, other) => one.rank - other.rank);
    for (const fresh of [false, true]) {
      const some = rows.filter((row) => row.fresh === fresh);
      const nodes = some.map((row) => this.row(row, changed));
      if (fresh && nodes.length) nodes.unshift(this.freshHead);
      const place = this.bodies[fresh ? 'fresh' : 'going'];
      // Rows that stay in their order stay as they are, and so does the focus in them.
      if (nodes.length !== place.children.length || nodes.some((node, i) => place.children[i] !== node)) place.replaceChildren(...nodes);
    }
    this.sorted = rows;
    setText(this.best, this.sentences(rows, head, measure).join(' '));
    setText(this.note, this.method(head, measure));
  }

  /** What is shown of one change, by the chosen measure. */
  facts(hub, row, at, measure) {
    const { text } = this.context;
    const { head, arrays } = this.study;
    const found = row.effects[measure];
    const loss = measure.endsWith('loss');
    const reference = head.references.findIndex(({ fresh }) => fresh === row.fresh);
    const ratio = found?.kind === 'ratio';
    const written = (values) => this.written(hub, measure, centre(values, ratio));
    const turned = {
      knob: text(`whatif.knob_${row.knob}`), before: this.named(row.knob, row.before), after: this.named(row.knob, row.after),
    };
    const change = text('whatif.change', turned);
    const times = FACTORS.has(row.knob) && Number(row.before) > 0 && Number(row.after) / Number(row.before);
    const amount = (value) => (ratio ? significant(value) : this.difference(hub, measure, value));
    const effect = found && text(ratio ? 'whatif.effect_ratio' : 'whatif.effect_difference',
      { mean: amount(found.mean), low: amount(found.low), high: amount(found.high) });
    const goodness = !found ? -Infinity : (ratio ? -Math.log(found.mean) : loss ? -found.mean : found.mean);
    const group = { better: 0, luck: 1, worse: 2 }[found?.verdict] ?? 3;
    return {
      ...row, change, times: times ? text('whatif.change_times', { ...turned, factor: times < 1 ? `÷ ${short(1 / times)}` : `× ${short(times)}` }) : change,
      effect, found, ratio, measure, group,
      rank: group * 1e9 - (Number.isFinite(goodness) ? goodness : 0),
      before: written(head.references[reference].last[measure]),
      now: row.diverged ? '–' : written(row.last[measure]),
      verdict: row.diverged ? text('whatif.diverged', { count: row.diverged, lucks: head.lucks })
        : found ? text(`whatif.${found.verdict}`) : '–',
      curves: {
        array: arrays.whatif_curves, measure: MEASURES.indexOf(measure), moments: head.moments, log: ratio,
        changed: { series: head.references.length + at, reached: row.reached },
        unchanged: { series: reference, reached: head.references[reference].reached },
      },
    };
  }

  named(knob, value) {
    const { words } = this.context;
    return { optimizer: words.optimizers, activation: words.activations }[knob]?.[value] ?? value;
  }

  written(hub, measure, value) {
    return !measure.endsWith('loss') && hub.header.score !== 'r2' ? accuracy(value) : significant(value);
  }

  /** A difference of scores in percentage points, of anything else as it is. */
  difference(hub, measure, value) {
    if (measure.endsWith('loss') || hub.header.score === 'r2') return signed(value);
    return `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(100 * value).toFixed(1)} %`;
  }

  row(facts, changed) {
    const { text, theme } = this.context;
    if (!this.rows.has(facts.key)) this.rows.set(facts.key, this.make(facts.key));
    const row = this.rows.get(facts.key);
    row.facts = facts;
    setText(row.change, facts.change);
    setText(row.after, facts.now);
    setText(row.before, text('whatif.instead', { value: facts.before }));
    setText(row.effect, facts.effect ?? '–');
    setText(row.verdict, facts.verdict);
    row.node.dataset.verdict = facts.diverged ? 'worse' : facts.found?.verdict ?? 'luck';
    row.button.disabled = changed;
    row.button.title = text(facts.fresh ? 'whatif.apply_fresh_tip' : 'whatif.apply_tip', { change: facts.change });
    row.button.setAttribute('aria-label', `${text('whatif.apply')}: ${facts.change}`);
    paintCurves(row.curve, facts.curves, CURVE, theme);
    paintEffect(row.bar, facts, EFFECT, theme, this.scale());
    row.curve.setAttribute('aria-label', text('whatif.curve_alt', {
      change: facts.change, measure: text(`whatif.measure_${facts.measure}`), after: facts.now,
      before: facts.before, epochs: this.study.head.epochs,
    }));
    row.bar.setAttribute('aria-label', text('whatif.effect_alt', { effect: facts.effect ?? '–' }));
    return row.node;
  }

  make(key) {
    const { text } = this.context;
    const row = {
      change: el('th', { scope: 'row' }), curve: el('canvas', { role: 'img' }), after: el('b'), before: el('small'),
      effect: el('span'), bar: el('canvas', { role: 'img' }), verdict: el('span', { class: 'np-whatif-verdict' }),
    };
    row.button = el('button', {
      type: 'button', class: 'np-toggle', text: text('whatif.apply'),
      on: { click: () => this.apply(row.facts) },
    });
    row.node = el('tr', { 'data-key': key }, row.change, el('td', {}, row.curve), el('td', {}, row.after, row.before),
      el('td', {}, row.bar, row.effect), el('td', {}, row.verdict), el('td', {}, row.button));
    return row;
  }

  apply({ key, before, after }) {
    const row = this.study.head.rows.find((one) => one.key === key);
    this.context.hub.ask({ type: 'what_if', key, before: row?.before ?? before, after: row?.after ?? after, points: this.study.head.points });
  }

  /** How far effects reach to either side, the same for all rows. */
  scale() {
    const { head } = this.study;
    const reach = (kind) => Math.max(...head.rows.map(({ effects }) => effects[this.measures.value])
      .filter((one) => one?.kind === kind)
      .map(({ mean }) => Math.abs(kind === 'ratio' ? Math.log(mean) : mean)), kind === 'ratio' ? 0.05 : 1e-9);
    return { ratio: Math.min(1.6 * reach('ratio'), Math.log(1000)), difference: 1.6 * reach('difference') };
  }

  sentences(rows, { epochs }, measure) {
    const { text } = this.context;
    const name = text(`whatif.measure_${measure}`);
    const facts = (row) => ({ change: row.times, after: row.now, before: row.before, measure: name, epochs, size: this.size(row, name) });
    const judged = rows.filter(({ found }) => found);
    // What goes on from here comes before what would have to start anew.
    const better = judged.filter(({ group }) => group === 0);
    const best = better.find(({ fresh }) => !fresh) ?? better[0];
    const said = this.study.working ? [text('whatif.working')] : [];
    if (best) said.push(text(best.fresh ? 'whatif.best_fresh' : 'whatif.best', facts(best)));
    else if (!this.study.working) said.push(text('whatif.none', { epochs, measure: name }));
    const worst = judged.filter(({ group, fresh }) => group === 2 && !fresh).at(-1);
    if (worst) said.push(text('whatif.worst', facts(worst)));
    return said;
  }

  /** How much of the measure a change makes, against no change: "halve your training loss". */
  size({ found: { mean }, ratio }, measure) {
    const { text, hub } = this.context;
    const shrinks = ratio ? mean < 1 : mean < 0;
    if (!ratio) {
      const shares = !this.measures.value.endsWith('loss') && hub.header.score !== 'r2';
      const amount = shares ? text('whatif.points', { amount: Math.abs(100 * mean).toFixed(1) }) : significant(Math.abs(mean));
      return shrinks ? text('whatif.size_less', { measure, amount }) : text('whatif.size_more', { measure, amount });
    }
    const factor = shrinks ? 1 / mean : mean;
    if (factor < HALF) {
      const amount = percent(Math.abs(1 - mean), Math.abs(1 - mean) < 0.1 ? 1 : 0);
      return shrinks ? text('whatif.size_less', { measure, amount }) : text('whatif.size_more', { measure, amount });
    }
    if (factor < 1 / (1 - 1 / HALF)) return shrinks ? text('whatif.size_half', { measure }) : text('whatif.size_double', { measure });
    const times = factor >= 10 ? count(factor, this.context.lang) : short(Number(factor.toPrecision(2)));
    return shrinks ? text('whatif.size_divided', { measure, factor: times }) : text('whatif.size_times', { measure, factor: times });
  }

  method({ references, epoch }, measure) {
    const { text, hub, lang } = this.context;
    const ends = references[0].last[measure].filter((value) => value != null);
    const [low, high] = [Math.min(...ends), Math.max(...ends)].map((value) => this.written(hub, measure, value));
    const luck = low === high ? text('whatif.reference_same', { low }) : text('whatif.reference', { low, high });
    return `${luck} ${text('whatif.method', { epoch: count(epoch, lang) })}`;
  }

  /** The table as it stands, as a picture. */
  async save() {
    if (!this.sorted) return;
    const { text, theme, hub } = this.context;
    const lines = this.sorted.map(({ change, now, before, effect, verdict }) =>
      [change, `${now} ${text('whatif.instead', { value: before })}`, effect ?? '–', verdict]);
    const places = [12, 270, 470, 690];
    const title = `${text('analysis.whatif')} · ${text(`whatif.measure_${this.measures.value}`)}`;
    await savePng({ name: fileName('whatif', hub.header), title, width: 880, height: (lines.length + 2) * LINE, theme }, (canvas) => {
      canvas.font = `12px ${theme.font}`;
      canvas.textBaseline = 'middle';
      canvas.fillStyle = theme.text;
      [[this.best.textContent], ...lines].forEach((line, row) => line.forEach((word, k) =>
        canvas.fillText(word, places[k], row * LINE + 14, row ? (places[k + 1] ?? 870) - places[k] - 8 : 856)));
    });
  }

  themed() {
    this.painted = '';
  }

  destroy() {}
}

/** The middle of several values: geometric where they are compared by their ratio. */
function centre(values, ratio) {
  if (values.some((value) => value == null)) return null;
  const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  return ratio ? Math.exp(mean(values.map(Math.log))) : mean(values);
}
