/**
 * Learning curves of all trials: those that have ended thin, those under way strong and growing.
 *
 * Where trials are compared with earlier ones a dotted line stands, and on it the mark below which
 * (above, for a score) the trial under way has to be; a trial that was stopped there ends in a
 * cross. Curves come with frames only while this part is on the screen.
 */

import { css } from '../colors.js';
import { altText, el, fitCanvas } from '../dom.js';
import { Tooltip } from '../tooltip.js';
import { NowList } from './sweep_now.js';
import { measured } from './sweep_results.js';
import { colorOf, metricScale } from './sweep_scale.js';
import { metricWords, trialTip } from './sweep_words.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [58, 14, 12, 34];
const HEIGHT = 250;
const NEAR = 10; // px from a curve that is pointed at
const GROWTH = 100; // a loss beyond so many times the largest first one leaves the chart at its top
const ASK_MS = 800; // between two words about which curves are here
const DASH = [5, 4];
const GIVEN_UP = new Set(['pruned', 'diverged']);

export class Curves {
  constructor(context, results) {
    Object.assign(this, { context, results });
    const { text } = context;
    this.canvas = el('canvas', { class: 'np-layer', 'aria-hidden': 'true' });
    this.over = el('canvas', { class: 'np-layer', tabindex: '0', role: 'img' });
    this.box = el('div', { class: 'np-s-curves' }, this.canvas, this.over);
    this.tip = new Tooltip(this.box);
    this.alt = altText(this.over, text('sweep.curves'));
    this.legend = el('span', { class: 'np-s-keys' }, ...['running', 'done', 'pruned', 'limit'].map((name) =>
      el('span', { class: `np-s-key np-s-key-${name}` }, el('i', { 'aria-hidden': 'true' }), el('span', { text: text(`sweep.curves_${name}`) }))));
    this.note = el('p', { class: 'np-caption' });
    this.now = new NowList(context, results);
    this.node = el('section', { class: 'np-s-card np-s-curves-card' },
      el('div', { class: 'np-s-card-head' }, el('h3', { class: 'np-title', text: text('sweep.curves') }), this.legend),
      this.box, this.note, this.now.node);
    this.over.addEventListener('pointermove', ({ offsetX, offsetY }) => this.pointAt(offsetX, offsetY));
    this.over.addEventListener('pointerleave', () => this.leave());
    this.over.addEventListener('blur', () => this.leave());
    this.over.addEventListener('keydown', (event) => this.keyed(event));
    results.listeners.add(() => this.paintOver());
    this.seen = new IntersectionObserver(([{ isIntersecting }]) => {
      this.shown = isIntersecting;
      this.wish();
    });
    this.seen.observe(this.node);
  }

  begin({ epochs, rungs, metric, target, pruning }) {
    const { text, lang } = this.context;
    const chinese = lang === 'zh-CN';
    Object.assign(this, { epochs, rungs, target: ['epochs', 'seconds'].includes(metric) ? target : null });
    const limit = this.legend.lastChild;
    limit.hidden = !rungs.length;
    this.watched = metric === 'test_loss' ? 'test_loss' : 'test_score';
    const judged = pruning ? text(rungs.length ? 'sweep.curves_judged' : 'sweep.curves_short', { epochs: rungs.join(chinese ? '、' : ', ') }) : '';
    const note = text('sweep.curves_note', { metric: text(`sweep.metric_${this.watched}`) });
    this.note.textContent = [note, judged].filter(Boolean).join(chinese ? '' : ' ');
    this.now.begin(epochs);
    this.wish();
  }

  // ---- what comes with frames --------------------------------------------------------------------

  /** @param {object} header of a frame */
  take(header) {
    const { results } = this;
    this.now.paint(header.under_way ?? [], header.progress, header.state);
    if (!header.under_way) return;
    const more = results.takeCurves(header);
    this.growing = header.under_way;
    if (more || this.outgrown()) this.paint();
    else this.paintOver();
    this.wish();
  }

  /** Whether a trial under way has left the chart, or there is none yet for it. */
  outgrown() {
    const { scale } = this;
    if (!this.ended?.length && this.growing.length) return true; // the first trial alone makes its scale
    const inside = (value) => !Number.isFinite(value) || (scale && scale.place(value) > -1e-6 && scale.place(value) < 1 + 1e-6);
    return this.growing.some(({ curve }) => !curve.every(([, value]) => inside(value)));
  }

  /** Says which curves are here, so that no others come. */
  wish() {
    const { context: { hub }, results } = this;
    if (!hub) return;
    const now = performance.now();
    const known = this.shown ? results.curvesTo : null;
    const first = known === null || this.wished === null || known < this.wished || results.behind;
    if (known === this.wished || (!first && now - this.wishedAt < ASK_MS)) return;
    Object.assign(this, { wished: known, wishedAt: now });
    hub.option('plan', { curves: known });
  }

  // ---- painting ----------------------------------------------------------------------------------

