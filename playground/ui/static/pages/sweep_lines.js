/**
 * Parallel coordinates: a line for each trial, an axis for each knob and one for the metric.
 *
 * Axes stand side by side, or lie one below the other where the page is narrow. A line that is
 * pointed at is raised, and so is its row; a part of an axis that is marked, by dragging along it or
 * by the keys of its two ends, keeps only the lines through it. Dashed: what was given up.
 */

import { css } from '../colors.js';
import { altText, el, fitCanvas } from '../dom.js';
import { significant } from '../words.js';
import { Brushes } from './sweep_brush.js';
import { colorOf } from './sweep_scale.js';
import { trialTip } from './sweep_words.js';
import { Tooltip } from '../tooltip.js';

const NARROW = 620; // px
const HEIGHT = 330;
const ROW = 74; // px between two axes that lie
const NEAR = 9; // px from a line that is pointed at
const BAND = 0.55; // of the room between two values over which the lines of one are spread
const MOST_SPREAD = 12; // values of an axis beyond which its lines are not spread
const NONE = -0.09; // where a trial without a value ends
const DASH = [5, 4];
const GIVEN_UP = new Set(['pruned', 'diverged', 'failed']);

export class Lines {
  constructor(context, results) {
    this.context = context;
    this.results = results;
    const { text } = context;
    this.canvas = el('canvas', { class: 'np-layer', 'aria-hidden': 'true' });
    this.over = el('canvas', { class: 'np-layer np-s-lines-over', tabindex: '0', role: 'img' });
    this.box = el('div', { class: 'np-s-lines' }, this.canvas, this.over);
    this.brushes = new Brushes(context, results, this);
    this.box.append(this.brushes.node);
    this.tip = new Tooltip(this.box);
    this.alt = altText(this.over, text('sweep.lines'));
    this.node = this.box;
    this.over.addEventListener('pointermove', ({ offsetX, offsetY }) => this.pointAt(offsetX, offsetY));
    this.over.addEventListener('pointerleave', () => results.point(null));
    this.over.addEventListener('keydown', (event) => this.keyed(event));
    this.over.addEventListener('blur', () => results.point(null));
    results.listeners.add(() => this.paintOver());
  }

  // ---- where things are --------------------------------------------------------------------------

  get axes() {
    const { results, context: { text } } = this;
    const knobs = results.knobs.map((knob, i) => ({ key: knob.key, name: knob.name, scale: results.scales[i] }));
    return [...knobs, { key: 'metric', name: text(`sweep.metric_${results.metric.name}`), scale: results.score, metric: true }];
  }

  measure() {
    const axes = this.axes;
    const width = this.box.clientWidth;
    this.lying = width < NARROW;
    const height = this.lying ? axes.length * ROW + 14 : HEIGHT;
    this.box.style.height = `${height}px`;
    this.size = { width, height };
    this.frame = this.lying
      ? { start: 34, length: width - 34 - 22, first: 34, gap: ROW }
      : { start: height - 50, length: height - 50 - 46, first: 64, gap: (width - 64 - 92) / Math.max(1, axes.length - 1) };
    return axes;
  }

  /** Pixels of a share of the i-th axis. */
  at(i, share) {
    const { start, length, first, gap } = this.frame;
    const across = first + i * gap;
    return this.lying ? { x: start + share * length, y: across } : { x: across, y: start - share * length };
  }

  /** The share of an axis at a place of the pointer. */
  shareAt({ x, y }) {
    const { start, length } = this.frame;
    return Math.max(0, Math.min(1, this.lying ? (x - start) / length : (start - y) / length));
  }

  // ---- lines -------------------------------------------------------------------------------------

  /** Every trial's points on the axes; trials with the same value stand side by side, the best first. */
  place(axes) {
    const { results } = this;
    const rows = [...results.trials].sort((a, b) => results.compare(a, b));
    const shifts = axes.map((axis) => (axis.metric ? null : shiftsOf(axis.scale, rows, axis.key)));
    this.paths = rows.map((row) => ({
      row,
      points: axes.flatMap((axis, i) => {
        let share = results.share(axis.key, row);
        if (share === null && axis.metric) share = GIVEN_UP.has(row.status) ? NONE : null;
        return share === null ? [] : [this.at(i, share + (shifts[i]?.get(row.number) ?? 0))];
      }),
    }));
  }

