/** The best metric so far, over the trials in the order in which they ended. */

import { css } from '../colors.js';
import { altText, el, fitCanvas } from '../dom.js';
import { Tooltip } from '../tooltip.js';
import { measured } from './sweep_results.js';
import { colorOf, metricScale } from './sweep_scale.js';
import { metricWords, trialTip } from './sweep_words.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [58, 12, 10, 34];
const HEIGHT = 200;

export class BestSoFar {
  constructor(context, results) {
    Object.assign(this, { context, results });
    const { text } = context;
    this.canvas = el('canvas', { tabindex: '0', role: 'img' });
    this.box = el('div', { class: 'np-s-best' }, this.canvas);
    this.tip = new Tooltip(this.box);
    this.alt = altText(this.canvas, text('sweep.best'));
    this.node = el('section', { class: 'np-s-card' }, el('h3', { class: 'np-title', text: text('sweep.best') }), this.box);
    this.canvas.addEventListener('pointermove', ({ offsetX }) => this.pointAt(offsetX));
    this.canvas.addEventListener('pointerleave', () => results.point(null));
    this.canvas.addEventListener('blur', () => results.point(null));
    this.canvas.addEventListener('keydown', (event) => this.keyed(event));
    results.listeners.add(() => this.paint());
  }

  paint() {
    const { results, context: { theme, text } } = this;
    const width = this.box.clientWidth;
    if (!results.whole || !width) return;
    this.ended = results.inOrder;
    const pen = fitCanvas(this.canvas, width, HEIGHT);
    pen.clearRect(0, 0, width, HEIGHT);
    const scale = metricScale(this.ended.filter(measured).map((row) => row.value), results.metric);
    this.width = width;
    if (!scale) return this.alt(() => text('sweep.best_alt_empty'));
    this.scale = scale;
    this.paintAxes(pen, theme, scale, text);
    this.paintSteps(pen, theme);
    this.paintDots(pen, theme);
    const { best } = results;
    this.alt(() => (best ? text('sweep.best_alt', {
      count: this.ended.length, value: metricWords(results.metric, best.value), number: best.number + 1,
    }) : text('sweep.best_alt_empty')));
  }

  x(i) {
    return LEFT + ((i + 0.5) / this.ended.length) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    return HEIGHT - BOTTOM - this.scale.place(value) * (HEIGHT - TOP - BOTTOM);
  }

  paintAxes(pen, theme, scale, text) {
    pen.font = `11px ${theme.font}`;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    pen.lineWidth = 1;
    const { metric } = this.results;
    for (const { value } of scale.ticks) {
      const y = this.y(value);
      pen.strokeStyle = theme.faint;
      pen.beginPath();
      pen.moveTo(LEFT, y);
      pen.lineTo(this.width - RIGHT, y);
      pen.stroke();
      pen.fillStyle = theme.muted;
      pen.fillText(metricWords(metric, value), LEFT - 6, y);
    }
    pen.textAlign = 'center';
    const every = Math.max(1, Math.ceil(this.ended.length / 8));
    for (let i = every - 1; i < this.ended.length; i += every) pen.fillText(String(i + 1), this.x(i), HEIGHT - BOTTOM + 11);
    pen.fillText(text('sweep.best_axis'), (LEFT + this.width - RIGHT) / 2, HEIGHT - 7);
  }

  /** The line of the best: only trials that ran to their end count. */
  paintSteps(pen, theme) {
    let best = null;
    pen.strokeStyle = theme.text;
    pen.lineWidth = 1.8;
    pen.beginPath();
    this.ended.forEach((row, i) => {
      const better = row.status === 'done' && measured(row) && (!best || this.results.compare(row, best) < 0);
      if (best) pen.lineTo(this.x(i), this.y(best.value));
      if (better) {
        if (best) pen.lineTo(this.x(i), this.y(row.value));
        else pen.moveTo(this.x(i), this.y(row.value));
        best = row;
      }
    });
    if (best) pen.lineTo(this.width - RIGHT, this.y(best.value));
    pen.stroke();
  }

  paintDots(pen, theme) {
    this.ended.forEach((row, i) => {
      if (!measured(row)) return;
      const color = css(colorOf(theme, this.results.bad(row) ?? 1));
      pen.beginPath();
      pen.arc(this.x(i), this.y(row.value), row.number === this.results.pointed ? 6 : 3.4, 0, 7);
      pen.lineWidth = 1.4;
      if (row.status === 'done') {
        pen.fillStyle = color;
        pen.fill();
      } else {
        pen.strokeStyle = color;
        pen.stroke();
      }
    });
    const pointed = this.ended.findIndex((row) => row.number === this.results.pointed);
    if (pointed < 0 || !this.hovered || !measured(this.ended[pointed])) return this.tip.hide();
    const row = this.ended[pointed];
    this.tip.show(this.x(pointed), this.y(row.value), trialTip(this.context, this.results, row));
  }

  pointAt(x) {
    if (!this.ended?.length) return;
    this.hovered = true;
    const i = Math.floor(((x - LEFT) / (this.width - LEFT - RIGHT)) * this.ended.length);
    this.results.point(this.ended[Math.max(0, Math.min(this.ended.length - 1, i))].number);
    this.hovered = false;
  }

  keyed(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 }[event.key];
    if (!by || !this.ended?.length) return;
    event.preventDefault();
    const at = this.ended.findIndex((row) => row.number === this.results.pointed);
    const next = Math.max(0, Math.min(this.ended.length - 1, at < 0 ? this.ended.length - 1 : at + by));
    this.hovered = true;
    this.results.point(this.ended[next].number);
    this.hovered = false;
  }
}
