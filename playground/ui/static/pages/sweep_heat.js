/** The mean metric over two knobs, as a map of cells: with the number of trials in each. */

import { css, inkOn } from '../colors.js';
import { altText, el, fitCanvas } from '../dom.js';
import { Tooltip } from '../tooltip.js';
import { cut } from './sweep_lines.js';
import { badness, colorOf, numberWords } from './sweep_scale.js';
import { metricWords } from './sweep_words.js';

const MOST_VALUES = 12; // of a knob; more of them are put together
const BINS = 6;
const [LEFT, BOTTOM, TOP] = [84, 44, 4];
const TALLEST = 58;
const PLAIN = 'none';

export class HeatMap {
  /** @param {(across: string, up: string) => void} onChoose */
  constructor(context, results, onChoose) {
    Object.assign(this, { context, results, onChoose });
    const { text } = context;
    this.across = this.select(text('sweep.heat_across'));
    this.up = this.select(text('sweep.heat_up'));
    this.canvas = el('canvas', { class: 'np-s-heat-canvas', tabindex: '0', role: 'img' });
    this.box = el('div', { class: 'np-s-heat' }, this.canvas);
    this.tip = new Tooltip(this.box);
    this.alt = altText(this.canvas, text('sweep.heat'));
    this.note = el('p', { class: 'np-caption' });
    this.node = el('section', { class: 'np-s-card' },
      el('div', { class: 'np-s-card-head' }, el('h3', { class: 'np-title', text: text('sweep.heat') }),
        el('span', { class: 'np-s-pick' }, this.across, el('span', { 'aria-hidden': 'true', text: '×' }), this.up)),
      this.box, this.note);
    this.canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => this.pointAt(offsetX, offsetY));
    this.canvas.addEventListener('pointerleave', () => this.show(null));
    this.canvas.addEventListener('blur', () => this.show(null));
    this.canvas.addEventListener('keydown', (event) => this.keyed(event));
  }

  select(label) {
    return el('select', { class: 'np-select', 'aria-label': label, on: { change: () => this.chosen() } });
  }

  /** @param {[string, string]} wanted keys of the two knobs, where the address says them */
  begin(wanted = []) {
    const { knobs } = this.results;
    const options = knobs.map((knob) => [knob.key, knob.name]);
    const known = (key) => knobs.some((knob) => knob.key === key);
    fill(this.across, options);
    fill(this.up, [...options, [PLAIN, this.context.text('sweep.heat_none')]]);
    this.across.value = known(wanted[0]) ? wanted[0] : knobs[0]?.key;
    const second = knobs.find((knob) => knob.key !== this.across.value)?.key ?? PLAIN;
    this.up.value = known(wanted[1]) && wanted[1] !== this.across.value ? wanted[1] : second;
    this.here = null;
  }

  chosen() {
    if (this.across.value === this.up.value) this.up.value = PLAIN;
    this.onChoose(this.across.value, this.up.value);
    this.here = null;
    this.paint();
  }

  // ---- cells -------------------------------------------------------------------------------------

  /** The columns or rows of a knob: its values, or equal parts of its range. */
  sections(key) {
    const { results } = this;
    const i = results.knobs.findIndex((knob) => knob.key === key);
    const scale = results.scales[i];
    if (i < 0 || !scale) return key === PLAIN ? [{ words: '', holds: () => true }] : [];
    const { words } = results.knobs[i];
    const values = scale.kind === 'choice' ? scale.values : scale.listed;
    if (values && values.length <= MOST_VALUES) {
      return values.map((value) => ({ words: words(value), holds: (row) => row.values[key] === value }));
    }
    return Array.from({ length: BINS }, (_, part) => {
      const [from, to] = [part / BINS, (part + 1) / BINS];
      return {
        words: `${numberWords(scale.valueAt(from))} – ${numberWords(scale.valueAt(to))}`,
        short: numberWords(scale.valueAt((from + to) / 2)),
        holds: (row) => {
          const share = scale.place(row.values[key]);
          return share >= from - 1e-9 && (share < to - 1e-9 || (part === BINS - 1 && share <= 1 + 1e-9));
        },
      };
    });
  }

  compute() {
    const { results } = this;
    const columns = this.sections(this.across.value);
    const rows = this.sections(this.up.value);
    const done = results.done.filter((row) => results.passes(row));
    const stopped = results.trials.filter((row) => row.order && row.status !== 'done' && results.passes(row));
    this.cells = rows.map((row) => columns.map((column) => {
      const holds = (trial) => column.holds(trial) && row.holds(trial);
      const inside = done.filter(holds);
      const mean = inside.reduce((sum, trial) => sum + trial.value, 0) / inside.length;
      return { count: inside.length, mean: inside.length ? mean : null, stopped: stopped.filter(holds).length };
    }));
    Object.assign(this, { columns, rows, counted: done.length });
  }

  paint() {
    const { results, context: { theme, text } } = this;
    if (!results.whole || !this.box.clientWidth) return;
    this.compute();
    const { columns, rows } = this;
    const width = this.box.clientWidth;
    const left = this.up.value === PLAIN ? 8 : LEFT;
    const cell = { width: (width - left - 4) / Math.max(1, columns.length), height: heightOf(Math.max(1, rows.length)) };
    const height = TOP + cell.height * Math.max(1, rows.length) + BOTTOM;
    this.box.style.height = `${height}px`;
    this.frame = { left, cell, height, width };
    const pen = fitCanvas(this.canvas, width, height);
    pen.clearRect(0, 0, width, height);
    rows.forEach((_, i) => columns.forEach((__, j) => this.paintCell(pen, theme, i, j)));
    this.paintNames(pen, theme);
    this.paintHere(pen, theme);
    const { knobs } = results;
    this.note.textContent = text('sweep.heat_note', { count: this.counted, metric: text(`sweep.metric_${results.metric.name}`) });
    this.alt(() => this.describe(knobs));
  }

  /** The row at the bottom holds the least values. */
  place(i, j) {
    const { left, cell } = this.frame;
    return { x: left + j * cell.width, y: TOP + (this.rows.length - 1 - i) * cell.height };
  }

  paintCell(pen, theme, i, j) {
    const { cell } = this.frame;
    const { x, y } = this.place(i, j);
    const { count, mean, stopped } = this.cells[i][j];
    const [w, h] = [cell.width - 2, cell.height - 2];
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    if (!count) return paintEmpty(pen, theme, { x: x + 1, y: y + 1, w, h }, stopped);
    const { score, metric } = this.results;
    const [low, high] = this.results.range;
    const color = colorOf(theme, low < high ? badness(score, metric.better, mean) ?? 0.5 : 0);
    pen.fillStyle = css(color);
    pen.fillRect(x + 1, y + 1, w, h);
    if (w < 34) return;
    pen.fillStyle = inkOn(color);
    pen.font = `600 ${w < 52 ? 11 : 12.5}px ${theme.font}`;
    const tall = h >= 36;
    pen.fillText(cut(pen, metricWords(metric, mean), w - 4), x + 1 + w / 2, y + 1 + h / 2 - (tall ? 7 : 0));
    if (!tall) return;
    pen.font = `11px ${theme.font}`;
    pen.fillText(`n = ${count}`, x + 1 + w / 2, y + 1 + h / 2 + 9);
  }

  paintNames(pen, theme) {
    const { left, cell, height, width } = this.frame;
    const { knobs } = this.results;
    const name = (key) => knobs.find((knob) => knob.key === key)?.name ?? '';
    pen.font = `11px ${theme.font}`;
    pen.fillStyle = theme.muted;
    pen.textBaseline = 'top';
    pen.textAlign = 'center';
    this.columns.forEach((column, j) => pen.fillText(
      cut(pen, column.short ?? column.words, cell.width - 3), this.place(0, j).x + cell.width / 2, height - BOTTOM + 6));
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    this.rows.forEach((row, i) => pen.fillText(
      cut(pen, row.short ?? row.words, LEFT - 26), left - 6, this.place(i, 0).y + cell.height / 2));
    pen.fillStyle = theme.text;
    pen.font = `600 11.5px ${theme.font}`;
    pen.textAlign = 'center';
    pen.fillText(cut(pen, name(this.across.value), width - left), left + (width - left) / 2, height - 9);
    if (this.up.value === PLAIN) return;
    pen.save();
    pen.translate(9, TOP + (cell.height * this.rows.length) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(cut(pen, name(this.up.value), cell.height * this.rows.length), 0, 0);
    pen.restore();
  }

  paintHere(pen, theme) {
    if (!this.here || !this.cells[this.here[0]]?.[this.here[1]]) return this.tip.hide();
    const [i, j] = this.here;
    const { x, y } = this.place(i, j);
    const { cell } = this.frame;
    pen.strokeStyle = theme.text;
    pen.lineWidth = 2;
    pen.strokeRect(x + 1, y + 1, cell.width - 2, cell.height - 2);
    pen.lineWidth = 1;
    this.tip.show(x + cell.width / 2, y + cell.height / 2, this.rowsOfTip(i, j));
  }

  /** The values that a cell stands for. */
  placeOf(i, j) {
    const { knobs } = this.results;
    return [[this.across.value, this.columns[j]], [this.up.value, this.rows[i]]].filter(([key]) => key !== PLAIN)
      .map(([key, section]) => ({ label: knobs.find((knob) => knob.key === key)?.name, value: section.words }));
  }

  rowsOfTip(i, j) {
    const { results: { metric }, context: { text } } = this;
    const { count, mean, stopped } = this.cells[i][j];
    return [
      ...this.placeOf(i, j),
      { label: text(`sweep.metric_${metric.name}`), value: metricWords(metric, mean) },
      { label: text('sweep.trials_cell'), value: String(count) },
      ...(stopped ? [{ label: text('sweep.heat_stopped'), value: String(stopped) }] : []),
    ];
  }

  // ---- a cell that is pointed at -----------------------------------------------------------------

  show(here) {
    if (String(here) === String(this.here)) return;
    this.here = here;
    this.paint();
  }

  pointAt(x, y) {
    if (!this.frame) return;
    const { left, cell } = this.frame;
    const j = Math.floor((x - left) / cell.width);
    const i = this.rows.length - 1 - Math.floor((y - TOP) / cell.height);
    const inside = i >= 0 && j >= 0 && i < this.rows.length && j < this.columns.length;
    this.show(inside ? [i, j] : null);
  }

  keyed(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
    if (!move || !this.rows?.length) return;
    event.preventDefault();
    const [i, j] = this.here ?? [0, 0];
    const within = (value, most) => Math.max(0, Math.min(most - 1, value));
    this.show(this.here ? [within(i + move[0], this.rows.length), within(j + move[1], this.columns.length)] : [i, j]);
  }

  describe() {
    const { context: { text }, results: { metric } } = this;
    const filled = this.cells.flatMap((row, i) => row.map((cell, j) => ({ ...cell, i, j }))).filter(({ count }) => count);
    if (!filled.length) return text('sweep.heat_alt_empty');
    const sign = metric.better === 'low' ? 1 : -1;
    const best = filled.reduce((a, b) => (sign * (a.mean - b.mean) <= 0 ? a : b));
    const here = this.here && this.cells[this.here[0]]?.[this.here[1]] ? ` ${this.rowsOfTip(...this.here).map(({ label, value }) => `${label} ${value}`).join(', ')}` : '';
    return text('sweep.heat_alt', {
      cells: this.cells.length * (this.cells[0]?.length ?? 0), filled: filled.length, value: metricWords(metric, best.mean),
      where: this.placeOf(best.i, best.j).map(({ label, value }) => `${label} ${value}`).join(', '),
    }) + here;
  }
}

/** A cell without a finished trial: crossed where those in it were stopped, else an outline alone. */
function paintEmpty(pen, theme, { x, y, w, h }, stopped) {
  pen.strokeStyle = theme.line;
  pen.lineWidth = 1;
  pen.setLineDash([3, 3]);
  pen.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
  pen.setLineDash([]);
  if (!stopped) return;
  pen.strokeStyle = theme.muted;
  pen.lineWidth = 1.5;
  const [cx, cy, r] = [x + w / 2, y + h / 2, 5];
  pen.beginPath();
  pen.moveTo(cx - r, cy - r);
  pen.lineTo(cx + r, cy + r);
  pen.moveTo(cx + r, cy - r);
  pen.lineTo(cx - r, cy + r);
  pen.stroke();
}

/** How tall a cell is: what stands upwards beside one or two rows needs room for its name. */
function heightOf(rows) {
  return rows < 3 ? 150 / rows : Math.min(TALLEST, Math.max(26, 250 / rows));
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, words]) => el('option', { value, text: words })));
}