  paint() {
    if (!this.results.whole || !this.box.clientWidth) return;
    const axes = this.measure();
    const { results, size: { width, height }, context: { theme } } = this;
    const pen = fitCanvas(this.canvas, width, height);
    fitCanvas(this.over, width, height);
    pen.clearRect(0, 0, width, height);
    this.place(axes);
    // The best are drawn last, on top.
    for (const kept of [false, true]) {
      for (const { row, points } of [...this.paths].reverse()) {
        if (results.passes(row) === kept) this.stroke(pen, row, points, kept);
      }
    }
    axes.forEach((axis, i) => this.paintAxis(pen, theme, axis, i));
    this.brushes.place(axes);
    this.paintOver();
    this.alt(() => this.describe());
  }

  stroke(pen, row, points, kept, width = 1.6) {
    const { theme } = this.context;
    const bad = this.results.bad(row);
    const many = this.results.trials.length;
    pen.strokeStyle = bad === null ? theme.muted : css(colorOf(theme, bad));
    pen.globalAlpha = kept ? (many > 120 ? 0.6 : 0.85) : 0.1;
    pen.lineWidth = row.status === 'running' ? 1 : width;
    pen.setLineDash(GIVEN_UP.has(row.status) ? DASH : []);
    this.path(pen, points);
    pen.stroke();
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  path(pen, points) {
    pen.beginPath();
    points.forEach((point, i) => {
      if (!i) return pen.moveTo(point.x, point.y);
      const before = points[i - 1];
      if (this.lying) {
        const middle = (before.y + point.y) / 2;
        return pen.bezierCurveTo(before.x, middle, point.x, middle, point.x, point.y);
      }
      const middle = (before.x + point.x) / 2;
      return pen.bezierCurveTo(middle, before.y, middle, point.y, point.x, point.y);
    });
  }

  paintAxis(pen, theme, axis, i) {
    const [low, high] = [this.at(i, 0), this.at(i, 1)];
    pen.strokeStyle = theme.muted;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(low.x, low.y);
    pen.lineTo(high.x, high.y);
    pen.stroke();
    pen.font = `11.5px ${theme.font}`;
    const ticks = axis.scale?.ticks ?? [];
    let last = -Infinity;
    for (const tick of ticks) {
      const place = this.at(i, tick.at);
      if (this.lying) last = this.tickBelow(pen, theme, place, tick, last);
      else this.tickBeside(pen, theme, place, tick, i);
    }
    this.paintName(pen, theme, axis, i);
  }

  tickBelow(pen, theme, { x, y }, { words }, last) {
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    const half = pen.measureText(words).width / 2;
    const left = Math.max(2, Math.min(this.size.width - 2 * half - 2, x - half));
    line(pen, x, y, x, y + 4);
    if (left < last + 6) return last;
    label(pen, theme, words, left + half, y + 7);
    return left + 2 * half;
  }

  tickBeside(pen, theme, { x, y }, { words }, i) {
    pen.textBaseline = 'middle';
    line(pen, x - 4, y, x, y);
    // The last axis has its words on the right, where no line runs.
    const end = i === this.results.knobs.length;
    pen.textAlign = end ? 'left' : 'right';
    label(pen, theme, cut(pen, words, Math.max(48, this.frame.gap - 30)), end ? x + 9 : x - 8, y);
  }

  paintName(pen, theme, axis, i) {
    pen.fillStyle = theme.text;
    pen.font = `600 12px ${theme.font}`;
    const place = this.at(i, 1);
    if (this.lying) {
      pen.textAlign = 'left';
      pen.textBaseline = 'bottom';
      label(pen, theme, axis.name, 4, place.y - 10, theme.text);
      return;
    }
    pen.textAlign = 'center';
    pen.textBaseline = 'bottom';
    const half = Math.min(this.frame.gap - 8, 150) / 2;
    const words = cut(pen, axis.name, 2 * half);
    const reach = pen.measureText(words).width / 2 + 2;
    const x = Math.max(reach, Math.min(this.size.width - reach, place.x));
    label(pen, theme, words, x, place.y - 18, theme.text);
  }

  // ---- the one that is pointed at ----------------------------------------------------------------

  paintOver() {
    if (!this.size || !this.paths) return;
    const { results, size: { width, height }, context } = this;
    const pen = fitCanvas(this.over, width, height);
    pen.clearRect(0, 0, width, height);
    const path = this.paths.find(({ row }) => row.number === results.pointed);
    if (!path) return this.tip.hide();
    pen.lineCap = 'round';
    pen.strokeStyle = context.theme.background;
    pen.lineWidth = 7;
    this.path(pen, path.points);
    pen.stroke();
    this.stroke(pen, path.row, path.points, true, 3.4);
    if (!this.here) return this.tip.hide();
    this.tip.show(this.here.x, this.here.y, trialTip(context, results, path.row));
  }

  pointAt(x, y) {
    if (!this.paths) return;
    let best = null;
    let least = NEAR;
    for (const { row, points } of this.paths) {
      if (!this.results.passes(row)) continue;
      const away = distance(points, x, y, this.lying);
      if (away < least) [least, best] = [away, row.number];
    }
    this.here = { x, y };
    if (best === this.results.pointed) this.paintOver();
    else this.results.point(best);
  }

  /** From trial to trial by the arrow keys, from the best to the worst. */
  keyed(event) {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -1e9, End: 1e9 }[event.key];
    const shown = (this.paths ?? []).filter(({ row }) => this.results.passes(row));
    if (event.key === 'Escape') this.results.point(null);
    if (!by || !shown.length) return;
    event.preventDefault();
    const at = shown.findIndex(({ row }) => row.number === this.results.pointed);
    const next = shown[Math.max(0, Math.min(shown.length - 1, at < 0 ? 0 : at + by))];
    this.here = next.points.at(-1);
    this.results.point(next.row.number);
    this.alt(() => this.describe());
  }

