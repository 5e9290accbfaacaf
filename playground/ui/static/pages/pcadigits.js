/** The third chapter: handwritten digits, the pictures they are made of, and digits given back by k. */

import { altText, el, fitCanvas } from '../dom.js';
import { css, mix } from '../colors.js';
import { Tooltip } from '../tooltip.js';
import { percent, significant } from '../words.js';
import { Agreement } from './agree.js';
import { button, facts, slider } from './kit.js';

const SIDE = 8; // pixels of a digit
const SHOWN = 16; // eigen-digits
const SEEDS = 99_999;
const CHART = { height: 110, left: 46, right: 10, top: 8, bottom: 24 };

export class DigitsChapter {
  constructor(page) {
    this.page = page;
    this.context = page.context;
    this.seed = page.link.seed ?? 0;
    this.k = Math.min(page.link.k ?? 8, 61);
    this.build();
  }

  build() {
    const { text } = this.context;
    this.slider = slider({
      label: text('pca.keep'), low: 0, high: 61, step: 1, value: this.k, words: (k) => String(k), onChange: (k) => {
        this.k = k;
        this.context.link({ k: String(k) });
        this.paint();
      },
    });
    this.others = button(text('pca.others'), () => {
      this.seed = (this.seed + 1) % SEEDS;
      this.context.link({ seed: String(this.seed) });
      this.page.askSoon();
    }, { title: text('pca.others_tip') });
    this.eigen = el('canvas', { role: 'img' });
    this.eigenAlt = altText(this.eigen, text('pca.eigen_digits'));
    this.eigenBox = el('div', { class: 'np-digits' }, this.eigen);
    this.tip = new Tooltip(this.eigenBox);
    this.eigen.addEventListener('pointermove', (event) => this.point(event));
    this.eigen.addEventListener('pointerleave', () => this.tip.hide());
    this.pairs = el('canvas', { role: 'img' });
    this.pairsAlt = altText(this.pairs, text('pca.digits_back'));
    this.pairsBox = el('div', { class: 'np-digits' }, this.pairs);
    this.chart = el('canvas', { role: 'img' });
    this.chartAlt = altText(this.chart, text('pca.error'));
    this.chartBox = el('div', { class: 'np-digits' }, this.chart);
    this.facts = facts();
    this.trouble = el('p', { class: 'np-trouble', role: 'alert' });
    this.agreement = new Agreement(this.context);
    const title = (words) => el('h4', { class: 'np-subtitle', text: words });
    this.nodes = [
      el('div', { class: 'np-pca-left' }, this.trouble, title(text('pca.eigen_digits')), this.eigenBox,
        el('p', { class: 'np-hint', text: text('pca.eigen_hint') }), this.agreement.node),
      el('div', { class: 'np-pca-right' }, title(text('pca.digits_back')),
        el('div', { class: 'np-buttons' }, this.slider.node, this.others), this.pairsBox, this.facts.node,
        title(text('pca.error_by_k')), this.chartBox),
    ];
    this.sizes = new ResizeObserver(() => this.paint());
    this.sizes.observe(this.eigenBox);
  }

  update() {}

  question() {
    return { of: 'digits', seed: this.seed };
  }

  answered(header, arrays) {
    this.trouble.textContent = header.error ?? '';
    if (header.error) return;
    this.told = header;
    this.arrays = arrays;
    this.slider.input.max = arrays.axes.shape[0];
    this.paint();
  }

  // ---- pictures ------------------------------------------------------------------------------------

  /** One picture of SIDE × SIDE values: ink from 0 to 1, or signed values up to `most`. */
  tile(pen, data, from, [x, y], size, most = null) {
    const { theme: { colors, dark } } = this.context;
    const pixel = size / SIDE;
    const [paper, ink] = dark ? [[24, 28, 34], [236, 240, 244]] : [[255, 255, 255], [22, 26, 32]];
    for (let i = 0; i < SIDE * SIDE; i++) {
      const value = data[from + i];
      pen.fillStyle = css(most === null ? mix(paper, ink, Math.max(0, Math.min(1, value)))
        : mix(colors.middle, value < 0 ? colors.negative : colors.positive, Math.min(1, Math.abs(value) / most)));
      pen.fillRect(x + (i % SIDE) * pixel, y + Math.floor(i / SIDE) * pixel, pixel + 0.5, pixel + 0.5);
    }
    pen.strokeStyle = this.context.theme.line;
    pen.lineWidth = 1;
    pen.strokeRect(x, y, size, size);
  }

  paint() {
    if (!this.told || !this.eigenBox.clientWidth) return;
    this.k = Math.min(this.k, this.arrays.axes.shape[0]);
    this.slider.show(this.k);
    this.paintEigen();
    this.paintPairs();
    this.paintChart();
    const { context: { text }, told, k } = this;
    const kept = told.eigenvalues.slice(0, k).reduce((sum, value) => sum + value, 0);
    this.facts.show([
      [text('pca.shape'), `${told.rows} × ${told.columns}`], [text('pca.rank'), String(told.rank)],
      [text('pca.explained'), percent(kept / told.total, 1)],
      [text('pca.numbers'), text('pca.numbers_of', { k, all: SIDE * SIDE })],
      [text('pca.error'), significant(told.errors[k]), text('pca.error_tip')],
    ]);
    this.agreement.show(told, k);
    this.context.root.dataset.digits = JSON.stringify({ k, labels: told.labels });
  }