  paint() {
    const { results, context: { theme } } = this;
    const width = this.box.clientWidth;
    if (!results.whole || !width) return;
    this.width = width;
    const pen = fitCanvas(this.canvas, width, HEIGHT);
    fitCanvas(this.over, width, HEIGHT);
    pen.clearRect(0, 0, width, HEIGHT);
    this.measure();
    this.paintAxes(pen, theme);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, TOP - 6, width - LEFT - RIGHT + 6, HEIGHT - TOP - BOTTOM + 12);
    pen.clip();
    // The best are drawn last, on top.
    for (const row of [...this.ended].reverse()) this.stroke(pen, row, results.passes(row) ? 0.6 : 0.08, row === results.best ? 2.4 : 1.1);
    pen.restore();
    this.paintOver();
  }

  measure() {
    const { results, growing = [] } = this;
    const ended = results.trials.filter((row) => row.order && results.curves.get(row.number)?.length);
    this.ended = ended.sort((a, b) => results.compare(a, b));
    const score = this.watched === 'test_score';
    const all = [...ended.map((row) => results.curves.get(row.number)), ...growing.map(({ curve }) => curve)];
    const limits = growing.flatMap(({ limits: some }) => some.map(([, limit]) => limit));
    let values = [...all.flat().map(([, value]) => value), ...limits, this.target].filter(Number.isFinite);
    if (!score) {
      const firsts = all.map(([row]) => row?.[1]).filter(Number.isFinite);
      const top = GROWTH * Math.max(...firsts, 1e-9);
      values = values.map((value) => Math.min(value, top));
      if (values.length && Math.min(...values) === Math.max(...values)) values = [0, 2 * values[0]];
    } else values = values.map((value) => Math.max(value, -1)); // far below 0 an R² tells nothing more
    this.scale = metricScale(values, { score });
  }

  x(epoch) {
    return LEFT + (epoch / Math.max(1, this.epochs)) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    return HEIGHT - BOTTOM - this.scale.place(value) * (HEIGHT - TOP - BOTTOM);
  }

  paintAxes(pen, theme) {
    const { text } = this.context;
    const bottom = HEIGHT - BOTTOM;
    pen.font = `11px ${theme.font}`;
    pen.lineWidth = 1;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    for (const { value } of this.scale?.ticks ?? []) {
      pen.strokeStyle = theme.faint;
      line(pen, LEFT, this.y(value), this.width - RIGHT, this.y(value));
      pen.fillStyle = theme.muted;
      pen.fillText(metricWords({ percent: this.results.metric.accuracy && this.watched === 'test_score' }, value), LEFT - 6, this.y(value));
    }
    pen.strokeStyle = theme.muted;
    line(pen, LEFT, bottom, this.width - RIGHT, bottom);
    pen.textAlign = 'center';
    pen.fillStyle = theme.muted;
    const every = Math.max(1, roundUp(this.epochs / Math.max(2, Math.floor((this.width - LEFT) / 70))));
    for (let epoch = 0; epoch <= this.epochs; epoch += every) pen.fillText(String(epoch), this.x(epoch), bottom + 11);
    pen.fillText(text('sweep.column_epochs'), (LEFT + this.width - RIGHT) / 2, HEIGHT - 7);
    pen.setLineDash([2, 4]);
    for (const epoch of this.rungs) line(pen, this.x(epoch), TOP, this.x(epoch), bottom);
    if (this.target != null && this.scale) line(pen, LEFT, this.y(this.target), this.width - RIGHT, this.y(this.target));
    pen.setLineDash([]);
  }

  stroke(pen, row, alpha, width) {
    const { results, context: { theme } } = this;
    const points = this.points(results.curves.get(row.number));
    if (!points.length) return;
    const bad = results.bad(row);
    pen.globalAlpha = alpha;
    pen.strokeStyle = bad === null ? theme.muted : css(colorOf(theme, bad));
    pen.lineWidth = width;
    pen.lineJoin = 'round';
    pen.setLineDash(GIVEN_UP.has(row.status) ? DASH : []);
    trace(pen, points);
    pen.setLineDash([]);
    if (points.length === 1) {
      pen.fillStyle = pen.strokeStyle;
      dot(pen, points[0], 2 + width);
    }
    if (GIVEN_UP.has(row.status)) {
      pen.globalAlpha = Math.min(1, 1.6 * alpha);
      cross(pen, points.at(-1), Math.max(1.8, width));
    }
    pen.globalAlpha = 1;
  }

  points(curve) {
    return this.scale ? curve.filter(([, value]) => Number.isFinite(value)).map(([epoch, value]) => [this.x(epoch), this.y(value)]) : [];
  }

  /** Trials under way, and the one that is pointed at. */
  paintOver() {
    if (!this.width || !this.results.whole) return;
    const { results, growing = [], context: { theme } } = this;
    const pen = fitCanvas(this.over, this.width, HEIGHT);
    pen.clearRect(0, 0, this.width, HEIGHT);
    const paths = growing.map((one) => ({ ...one, points: this.points(one.curve) }));
    this.limits(pen, theme, paths);
    for (const { number, points } of paths) {
      if (!points.length) continue;
      const width = number === results.pointed ? 4 : 2.4;
      pen.lineJoin = 'round';
      for (const [color, wide] of [[theme.background, width + 3], [theme.text, width]]) {
        pen.strokeStyle = color;
        pen.lineWidth = wide;
        trace(pen, points);
      }
      pen.fillStyle = theme.text;
      dot(pen, points.at(-1), 4);
    }
    const row = this.ended?.find(({ number }) => number === results.pointed);
    if (row) {
      pen.strokeStyle = theme.background;
      pen.lineWidth = 7;
      trace(pen, this.points(results.curves.get(row.number)));
      this.stroke(pen, row, 1, 3.4);
    }
    this.showTip();
    this.alt(() => this.describe());
  }

  /** What the trial that is pointed at, or the newest one, has to be better than. */
  limits(pen, theme, paths) {
    const one = paths.find(({ number }) => number === this.results.pointed) ?? paths.at(-1);
    if (!one || !this.scale) return;
    pen.strokeStyle = pen.fillStyle = theme.text;
    pen.lineWidth = 2;
    for (const [epoch, limit] of one.limits) {
      if (!Number.isFinite(limit)) continue;
      const [x, y] = [this.x(epoch), this.y(limit)];
      const down = this.watched === 'test_loss' ? 1 : -1;
      pen.globalAlpha = epoch <= one.epoch ? 0.4 : 1;
      line(pen, x - 9, y, x + 9, y);
      pen.beginPath();
      pen.moveTo(x - 4, y + 2 * down);
      pen.lineTo(x + 4, y + 2 * down);
      pen.lineTo(x, y + 7 * down);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  // ---- the one that is pointed at ----------------------------------------------------------------

  showTip() {
    const row = this.here && this.results.byNumber.get(this.results.pointed);
    if (!row) return this.tip.hide();
    this.tip.show(...this.here, trialTip(this.context, this.results, row));
  }

  pointAt(x, y) {
    if (!this.ended) return;
    let [best, least] = [null, NEAR];
    const look = (number, points) => {
      const away = distance(points, x, y);
      if (away < least) [least, best] = [away, number];
    };
    for (const row of this.ended) if (this.results.passes(row)) look(row.number, this.points(this.results.curves.get(row.number)));
    for (const { number, curve } of this.growing ?? []) look(number, this.points(curve));
    this.here = best === null ? null : [x, y];
    if (best === this.results.pointed) this.paintOver();
    else this.results.point(best);
  }

  leave() {
    this.here = null;
    this.results.point(null);
  }

  /** From trial to trial by the arrow keys, from the best to the worst. */
  keyed(event) {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -1e9, End: 1e9 }[event.key];
    if (event.key === 'Escape') return this.leave();
    const shown = (this.ended ?? []).filter((row) => this.results.passes(row));
    if (!by || !shown.length) return;
    event.preventDefault();
    const at = shown.findIndex(({ number }) => number === this.results.pointed);
    const row = shown[Math.max(0, Math.min(shown.length - 1, at < 0 ? 0 : at + by))];
    this.here = this.points(this.results.curves.get(row.number)).at(-1) ?? null;
    this.results.point(row.number);
  }

  describe() {
    const { results, growing = [], context: { text } } = this;
    const words = (value) => metricWords({ percent: results.metric.accuracy && this.watched === 'test_score' }, value);
    const parts = [text('sweep.curves_alt', { count: this.ended?.length ?? 0, epochs: this.epochs, running: growing.length })];
    for (const { number, epoch, curve } of growing.slice(0, 3)) {
      parts.push(text('sweep.curves_alt_one', { number: number + 1, epoch, value: words(curve.at(-1)?.[1]) }));
    }
    const pointed = results.byNumber.get(results.pointed);
    if (pointed && measured(pointed)) parts.push(text('sweep.curves_alt_pointed', { number: pointed.number + 1, value: metricWords(results.metric, pointed.value), epochs: pointed.epochs }));
    return parts.join(' ');
  }

  destroy() {
    this.seen.disconnect();
    this.now.destroy();
  }
}

/** A round number of epochs between two ticks, not below `size`. */
function roundUp(size) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, size)));
  return [1, 2, 5, 10].map((part) => part * power).find((step) => step >= size - 1e-9);
}

function line(pen, x0, y0, x1, y1) {
  trace(pen, [[x0, y0], [x1, y1]]);
}

function trace(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
}

function dot(pen, [x, y], size) {
  pen.beginPath();
  pen.arc(x, y, size, 0, 7);
  pen.fill();
}

function cross(pen, [x, y], width) {
  pen.lineWidth = width;
  line(pen, x - 3.5, y - 3.5, x + 3.5, y + 3.5);
  line(pen, x - 3.5, y + 3.5, x + 3.5, y - 3.5);
}

/** How far a place is from a line of points, in pixels. */
function distance(points, x, y) {
  let least = Infinity;
  points.forEach(([ax, ay], i) => {
    const [bx, by] = points[i + 1] ?? [ax, ay];
    const along = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2 || 1)));
    least = Math.min(least, Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)));
  });
  return least;
}