  describe() {
    const { results, context: { text } } = this;
    const shown = results.trials.filter((row) => results.passes(row));
    const pointed = results.byNumber.get(results.pointed);
    const parts = [text('sweep.lines_alt', { shown: shown.length, all: results.trials.length, axes: this.axes.length })];
    const { best } = results;
    if (best) parts.push(text('sweep.lines_alt_best', { number: best.number + 1, value: significant(best.value), values: this.valuesOf(best) }));
    if (pointed) parts.push(text('sweep.lines_alt_pointed', { number: pointed.number + 1, value: significant(pointed.value), values: this.valuesOf(pointed) }));
    return parts.join(' ');
  }

  valuesOf(row) {
    const { knobs } = this.results;
    return knobs.map((knob) => `${knob.name} ${knob.words(row.values[knob.key])}`).join(', ');
  }
}

/** How far trials with the same value of a knob are moved along its axis, so that each is seen. */
function shiftsOf(scale, rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const place = scale?.place(row.values[key]);
    if (place == null) continue;
    if (!groups.has(place)) groups.set(place, []);
    groups.get(place).push(row.number);
  }
  if (groups.size > MOST_SPREAD) return null;
  const places = [...groups.keys()].sort((a, b) => a - b);
  // At the ends of the axis there is less room, see INSET in sweep_scale.js.
  const gap = Math.min(0.24, ...places.slice(1).map((place, i) => place - places[i]));
  const shifts = new Map();
  for (const numbers of groups.values()) {
    numbers.forEach((number, i) => {
      const share = numbers.length > 1 ? i / (numbers.length - 1) - 0.5 : 0;
      shifts.set(number, share * gap * BAND * Math.min(1, numbers.length / 4));
    });
  }
  return shifts;
}

/** How far a place is from a line, in pixels. */
function distance(points, x, y, lying) {
  let least = Infinity;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const [along, from, to] = lying ? [y, a.y, b.y] : [x, a.x, b.x];
    if (along < from - NEAR || along > to + NEAR) continue;
    // The curve between two axes: across it moves as 3t² − 2t³ does, near enough to a bezier's.
    const t = Math.max(0, Math.min(1, (along - from) / (to - from || 1)));
    const eased = t * t * (3 - 2 * t);
    const [across, low, high] = lying ? [x, a.x, b.x] : [y, a.y, b.y];
    least = Math.min(least, Math.abs(across - (low + (high - low) * eased)));
  }
  return least;
}

function line(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

/** Words with a halo of the ground's colour, so that lines behind them do not cross them out. */
function label(pen, theme, words, x, y, color = theme.muted) {
  pen.save();
  pen.setLineDash([]);
  pen.lineJoin = 'round';
  pen.strokeStyle = theme.background;
  pen.lineWidth = 4;
  pen.strokeText(words, x, y);
  pen.fillStyle = color;
  pen.fillText(words, x, y);
  pen.restore();
}

/** Words as long as fit. */
export function cut(pen, words, width) {
  if (pen.measureText(words).width <= width) return words;
  let end = words.length;
  while (end > 1 && pen.measureText(`${words.slice(0, end)}…`).width > width) end -= 1;
  return `${words.slice(0, end)}…`;
}