  /** The mean, then the first components, each with its share; those that are kept are framed. */
  paintEigen() {
    const { context: { theme, text }, arrays: { mean, axes }, told, k } = this;
    const width = this.eigenBox.clientWidth;
    const across = Math.max(3, Math.min(6, Math.floor(width / 84)));
    const cell = Math.min(110, (width - 2) / across);
    const size = cell - 10;
    const count = Math.min(SHOWN, axes.shape[0]) + 1;
    const high = cell + 12;
    const pen = fitCanvas(this.eigen, width, Math.ceil(count / across) * high);
    pen.clearRect(0, 0, width, Math.ceil(count / across) * high);
    pen.font = `11.5px ${theme.font}`;
    pen.textAlign = 'center';
    for (let i = 0; i < count; i++) {
      const at = [(i % across) * cell + 2, Math.floor(i / across) * high + 2];
      if (i === 0) this.tile(pen, mean.data, 0, at, size);
      else {
        const from = (i - 1) * SIDE * SIDE;
        const part = axes.data.subarray(from, from + SIDE * SIDE);
        this.tile(pen, part, 0, at, size, Math.max(...Array.from(part, Math.abs)));
        if (i <= k) {
          pen.strokeStyle = theme.text;
          pen.lineWidth = 2.5;
          pen.strokeRect(at[0], at[1], size, size);
        }
      }
      pen.fillStyle = theme.muted;
      const words = i ? `PC${i} · ${percent(told.eigenvalues[i - 1] / told.total, 1)}` : text('pca.mean');
      pen.fillText(words, at[0] + size / 2, at[1] + size + 14);
    }
    this.cells = { cell, high, across, count };
    this.eigenAlt(() => text('pca.eigen_alt', { count: count - 1, first: percent(told.eigenvalues[0] / told.total, 1) }));
  }

  point({ offsetX, offsetY }) {
    if (!this.cells) return;
    const { cell, high, across, count } = this.cells;
    const i = Math.floor(offsetX / cell) + Math.floor(offsetY / high) * across;
    if (i < 1 || i >= count || offsetX >= cell * across) return this.tip.hide();
    const { text } = this.context;
    this.tip.show(offsetX, offsetY, [
      { title: true, label: `PC${i}` },
      { label: text('pca.eigenvalue'), value: significant(this.told.eigenvalues[i - 1]) },
      { label: text('pca.share'), value: percent(this.told.eigenvalues[i - 1] / this.told.total, 1) },
    ]);
  }

  /** Ten digits above, what k components make of each below. */
  paintPairs() {
    const { context: { text }, arrays: { shown, kept }, told, k } = this;
    const width = this.pairsBox.clientWidth;
    const across = width < 420 ? 5 : 10;
    const cell = (width - 2) / across;
    const size = cell - 6;
    const lines = 10 / across;
    const pen = fitCanvas(this.pairs, width, lines * (2 * cell + 8));
    pen.clearRect(0, 0, width, lines * (2 * cell + 8));
    for (let i = 0; i < 10; i++) {
      const x = (i % across) * cell + 2;
      const y = Math.floor(i / across) * (2 * cell + 8) + 2;
      this.tile(pen, shown.data, i * 64, [x, y], size);
      this.tile(pen, kept.data, (k * 10 + i) * 64, [x, y + cell], size);
    }
    this.pairsAlt(() => text('pca.pairs_alt', { digits: told.labels.join(', '), k, error: significant(told.errors[k]) }));
  }

  /** The mean squared error by k, and where we are. */
  paintChart() {
    const { context: { theme, text }, told: { errors }, k } = this;
    const { height, left, right, top, bottom } = CHART;
    const width = this.chartBox.clientWidth;
    const pen = fitCanvas(this.chart, width, height);
    pen.clearRect(0, 0, width, height);
    const x = (i) => left + (i / (errors.length - 1)) * (width - left - right);
    const y = (value) => height - bottom - (value / errors[0]) * (height - top - bottom);
    pen.font = `11px ${theme.font}`;
    pen.fillStyle = theme.muted;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const value of [0, errors[0]]) {
      pen.strokeStyle = theme.faint;
      pen.beginPath();
      pen.moveTo(left, y(value));
      pen.lineTo(width - right, y(value));
      pen.stroke();
      pen.fillText(significant(value), left - 5, y(value));
    }
    pen.textAlign = 'center';
    pen.textBaseline = 'alphabetic';
    for (let i = 0; i < errors.length; i += 10) pen.fillText(i, x(i), height - 6);
    pen.beginPath();
    errors.forEach((value, i) => pen.lineTo(x(i), y(value)));
    pen.strokeStyle = theme.text;
    pen.lineWidth = 2;
    pen.stroke();
    pen.beginPath();
    pen.arc(x(k), y(errors[k]), 4.5, 0, 7);
    pen.fillStyle = theme.alert;
    pen.fill();
    this.chartAlt(() => text('pca.error_alt', { k, error: significant(errors[k]), none: significant(errors[0]) }));
  }

  themed() {
    this.paint();
  }

  destroy() {
    this.sizes.disconnect();
  }
}
