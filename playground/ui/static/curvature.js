/**
 * Curvature of the loss: the largest Hessian eigenvalue as a gauge against the edge of stability,
 * over time and beside its neighbours; what the sharpest direction changes; the whole spectrum.
 */

import { Cards } from './cards.js';
import { paintDirection, paintGauge, paintLeading, paintStrip, PROBES } from './curvaturecards.js';
import { paintSpectrum, probeSpectrum } from './curvaturespectrum.js';
import { el, setText, toggle } from './dom.js';
import { className } from './scene.js';
import { Study } from './study.js';
import { significant } from './words.js';

const LOWEST = -1;
const choices = { direction: 0, output: -1, log: true };
const PAINTERS = {
  gauge: paintGauge, strip: paintStrip, leading: paintLeading, direction: paintDirection, spectrum: paintSpectrum,
};

function probe(card, x, y, { text }) {
  const { item } = card;
  const found = item.kind === 'spectrum' ? probeSpectrum(card, x, y, text) : PROBES[item.kind](card, x, y, text);
  return found && [{ title: true, label: item.title }, ...found];
}

export function createCurvature(context, body, tools) {
  return new Curvature(context, body, tools);
}

class Curvature {
  constructor(context, body, tools) {
    this.context = context;
    const { text, hub } = context;
    this.direction = this.select(text('curvature.direction'), text('curvature.direction_tip'), (value) => {
      choices.direction = value;
    });
    this.output = this.select(text('curvature.output'), text('curvature.output_tip'), (value) => {
      choices.output = value;
    });
    this.log = toggle({
      label: text('curvature.log'), tip: text('curvature.log_tip'), pressed: choices.log,
      onChange: (value) => {
        choices.log = value;
        hub.invalidate();
      },
    });
    this.study = new Study(context, 'curvature', () => ({}), text('curvature.ask'));
    this.study.button.title = text('curvature.ask_tip');
    tools.append(this.direction, this.output, this.log, this.study.node);
    const holder = el('div', { class: 'np-curvature-cards' });
    this.note = el('p', { class: 'np-caption' });
    body.append(el('div', { class: 'np-curvature' }, holder, this.note));
    this.cards = new Cards(context, holder, {
      name: 'curvature', width: 170, height: 188, compact: true,
      find: (found) => this.find(found),
      paintCard: (canvas, card, view) => PAINTERS[card.item.kind](canvas, card, view),
      probeCard: probe,
      describe: (items) => items.map((item) => item.alt).filter(Boolean).join(' '),
      empty: ({ header }) => text(`curvature.problem_${header.curvature?.problem ?? 'measuring'}`),
    });
    this.tops = {};
    this.ask();
  }

  select(label, tip, choose) {
    const { hub } = this.context;
    return el('select', {
      class: 'np-select', 'aria-label': label, title: tip,
      on: {
        change: ({ target }) => {
          choose(Number(target.value));
          this.ask();
          hub.invalidate();
        },
      },
    });
  }

  ask() {
    this.context.hub.option('curvature', { direction: choices.direction, output: choices.output });
  }

  paint(hub) {
    this.study.paint(hub);
    const reading = hub.header.curvature;
    this.fill(hub.scene, reading);
    this.cards.paint(hub);
    setText(this.note, reading?.values?.length ? this.sentences(reading).join(' ') : '');
    this.log.hidden = !this.study.head;
  }

  /** The choices that there are now. */
  fill(scene, reading) {
    const count = reading?.values?.length ?? 0;
    const outputs = reading?.outputs ?? 1;
    const key = `${scene.id}|${count}|${outputs}|${reading?.output}`;
    if (key === this.filled) return;
    this.filled = key;
    const { text } = this.context;
    const option = (value, label) => el('option', { value: String(value), text: label });
    const numbers = Array.from({ length: Math.max(count, 1) }, (_, i) => i);
    this.direction.replaceChildren(
      ...numbers.map((i) => option(i, i ? text('curvature.direction_n', { number: i + 1 }) : text('curvature.sharpest'))),
      option(LOWEST, text('curvature.lowest')));
    this.direction.value = String(choices.direction);
    if (this.direction.selectedIndex < 0) this.direction.value = '0';
    this.output.hidden = outputs < 2;
    this.output.replaceChildren(...Array.from({ length: outputs }, (_, i) => option(i, className(scene, i))));
    this.output.value = String(reading?.output ?? 0);
  }

  // ---- what the cards show -------------------------------------------------------------------

