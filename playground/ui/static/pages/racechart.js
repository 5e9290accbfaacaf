/** All lanes of a race in one chart: a measure against steps, epochs or seconds of computing. */

import { roundStep } from '../cards.js';
import { el, fitCanvas } from '../dom.js';
import { Tooltip } from '../tooltip.js';
import { short, significant } from '../words.js';
import { powerWords } from './chart.js';
import { COLUMNS, colorOf, dashOf, isLoss, letter, valueAt } from './racelanes.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [54, 22, 10, 36];
const MOST = 1000; // points of a line
const FLOOR = 1e-12;
const JUMP = 2; // a loss that grows beyond so many times the first one leaves the chart at its top

export class RaceChart {
  /**
   * @param {object} context of the stage
   * @param {{x: string, y: string, logX: boolean, logY: boolean}} choice
   */
  constructor(context, choice) {
    Object.assign(this, { context, choice, names: [] });
    this.canvas = el('canvas', { role: 'img', tabindex: '0', 'aria-label': context.text('race.chart') });
    this.node = el('div', { class: 'np-race-chart' }, this.canvas);
    this.tip = new Tooltip(this.node);
    this.canvas.addEventListener('pointermove', (event) => this.point(this.fromX(event.offsetX)));
    this.canvas.addEventListener('pointerleave', () => this.point(null));
    this.canvas.addEventListener('blur', () => this.point(null));
    this.canvas.addEventListener('keydown', (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move || !this.span) return;
      event.preventDefault();
      const share = this.at == null ? 1 : this.share(this.at);
      this.point(this.fromShare(Math.max(0, Math.min(1, share + move / 40))));
    });
  }

  point(at) {
    this.at = at;
    if (this.hub) this.draw();
  }

  paint(hub) {
    this.hub = hub;
    this.draw();
  }

  /** The lines: for each lane its places and values, thinned, without what is no number. */
  lines({ history }) {
    const every = Math.max(1, Math.ceil(history.count / MOST));
    const rows = [];
    for (let row = 0; row < history.count; row += every) rows.push(row);
    if (history.count && rows.at(-1) !== history.count - 1) rows.push(history.count - 1);
    return this.names.map((_, lane) => rows
      .map((row) => [valueAt(history, row, lane, this.choice.x), valueAt(history, row, lane, this.choice.y)])
      .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)));
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !height) return;
    Object.assign(this, { width, height });
    const { theme } = this.context;
    const pen = fitCanvas(this.canvas, width, height);
    pen.clearRect(0, 0, width, height);
    this.found = this.lines(this.hub);
    this.measure();
    this.axes(pen, theme);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, TOP - 4, width - LEFT - RIGHT, height - TOP - BOTTOM + 8);
    pen.clip();
    this.found.forEach((points, lane) => this.line(pen, theme, points, lane));
    this.switches(pen, theme);
    pen.restore();
    this.labels(pen, theme);
    this.readout(pen, theme);
    this.canvas.setAttribute('aria-label', this.alt());
  }

  measure() {
    const { logX, logY, y } = this.choice;
    const xs = this.found.flat().map(([x]) => x);
    this.span = Math.max(0, ...xs);
    this.first = logX ? Math.max(Math.min(...xs.filter((x) => x > 0), this.span), this.span * 1e-6) : 0;
    const values = this.found.flat().map(([, value]) => value);
    const starts = this.found.filter((points) => points.length).map(([[, value]]) => value);
    if (logY && isLoss(y)) {
      const logs = values.map((value) => Math.log10(Math.max(value, FLOOR)));
      this.low = Math.min(...logs, -1);
      this.top = Math.max(...logs.filter((value) => value < Math.log10(Math.max(...starts, 1) * 1e3)), 0);
    } else if (isLoss(y)) {
      this.low = Math.min(0, ...values);
      this.top = Math.min(Math.max(...values, 1e-9), Math.max(...starts, 1e-9) * JUMP) * 1.03;
    } else {
      // Far below 0 an R² tells nothing more; where it stands now must be in sight.
      const now = this.found.filter((points) => points.length).map((points) => points.at(-1)[1]);
      const worst = Math.min(1, ...values);
      this.low = this.hub.header.score === 'r2' ? Math.max(-1, Math.min(0, ...now)) : Math.floor(worst * 10) / 10;
      this.top = 1.01;
    }
    this.logarithmic = logY && isLoss(y);
  }

  share(x) {
    if (!this.choice.logX) return x / Math.max(this.span, 1e-12);
    return Math.log(Math.max(x, this.first) / this.first) / Math.max(Math.log(this.span / this.first), 1e-9);
  }

  fromShare(share) {
    if (!this.choice.logX) return share * this.span;
    return this.first * (this.span / this.first) ** share;
  }

  fromX(offset) {
    const share = (offset - LEFT) / Math.max(1, this.width - LEFT - RIGHT);
    return this.fromShare(Math.max(0, Math.min(1, share)));
  }

  toX(x) {
    return LEFT + this.share(x) * (this.width - LEFT - RIGHT);
  }

  toY(value) {
    const at = this.logarithmic ? Math.log10(Math.max(value, FLOOR)) : value;
    return this.height - BOTTOM - ((at - this.low) / Math.max(this.top - this.low, 1e-12)) * (this.height - TOP - BOTTOM);
  }

  axes(pen, theme) {
    const { text } = this.context;
    pen.font = `11px ${theme.font}`;
    pen.lineWidth = 1;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    const rise = this.top - this.low;
    const step = this.logarithmic ? Math.max(1, Math.ceil(rise / 6)) : roundStep(Math.max(rise, 1e-9), 5);
    for (let at = Math.ceil(this.low / step) * step; at <= this.top + 1e-9; at += step) {
      const y = this.toY(this.logarithmic ? 10 ** at : at);
      pen.strokeStyle = theme.faint;
      stroke(pen, [[LEFT, y], [this.width - RIGHT, y]]);
      pen.fillStyle = theme.muted;
      pen.fillText(this.logarithmic ? powerWords(at) : short(at), LEFT - 6, y);
    }
    pen.textAlign = 'center';
    if (this.span) this.ticks().forEach((x) => pen.fillText(short(x), this.toX(x), this.height - BOTTOM + 11));
    pen.fillText(text(`race.x_${this.choice.x}`), (LEFT + this.width - RIGHT) / 2, this.height - 8);
    pen.save();
    pen.translate(9, (this.height - BOTTOM + TOP) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(text(`race.y_${this.choice.y}`), 0, 0);
    pen.restore();
  }

  ticks() {
    if (this.choice.logX) {
      const [from, to] = [Math.ceil(Math.log10(this.first) - 1e-9), Math.floor(Math.log10(this.span) + 1e-9)];
      const every = Math.max(1, Math.ceil((to - from + 1) / Math.max(2, Math.floor(this.width / 70))));
      return Array.from({ length: Math.max(0, Math.floor((to - from) / every) + 1) }, (_, i) => 10 ** (from + i * every));
    }
    const step = roundStep(this.span, Math.max(2, Math.floor(this.width / 90)));
    return Array.from({ length: Math.floor(this.span / step + 1e-9) + 1 }, (_, i) => i * step);
  }

  line(pen, theme, points, lane) {
    pen.strokeStyle = colorOf(theme, lane);
    pen.lineWidth = 2;
    pen.lineJoin = 'round';
    pen.setLineDash(dashOf(lane));
    stroke(pen, points.filter(([x]) => !this.choice.logX || x > 0).map(([x, y]) => [this.toX(x), this.toY(y)]));
    pen.setLineDash([]);
  }

  /** Where each lane's steps began to be computed in another way. */
  switches(pen, theme) {
    for (const { from } of this.hub.header.ways.slice(1)) {
      this.found.forEach((points, lane) => {
        const at = from[lane][COLUMNS[this.choice.x]];
        if (!points.length || points.at(-1)[0] < at || (this.choice.logX && at <= 0)) return;
        const [x, y] = [this.toX(at), this.toY(nearest(points, at)[1])];
        pen.beginPath();
        for (const [right, down] of [[0, -5], [5, 0], [0, 5], [-5, 0]]) pen.lineTo(x + right, y + down);
        pen.closePath();
        pen.fillStyle = theme.background;
        pen.fill();
        Object.assign(pen, { strokeStyle: colorOf(theme, lane), lineWidth: 1.5 });
        pen.stroke();
      });
    }
  }

  /** Each lane's letter at the end of its line; those that would cover one another step aside. */
  labels(pen, theme) {
    pen.font = `600 12px ${theme.font}`;
    pen.textAlign = 'left';
    const ends = this.found.map((points, lane) => ({ lane, points })).filter(({ points }) => points.length)
      .map(({ lane, points }) => ({ lane, x: this.toX(points.at(-1)[0]), y: Math.max(TOP, Math.min(this.height - BOTTOM, this.toY(points.at(-1)[1]))) }))
      .sort((one, other) => one.y - other.y);
    let last = { x: -1e9, y: -1e9 };
    for (const end of ends) {
      if (Math.abs(end.x - last.x) < 14 && end.y - last.y < 12) end.y = last.y + 12;
      last = end;
    }
    let next = { x: -1e9, y: this.height - BOTTOM + 16 };
    for (const end of ends.toReversed()) {
      if (end === ends.at(-1) || Math.abs(end.x - next.x) < 14) end.y = Math.min(end.y, next.y - 12);
      next = end;
      pen.fillStyle = theme.text;
      pen.fillText(letter(end.lane), end.x + 5, end.y);
    }
  }

  /** The values of all lanes at one place, each at its own nearest moment. */
  readout(pen, theme) {
    if (this.at == null || !this.span) return this.tip.hide();
    const x = this.toX(this.at);
    pen.strokeStyle = theme.muted;
    stroke(pen, [[x, TOP], [x, this.height - BOTTOM]]);
    this.tip.show(x, TOP, [
      { label: `${this.context.text(`race.x_${this.choice.x}`)} ${short(this.at)}`, title: true },
      ...this.found.map((points, lane) => ({
        label: `${letter(lane)} · ${this.names[lane]}`, color: colorOf(theme, lane), value: this.valueAt(points),
      })),
    ]);
  }

  valueAt(points) {
    if (!points.length || points.at(-1)[0] < this.at * 0.999) return '–';
    return significant(nearest(points, this.at)[1]);
  }

  alt() {
    const { text } = this.context;
    const ends = this.found.map((points, lane) => `${letter(lane)} ${this.names[lane]}: ${points.length ? significant(points.at(-1)[1]) : '–'}`);
    return [text('race.chart_alt', { y: text(`race.y_${this.choice.y}`), x: text(`race.x_${this.choice.x}`) }), ...ends].join(' · ');
  }
}

const nearest = (points, at) => points.reduce((best, one) => (Math.abs(one[0] - at) < Math.abs(best[0] - at) ? one : best));

function stroke(pen, points) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
}
