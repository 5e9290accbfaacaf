/** Singular values on a logarithmic axis, the energy that the first k hold, and where k stands. */

import { css } from '../colors.js';
import { el, fitCanvas } from '../dom.js';
import { percent, significant } from '../words.js';

const PAD = { left: 46, right: 40, top: 12, bottom: 30 };
const RGB = { light: ['#c62828', '#2e7d32', '#1565c0'], dark: ['#ff8a80', '#81c784', '#64b5f6'] };

export class Spectrum {
  /** @param {object} context of the page @param {(k: number) => void} onChoose */
  constructor(context, onChoose) {
    this.context = context;
    this.canvas = el('canvas', { role: 'img' });
    this.readout = el('p', { class: 'np-caption', text: ' ' });
    this.holder = el('div', { class: 'np-c-chart' }, this.canvas);
    this.node = el('div', {}, el('h3', { class: 'np-title', text: context.text('compress.spectrum') }),
      this.holder, this.readout);
    const choose = (event) => onChoose(this.termAt(event));
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      choose(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (event.buttons) choose(event);
      this.pointed = this.termAt(event);
      this.paint();
    });
    this.canvas.addEventListener('pointerleave', () => {
      this.pointed = null;
      this.paint();
    });
  }

  show(header, { values, energy }) {
    Object.assign(this, { header, values: values.data, energy: energy.data });
    let [low, high] = [Infinity, 1e-9];
    const floor = Math.max(...values.data) * 1e-6;
    for (const value of values.data) {
      high = Math.max(high, value);
      if (value > floor) low = Math.min(low, value);
    }
    this.range = [Math.log10(Math.min(low, high / 10)), Math.log10(high) + 0.1];
    this.paint();
  }

  at(k) {
    this.k = k;
    this.paint();
  }

  termAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - PAD.left) / (box.width - PAD.left - PAD.right);
    const { terms } = this.header;
    return Math.max(1, Math.min(terms, Math.round(this.termOf(share))));
  }

  /** The axis of terms is by their square root: the first ones matter most. */
  termOf(share) {
    return 1 + Math.max(0, Math.min(1, share)) ** 2 * (this.header.terms - 1);
  }

  shareOf(term) {
    return this.header.terms > 1 ? Math.sqrt((term - 1) / (this.header.terms - 1)) : 0;
  }

  paint() {
    if (!this.header) return;
    const { context: { theme, text }, header: { terms, channels } } = this;
    const width = this.holder.clientWidth;
    const height = this.holder.clientHeight;
    if (!width || !height) return;
    const pen = fitCanvas(this.canvas, width, height);
    pen.clearRect(0, 0, width, height);
    const inner = { width: width - PAD.left - PAD.right, height: height - PAD.top - PAD.bottom };
    const x = (term) => PAD.left + this.shareOf(term) * inner.width;
    const y = (share) => PAD.top + (1 - Math.max(0, Math.min(1, share))) * inner.height;
    const level = (value) => y((Math.log10(value) - this.range[0]) / (this.range[1] - this.range[0]));
    this.axes(pen, { x, y, level, width, height });
    const colors = channels === 1 ? [theme.text] : RGB[theme.dark ? 'dark' : 'light'];
    for (let c = 0; c < channels; c += 1) {
      line(pen, colors[c], [], (draw) => {
        for (let t = 0; t < terms; t += 1) {
          const value = this.values[c * terms + t];
          if (value > 0) draw(x(t + 1), level(value));
        }
      });
    }
    line(pen, css(theme.colors.negative), [5, 4], (draw) => {
      for (let k = 1; k <= terms; k += 1) draw(x(k), y(this.energy[k]));
    });
    for (const [term, style] of [[this.pointed, theme.muted], [this.k, theme.text]]) {
      if (!term) continue;
      pen.fillStyle = style;
      pen.fillRect(x(term) - 0.75, PAD.top, 1.5, inner.height);
    }
    const shown = this.pointed ?? this.k ?? 1;
    const list = Array.from({ length: channels }, (_, c) => significant(this.values[c * terms + shown - 1]));
    this.readout.textContent = text('compress.readout', {
      k: shown, values: list.join(' / '), energy: percent(this.energy[shown], 2),
    });
    this.canvas.setAttribute('aria-label', `${text('compress.spectrum')}. ${this.readout.textContent}`);
  }

  axes(pen, { x, y, level, width, height }) {
    const { context: { theme, text }, header: { terms } } = this;
    pen.font = `11px ${theme.font}`;
    pen.textBaseline = 'middle';
    pen.textAlign = 'right';
    for (let power = Math.ceil(this.range[0]); power <= this.range[1]; power += 1) {
      pen.fillStyle = theme.faint;
      pen.fillRect(PAD.left, level(10 ** power), width - PAD.left - PAD.right, 1);
      pen.fillStyle = theme.muted;
      pen.fillText(power >= 0 && power < 4 ? String(10 ** power) : `1e${power}`, PAD.left - 6, level(10 ** power));
    }
    pen.textAlign = 'left';
    pen.fillStyle = theme.muted;
    for (const share of [0, 0.5, 1]) pen.fillText(percent(share), width - PAD.right + 5, y(share));
    pen.textAlign = 'center';
    for (const term of ticks(terms)) {
      pen.fillText(String(term), x(term), height - PAD.bottom + 10);
    }
    pen.fillText(text('compress.axis'), (PAD.left + width - PAD.right) / 2, height - 7);
  }
}

function ticks(terms) {
  const wanted = [1, 5, 20, 50, 100, 200, 400, 800].filter((term) => term < terms * 0.85);
  return [...wanted, terms];
}

function line(pen, color, dash, walk) {
  pen.beginPath();
  pen.strokeStyle = color;
  pen.lineWidth = 1.75;
  pen.setLineDash(dash);
  walk((x, y) => pen.lineTo(x, y));
  pen.stroke();
  pen.setLineDash([]);
}
