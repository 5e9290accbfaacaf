/** A small chart of values over steps, with a logarithmic scale, hover values and alt text. */

import { el, fitCanvas } from '../dom.js';
import { roundStep } from '../cards.js';
import { Tooltip } from '../tooltip.js';
import { short, significant } from '../words.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 10, 8, 34];
/** Below this a value is rounding noise; a value of zero is drawn here. */
const FLOOR = 1e-16;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

export class StepChart {
  /**
   * @param {object} context of the stage
   * @param {{label: string, xLabel: string, yLabel: string, height?: number}} words
   */
  constructor(context, words) {
    this.context = context;
    this.words = words;
    this.series = [];
    this.canvas = el('canvas', { role: 'img', tabindex: '0', 'aria-label': words.label });
    this.node = el('div', { class: 'np-step-chart' }, this.canvas);
    this.tip = new Tooltip(this.node);
    this.canvas.addEventListener('pointermove', (event) => this.point(event.offsetX));
    this.canvas.addEventListener('pointerleave', () => this.point(null));
    this.canvas.addEventListener('blur', () => this.point(null));
    this.canvas.addEventListener('keydown', (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move || !this.last) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(this.last, (this.at ?? this.last) + move));
      this.paint();
    });
    this.sizes = new ResizeObserver(() => this.paint());
    this.sizes.observe(this.node);
  }

  /**
   * @param {{label: string, color: string, values: number[], dash?: number[]}[]} series one value
   *   for each step from 0; null and what is not finite is a gap
   * @param {number[]} [marks] levels at which a line is drawn
   */
  show(series, marks = []) {
    this.series = series;
    this.marks = marks;
    this.last = Math.max(0, ...series.map(({ values }) => values.length - 1));
    this.paint();
  }

  point(offset) {
    if (offset === null) this.at = null;
    else {
      const share = (offset - LEFT) / Math.max(1, this.width - LEFT - RIGHT);
      this.at = Math.max(0, Math.min(this.last, Math.round(share * this.span)));
    }
    this.paint();
  }

  paint() {
    this.width = this.node.clientWidth;
    this.height = this.node.clientHeight;
    if (!this.width || !this.height || !this.series.length) return;
    const { theme } = this.context;
    const pen = fitCanvas(this.canvas, this.width, this.height);
    pen.clearRect(0, 0, this.width, this.height);
    this.span = Math.max(1, this.last);
    const all = this.series.flatMap(({ values }) => values).filter((value) => Number.isFinite(value));
    const logs = [...all, ...this.marks].map((value) => Math.log10(Math.max(FLOOR, value)));
    this.top = Math.ceil(Math.max(0, ...logs) + 0.05);
    this.low = Math.min(this.top - 1, Math.floor(Math.min(this.top - 1, ...logs)));
    this.paintAxes(pen, theme);
    for (const one of this.series) this.paintLine(pen, one);
    this.paintReadout(pen, theme);
    this.canvas.setAttribute('aria-label', [this.words.label, ...this.series.map(({ label, values }) =>
      `${label}: ${significant(values.at(-1))} (${values.length - 1})`)].join(' · '));
  }

  x(step) {
    return LEFT + (step / this.span) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    const share = (Math.log10(Math.max(FLOOR, value)) - this.low) / (this.top - this.low);
    return this.height - BOTTOM - share * (this.height - TOP - BOTTOM);
  }

  paintAxes(pen, theme) {
    pen.font = `11px ${theme.font}`;
    pen.lineWidth = 1;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    const every = Math.max(1, Math.ceil((this.top - this.low) / Math.max(2, (this.height - TOP - BOTTOM) / 26)));
    for (let power = this.low; power <= this.top; power += every) {
      const y = this.y(10 ** power);
      pen.strokeStyle = theme.faint;
      line(pen, LEFT, y, this.width - RIGHT, y);
      pen.fillStyle = theme.muted;
      pen.fillText(powerWords(power), LEFT - 5, y);
    }
    pen.textAlign = 'center';
    const step = Math.max(1, roundStep(this.span, Math.max(2, Math.floor(this.width / 80))));
    for (let at = 0; at <= this.span; at += step) pen.fillText(short(at), this.x(at), this.height - BOTTOM + 10);
    pen.fillText(this.words.xLabel, (LEFT + this.width - RIGHT) / 2, this.height - 7);
    pen.save();
    pen.translate(9, (this.height - BOTTOM + TOP) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(this.words.yLabel, 0, 0);
    pen.restore();
    for (const mark of this.marks) {
      pen.strokeStyle = theme.muted;
      pen.setLineDash([2, 3]);
      line(pen, LEFT, this.y(mark), this.width - RIGHT, this.y(mark));
      pen.setLineDash([]);
    }
  }

  paintLine(pen, { values, color, dash = [] }) {
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = 2;
    pen.setLineDash(dash);
    pen.beginPath();
    let open = false;
    values.forEach((value, step) => {
      if (value === null || !Number.isFinite(value)) open = false;
      else if (open) pen.lineTo(this.x(step), this.y(value));
      else {
        pen.moveTo(this.x(step), this.y(value));
        open = true;
      }
    });
    pen.stroke();
    pen.setLineDash([]);
    if (dash.length || values.length > 60) return;
    values.forEach((value, step) => {
      if (value === null || !Number.isFinite(value)) return;
      pen.beginPath();
      pen.arc(this.x(step), this.y(value), 2.6, 0, 7);
      pen.fill();
    });
  }

  paintReadout(pen, theme) {
    if (this.at == null) return this.tip.hide();
    pen.strokeStyle = theme.muted;
    line(pen, this.x(this.at), TOP, this.x(this.at), this.height - BOTTOM);
    this.tip.show(this.x(this.at), TOP, [
      { label: `${this.words.xLabel} ${this.at}`, title: true },
      ...this.series.map(({ label, color, values }) => ({ label, color, value: significant(values[this.at]) })),
    ]);
  }

  destroy() {
    this.sizes.disconnect();
  }
}

function line(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

/** A power of ten: 10⁻⁶. */
export function powerWords(exponent) {
  const power = Math.round(exponent);
  if (power === 0) return '1';
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join('');
  return `10${power < 0 ? '⁻' : ''}${digits}`;
}
