/** A series, its forecast one step ahead, and what the network makes of it on its own. */

import { altText, el, fitCanvas, setText } from '../dom.js';
import { css } from '../colors.js';
import { steadyRange } from '../plot.js';
import { roundStep } from '../cards.js';
import { Tooltip } from '../tooltip.js';
import { short, significant } from '../words.js';
import { Chooser } from './seqparts.js';

const MARGIN = { left: 40, right: 10, top: 8, bottom: 34 };

export class SeriesPane {
  constructor(context, body, tools, scene) {
    this.context = context;
    const { text } = context;
    this.chooser = new Chooser(context, scene.counts);
    tools.append(this.chooser.node);
    this.canvas = el('canvas', { role: 'img', tabindex: '0' });
    this.stage = el('div', { class: 'np-seq-stage' }, this.canvas);
    this.legend = el('div', { class: 'np-legend' });
    this.error = el('p', { class: 'np-caption' });
    this.notice = el('p', { class: 'np-caption' });
    body.append(this.stage, this.legend, this.error, this.notice);
    this.tip = new Tooltip(this.stage);
    this.alt = altText(this.canvas, text('sequence.title.series'));
    this.range = steadyRange();
    this.canvas.addEventListener('pointermove', (event) => this.point(event));
    this.canvas.addEventListener('pointerleave', () => this.point(null));
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    this.canvas.addEventListener('blur', () => this.point(null));
    this.buildLegend();
  }

  buildLegend() {
    const { text } = this.context;
    const { truth, ahead, free } = this.looks();
    const chip = (name, { color, dash }) => {
      const line = el('i', { class: 'np-line' });
      line.style.borderTopColor = color;
      line.style.borderTopStyle = dash.length ? (dash[0] > 3 ? 'dashed' : 'dotted') : 'solid';
      return el('span', { class: 'np-chip' }, line, el('span', { text: text(`sequence.${name}`) }));
    };
    this.legend.replaceChildren(chip('true', truth), chip('ahead', ahead), chip('free', free));
  }

  /** Lines are told apart by their dashes too. */
  looks() {
    const { theme } = this.context;
    const { positive, negative } = theme.colors;
    return {
      truth: { color: theme.train, width: 2, dash: [] },
      ahead: { color: css(positive), width: 2, dash: [2, 3] },
      free: { color: css(negative), width: 2.5, dash: [7, 4] },
    };
  }

  paint({ arrays }, output) {
    const { text } = this.context;
    this.chooser.paint(output.sample);
    const truth = arrays.series_truth?.data;
    if (!truth) return;
    const shown = output.errors.free !== null;
    this.lines = {
      truth: [...truth],
      ahead: [...arrays.series_ahead.data],
      free: shown ? [...(arrays.series_free?.data ?? [])] : [],
    };
    this.known = output.known;
    this.draw();
    const values = { ahead: significant(output.errors.ahead), free: significant(output.errors.free) };
    setText(this.error, text('sequence.error', values));
    this.notice.hidden = !output.blind;
    if (output.blind) setText(this.notice, text('sequence.blind_series'));
    this.alt(() => text('sequence.chart_alt', { places: truth.length, known: output.known, ...values }));
    if (this.at != null) this.showTip();
  }

  draw() {
    const { theme } = this.context;
    const width = this.stage.clientWidth;
    const height = this.stage.clientHeight;
    if (width < 60 || height < 60) return;
    const context = fitCanvas(this.canvas, width, height);
    const { truth, ahead } = this.lines;
    const [low, high] = this.range(Math.min(...truth, ...ahead.filter(Number.isFinite)), Math.max(...truth, ...ahead.filter(Number.isFinite)));
    const box = { x: MARGIN.left, y: MARGIN.top, width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    this.box = box;
    this.toX = (place) => box.x + (place / (truth.length - 1)) * box.width;
    this.toY = (value) => box.y + (1 - (value - low) / (high - low)) * box.height;
    context.clearRect(0, 0, width, height);
    this.drawAxes(context, low, high, theme);
    const looks = this.looks();
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width, box.height);
    context.clip();
    this.line(context, this.lines.truth, 0, looks.truth);
    this.line(context, this.lines.ahead, 1, looks.ahead);
    const { free } = this.lines;
    if (free.length) this.line(context, [truth[this.known - 1], ...free], this.known - 1, looks.free);
    context.restore();
    if (this.at != null) this.drawCross(context);
  }

  drawAxes(context, low, high, theme) {
    const { box } = this;
    const { text } = this.context;
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    const step = roundStep(high - low, 4);
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
      const y = this.toY(value);
      context.beginPath();
      context.moveTo(box.x, y);
      context.lineTo(box.x + box.width, y);
      context.stroke();
      context.fillText(short(Math.abs(value) < step / 1e6 ? 0 : value), box.x - 5, y);
    }
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const places = this.lines.truth.length;
    const each = Math.max(1, roundStep(places, 5));
    for (let place = 0; place < places; place += each) {
      context.fillText(String(place + 1), this.toX(place), box.y + box.height + 4);
    }
    context.fillText(text('sequence.place'), box.x + box.width / 2, box.y + box.height + 18);
    // Behind this line the network is on its own.
    const x = this.toX(this.known - 1);
    context.strokeStyle = theme.line;
    context.beginPath();
    context.moveTo(x, box.y);
    context.lineTo(x, box.y + box.height);
    context.stroke();
    context.textAlign = 'right';
    context.fillText(text('sequence.known'), x - 5, box.y + 2);
  }

  line(context, values, start, { color, width, dash }) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.lineJoin = 'round';
    context.beginPath();
    values.forEach((value, k) => context[k ? 'lineTo' : 'moveTo'](this.toX(start + k), this.toY(value)));
    context.stroke();
    context.setLineDash([]);
  }

  drawCross(context) {
    const x = this.toX(this.at);
    context.strokeStyle = this.context.theme.muted;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, this.box.y);
    context.lineTo(x, this.box.y + this.box.height);
    context.stroke();
  }

  point(event) {
    if (!event || !this.box) this.at = null;
    else {
      const { left } = this.canvas.getBoundingClientRect();
      this.moveTo(((event.clientX - left - this.box.x) / this.box.width) * (this.lines.truth.length - 1));
    }
    this.follow();
  }

  moveTo(place) {
    this.at = Math.max(0, Math.min(this.lines.truth.length - 1, Math.round(place)));
  }

  key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !this.lines) return;
    this.moveTo((this.at ?? this.known) + by);
    event.preventDefault();
    this.follow();
  }

  follow() {
    if (!this.lines) return;
    this.draw();
    if (this.at == null) this.tip.hide();
    else this.showTip();
  }

  showTip() {
    const { text } = this.context;
    const { truth, ahead, free } = this.lines;
    const looks = this.looks();
    const row = (name, value, { color }) =>
      value === undefined ? [] : [{ label: text(`sequence.${name}`), value: significant(value), color }];
    this.tip.show(this.toX(this.at), this.box.y + 12, [
      { label: `${text('sequence.place')} ${this.at + 1}`, title: true },
      ...row('true', truth[this.at], looks.truth),
      ...row('ahead', ahead[this.at - 1], looks.ahead),
      ...row('free', free[this.at - this.known], looks.free),
    ]);
  }

  resized() {
    if (this.lines) this.draw();
  }

  themed() {
    this.buildLegend();
    if (this.lines) this.draw();
  }

  destroy() {}
}
