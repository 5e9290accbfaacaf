/** The variance along an axis, over all angles that it can have; a click or a drag turns the axis. */

import { css } from '../colors.js';
import { el, fitCanvas } from '../dom.js';
import { significant } from '../words.js';
import { varianceAlong } from './pcamath.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [56, 12, 18, 30];

export class AngleChart {
  constructor(context, onTurn) {
    this.context = context;
    this.canvas = el('canvas', { role: 'img' });
    this.node = el('div', { class: 'np-angle-chart' }, this.canvas);
    const turn = (event) => {
      const share = (event.offsetX - LEFT) / Math.max(1, this.node.clientWidth - LEFT - RIGHT);
      onTurn(Math.max(0, Math.min(0.99999, share)) * Math.PI);
    };
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      turn(event);
    });
    this.canvas.addEventListener('pointermove', (event) => event.buttons && turn(event));
    this.sizes = new ResizeObserver(() => this.paint());
    this.sizes.observe(this.node);
  }

  show(state) {
    this.state = state;
    this.paint();
  }

  paint() {
    const [width, height] = [this.node.clientWidth, this.node.clientHeight];
    if (!width || !height || !this.state) return;
    const { context: { theme, text }, state: { cov, eigen, angle } } = this;
    const pen = fitCanvas(this.canvas, width, height);
    pen.clearRect(0, 0, width, height);
    const most = Math.max(eigen.values[0], 1e-300);
    const x = (at) => LEFT + (at / Math.PI) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - (value / (1.08 * most)) * (height - TOP - BOTTOM);
    pen.font = `11px ${theme.font}`;
    const line = (points, color, options = {}) => {
      pen.setLineDash(options.dash ?? []);
      pen.lineWidth = options.width ?? 1;
      pen.strokeStyle = color;
      pen.beginPath();
      for (const point of points) pen.lineTo(...point);
      pen.stroke();
      pen.setLineDash([]);
    };
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    pen.fillStyle = theme.muted;
    line([[LEFT, y(0)], [width - RIGHT, y(0)]], theme.line);
    pen.fillText('0', LEFT - 6, y(0));
    for (const value of eigen.values) {
      line([[LEFT, y(value)], [width - RIGHT, y(value)]], theme.muted, { dash: [2, 3] });
      if (Math.abs(y(value) - y(0)) > 12) pen.fillText(significant(value), LEFT - 6, y(value));
    }
    pen.textAlign = 'center';
    pen.textBaseline = 'alphabetic';
    for (const degrees of [0, 45, 90, 135, 180]) pen.fillText(`${degrees}°`, x((degrees * Math.PI) / 180), height - BOTTOM + 14);
    const curve = Array.from({ length: 181 }, (_, i) => [x((i * Math.PI) / 180), y(varianceAlong(cov, (i * Math.PI) / 180))]);
    line(curve, theme.text, { width: 2 });
    if (!eigen.every) this.paintMost(pen, x(eigen.angle), y(eigen.values[0]), width);
    const at = [x(angle), y(varianceAlong(cov, angle))];
    line([[at[0], y(0)], at], theme.alert, { width: 1.5 });
    pen.beginPath();
    pen.arc(...at, 5, 0, 7);
    pen.fillStyle = theme.alert;
    pen.fill();
    pen.strokeStyle = theme.background;
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.fillStyle = theme.muted;
    pen.fillText(text('pca.chart_x'), (LEFT + width - RIGHT) / 2, height - 3);
    this.canvas.setAttribute('aria-label', text('pca.chart_alt', {
      along: significant(varianceAlong(cov, angle)), degrees: Math.round((angle * 180) / Math.PI),
      most: significant(eigen.values[0]), at: Math.round((eigen.angle * 180) / Math.PI),
    }));
  }

  paintMost(pen, x, y, width) {
    const { theme, text } = this.context;
    pen.beginPath();
    pen.moveTo(x, y - 3);
    pen.lineTo(x - 5, y - 11);
    pen.lineTo(x + 5, y - 11);
    pen.fillStyle = css(theme.colors.positive);
    pen.fill();
    const words = text('pca.chart_most');
    const half = pen.measureText(words).width / 2;
    pen.textAlign = 'left';
    pen.fillStyle = theme.text;
    const right = x + 9 + 2 * half < width - RIGHT;
    pen.fillText(words, right ? x + 9 : x - 9 - 2 * half, y - 5);
    pen.textAlign = 'center';
  }

  destroy() {
    this.sizes.disconnect();
  }
}