  find({ header, arrays, scene }) {
    const reading = header.curvature;
    if (!reading?.values?.length) return this.study.head ? [this.spectrum()] : [];
    const { text } = this.context;
    const [top] = reading.values;
    const share = reading.limit ? top / reading.limit : null;
    const facts = {
      value: significant(top), limit: significant(reading.limit), share: share == null ? '–' : `${significant(share * 100)} %`,
      lowest: significant(reading.lowest),
    };
    const strip = arrays.curvature_strip;
    return [
      { kind: 'gauge', title: text('curvature.gauge'), facts, share, reading,
        alt: reading.limit ? text('curvature.alt_gauge', facts) : text('curvature.alt_free', facts) },
      this.study.head && this.directionItem(reading, arrays, scene),
      this.spectrum(),
      { kind: 'strip', title: text('curvature.strip'), rows: strip?.data ?? [], alt: this.stripAlt(strip) },
      { kind: 'leading', title: text('curvature.leading'), reading, tops: this.tops,
        alt: text('curvature.alt_leading', { values: reading.values.map(significant).join(', '), lowest: facts.lowest }) },
      !this.study.head && this.directionItem(reading, arrays, scene),
    ].filter(Boolean);
  }

  stripAlt(strip) {
    const rows = strip?.data ?? [];
    if (rows.length < 8) return '';
    const last = rows.length - 4;
    return this.context.text('curvature.alt_strip', {
      first: significant(rows[1]), from: Math.floor(rows[0]), last: significant(rows[last + 1]), to: Math.floor(rows[last]),
    });
  }

  directionItem(reading, arrays, scene) {
    const { text } = this.context;
    const map = arrays.curvature_map;
    if (!map || reading.direction == null) return null;
    const lowest = reading.direction === LOWEST;
    const title = lowest ? text('curvature.lowest')
      : reading.direction ? text('curvature.direction_n', { number: reading.direction + 1 }) : text('curvature.sharpest');
    return {
      kind: 'direction', title, map, scene, points: arrays.points_train, reading, tops: this.tops,
      value: lowest ? reading.lowest : reading.values[reading.direction],
      alt: text('curvature.alt_direction', { title, scale: significant(reading.scale) }),
    };
  }

  spectrum() {
    const { head, arrays } = this.study;
    const { text } = this.context;
    if (!head) return null;
    const scale = choices.log ? 'log' : 'linear';
    const whole = (value) => (head.exact ? String(Math.round(value)) : `≈ ${Math.round(value)}`);
    const facts = {
      parameters: head.parameters, outliers: head.outliers, negative: whole(head.negative), near: whole(head.near),
      largest: significant(head.largest), lowest: significant(head.lowest), flat: significant(head.flat),
      points: head.points, total: head.total,
    };
    return {
      kind: 'spectrum', span: 2, title: head.exact ? text('curvature.spectrum') : text('curvature.density'), head, facts,
      log: choices.log, density: arrays[`curvature_${scale}`], values: arrays.curvature_values,
      alt: text('curvature.alt_spectrum', facts),
    };
  }

  // ---- what is said of them ------------------------------------------------------------------

  sentences(reading) {
    return [this.verdict(reading), this.comparison(reading), this.sample(reading)].filter(Boolean);
  }

  verdict({ root, limit, values: [top], waiting }) {
    const { text } = this.context;
    if (waiting) return text('curvature.waiting');
    if (!limit || !root) return '';
    if (top <= 0) return text('curvature.flat_top');
    const size = Math.hypot(...root);
    const params = { factor: significant(size) };
    const sides = !root[1] && root[0] < 0;
    if (size > 1) return sides ? text('curvature.grows', params) : text('curvature.grows_swinging', params);
    if (root[1]) return text('curvature.swings', params);
    return sides ? text('curvature.zigzags', params) : text('curvature.glides', params);
  }

  /** What is compared with what, which is another thing for every optimizer. */
  comparison({ optimizer, momentum, nesterov, scaled, limit, rate, batch, clipped }) {
    const { text } = this.context;
    const params = { limit: significant(limit), rate: significant(rate), momentum, batch };
    let said = '';
    if (!limit) said = text('curvature.no_limit');
    else if (scaled && momentum) said = text('curvature.limit_adam', params);
    else if (scaled) said = text('curvature.limit_scaled', params);
    else if (nesterov) said = text('curvature.limit_nesterov', params);
    else if (momentum) said = text('curvature.limit_momentum', params);
    else said = text('curvature.limit_plain', params);
    if (limit && batch) said += ` ${text('curvature.batches', params)}`;
    if (limit && clipped && optimizer !== 'lbfgs') said += ` ${text('curvature.clipped')}`;
    return said;
  }

  sample({ points, total, held }) {
    const { text } = this.context;
    const said = [];
    if (points < total) said.push(text('curvature.sample', { points, total }));
    if (held) said.push(text('curvature.held', { held }));
    return said.join(' ');
  }

  save() {
    return this.cards.save();
  }

  themed() {
    this.cards.themed?.();
  }

  destroy() {
    this.cards.destroy();
  }
}
