/**
 * The tangent kernel: its leading eigenfunctions over the input plane, and for each how much of it
 * is still missing, as the linearised network predicts it and as the network then really learns.
 */

import { Cards } from './cards.js';
import { el, setText } from './dom.js';
import { paintKernel, paintMode, probeKernel, probeMode } from './ntkcards.js';
import { className } from './scene.js';
import { Study } from './study.js';
import { count, percent, significant } from './words.js';

/** Share of what is missing below which a shape says nothing about the order. */
const LITTLE = 0.002;

/** The output whose maps are drawn, where there are several. */
let output = 0;

export function createNtk(context, body, tools) {
  return new Ntk(context, body, tools);
}

class Ntk {
  constructor(context, body, tools) {
    this.context = context;
    const { text, hub } = context;
    this.select = el('select', {
      class: 'np-select', 'aria-label': text('ntk.output'), title: text('ntk.output_tip'),
      on: {
        change: ({ target }) => {
          output = Number(target.value);
          hub.invalidate();
        },
      },
    });
    this.select.hidden = true;
    this.study = new Study(context, 'ntk', () => ({}), text('ntk.ask'));
    this.study.button.title = text('ntk.ask_tip');
    tools.append(this.select, this.study.node);
    const holder = el('div', { class: 'np-curvature-cards' });
    this.note = el('p', { class: 'np-caption' });
    body.append(el('div', { class: 'np-curvature' }, holder, this.note));
    this.cards = new Cards(context, holder, {
      name: 'ntk', width: 170, height: 188, compact: true,
      find: (found) => this.find(found),
      paintCard: (canvas, card, view) => (card.item.mode == null ? paintKernel : paintMode)(canvas, card, view),
      probeCard: (card, x, y, view) => (card.item.mode == null ? probeKernel : probeMode)(card, x, y, view),
      describe: (items) => items.map((item) => item.alt).join(' '),
      empty: () => text('ntk.empty'),
    });
  }

  paint(hub) {
    this.study.paint(hub);
    this.fill(hub.scene);
    this.cards.paint(hub);
    setText(this.note, this.study.head ? this.sentences(hub).join(' ') : '');
  }

  fill(scene) {
    const units = this.study.head?.units ?? 1;
    const key = `${scene.id}|${units}`;
    if (key === this.filled) return;
    this.filled = key;
    if (output >= units) output = 0;
    this.select.hidden = units < 2;
    this.select.replaceChildren(...Array.from({ length: units }, (_, i) =>
      el('option', { value: String(i), text: className(scene, i) })));
    this.select.value = String(output);
  }

  find({ arrays, header, scene }) {
    const { head, arrays: found } = this.study;
    if (!head || !found.ntk_maps) return [];
    const { text } = this.context;
    const live = header.ntk;
    const seen = live && arrays.ntk_seen;
    const maps = found.ntk_maps;
    const size = maps.shape.slice(2).reduce((product, side) => product * side, 1);
    const units = maps.shape[1];
    const unit = Math.min(output, units - 1);
    const modes = head.modes.map(({ value, share, half, real }, mode) => {
      const at = (mode * units + unit) * size;
      const facts = {
        number: mode + 1, value: significant(value), share: percent(share, share < 0.0995 ? 1 : 0),
        predicted: this.steps(half), seen: this.steps(real ?? live?.halves[mode]),
      };
      return {
        mode, facts, scene, points: arrays.points_train,
        map: { data: maps.data.subarray(at, at + size), shape: maps.shape.slice(2) },
        predicted: curve(found.ntk_predicted, mode), real: curve(found.ntk_real, mode), seen: curve(seen, mode),
        alt: text('ntk.alt_mode', facts),
      };
    });
    const values = found.ntk_values.data;
    const facts = { count: values.length, first: significant(values[0]), last: significant(values.at(-1)) };
    return [...modes, { title: text('ntk.kernel'), values, shown: modes.length, facts, alt: text('ntk.alt_kernel', facts) }];
  }

  steps(value) {
    return value == null ? '–' : count(value, this.context.lang);
  }

  sentences({ header: { ntk: live } }) {
    const { text } = this.context;
    const { head } = this.study;
    const said = [];
    if (live?.changed) said.push(text('ntk.changed'));
    said.push(this.order(live), this.method());
    if (head.batch && head.last) said.push(text('ntk.batches', { batch: head.batch }));
    if (head.units > 1) said.push(text('ntk.units', { units: head.units }));
    if (head.points < head.total) said.push(text('ntk.sample', { points: head.points, total: head.total }));
    return said.filter(Boolean);
  }

  /** In which order shapes are learned by half: as predicted, and as seen so far. */
  order(live) {
    const { text } = this.context;
    const { modes } = this.study.head;
    const sorted = (halves) => halves
      .map((half, mode) => [half, mode + 1])
      .filter(([half, mode]) => half != null && modes[mode - 1].share >= LITTLE)
      .sort((a, b) => a[0] - b[0]).map(([, mode]) => mode);
    const predicted = sorted(modes.map(({ half }) => half));
    const seen = sorted(modes.map(({ real }, mode) => real ?? live?.halves[mode]));
    const list = (numbers) => numbers.join(', ') || '–';
    const params = { little: percent(LITTLE, 1), predicted: list(predicted), seen: list(seen) };
    return predicted.length ? text('ntk.order', params) : text('ntk.order_seen', params);
  }

  method() {
    const { text, lang } = this.context;
    const { exact, plain, last, scaled, rate, points } = this.study.head;
    if (!last) return text('ntk.no_prediction');
    const said = [exact
      ? text('ntk.exact', { rate: significant(rate), points })
      : text('ntk.stepped', { steps: count(last, lang) })];
    if (!plain) said.push(text('ntk.not_plain'));
    if (scaled) said.push(text('ntk.scaled'));
    return said.join(' ');
  }

  save() {
    return this.cards.save();
  }

  destroy() {
    this.cards.destroy();
  }
}

/** Steps and one mode's values out of rows, the steps being the first. */
function curve(rows, mode) {
  if (!rows) return null;
  const [, columns] = rows.shape;
  const at = (mode + 1) * columns;
  return { steps: rows.data.subarray(0, columns), values: rows.data.subarray(at, at + columns) };
}
