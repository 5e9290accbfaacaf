/**
 * The second chapter: all columns of a table at once; its covariance, its components, the rows in
 * two of them, and a row given back by k.
 */

import { css, mix } from '../colors.js';
import { altText, el, fitCanvas } from '../dom.js';
import { Tooltip } from '../tooltip.js';
import { percent, short, significant } from '../words.js';
import { Agreement } from './agree.js';
import { classLegend, DataPlane } from './dataplane.js';
import { facts, slider } from './kit.js';

const NEAR_PX = 12;
const CELL_PX = 26; // at most
const LABEL_PX = 96;

export class TableChapter {
  constructor(page) {
    this.page = page;
    this.context = page.context;
    this.takesTable = true;
    this.row = 0;
    this.k = page.link.k ?? 2;
    this.build();
  }

  build() {
    const { text } = this.context;
    this.scene = new DataPlane(this.context, { paint: () => this.paint(), alt: () => this.alt() });
    this.tip = new Tooltip(this.scene.node);
    const { canvas } = this.scene;
    canvas.tabIndex = 0;
    canvas.addEventListener('pointermove', (event) => this.point(event));
    canvas.addEventListener('pointerleave', () => this.tip.hide());
    canvas.addEventListener('click', (event) => this.pick(this.nearest(event.offsetX, event.offsetY)));
    canvas.addEventListener('keydown', (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by || !this.told) return;
      event.preventDefault();
      this.pick((this.row + by + this.told.rows) % this.told.rows);
    });
    this.heat = el('canvas', { role: 'img', class: 'np-heat' });
    this.heatBox = el('div', { class: 'np-heat-box' }, this.heat);
    this.heatTip = new Tooltip(this.heatBox);
    this.heatAlt = altText(this.heat, text('pca.covariance'));
    this.heat.addEventListener('pointermove', (event) => this.pointHeat(event));
    this.heat.addEventListener('pointerleave', () => this.heatTip.hide());
    this.slider = slider({
      label: text('pca.keep'), low: 0, high: 2, step: 1, value: this.k, words: (k) => String(k), onChange: (k) => {
        this.k = k;
        this.context.link({ k: String(k) });
        this.showKept();
      },
    });
    this.facts = facts();
    this.rowTitle = el('h4', { class: 'np-subtitle' });
    this.rowTable = el('table', { class: 'np-agree' });
    this.agreement = new Agreement(this.context);
    this.trouble = el('p', { class: 'np-trouble', role: 'alert' });
    this.nodes = [
      el('div', { class: 'np-pca-left' }, this.trouble, el('div', { class: 'np-pca-scene' }, this.scene.node),
        this.legend = el('div', { class: 'np-legend' }),
        el('p', { class: 'np-hint', text: text('pca.table_hint') }), this.agreement.node),
      el('div', { class: 'np-pca-right' }, el('h4', { class: 'np-subtitle', text: text('pca.covariance') }), this.heatBox,
        this.slider.node, this.facts.node, this.rowTitle,
        el('div', { class: 'np-agree-scroll', tabindex: '0', role: 'region', 'aria-label': text('pca.row_table') }, this.rowTable)),
    ];
  }

  chosen() {
    this.row = 0;
    this.k = 2;
    this.told = null;
  }

  update() {
    this.scene.invalidate();
  }

  question() {
    const { source } = this.page;
    if (source === 'hand') return { source, values: this.page.link.p ?? [], row: this.row };
    return { source, row: this.row };
  }

  answered(header, arrays) {
    this.trouble.textContent = header.error ?? '';
    if (header.error) return;
    this.told = header;
    this.arrays = arrays;
    this.names = header.names ?? ['x', 'y'];
    this.most = arrays.axes.shape[0];
    this.k = Math.min(this.k, this.most);
    this.slider.input.max = this.most;
    this.slider.show(this.k);
    this.scene.invalidate();
    this.legend.replaceChildren(...classLegend(this.context, header.classes));
    this.paintHeat();
    this.showKept();
  }

  /** What k components keep, of the whole table and of one row. */
  showKept() {
    if (!this.told) return;
    const { context: { text }, told, arrays, k } = this;
    const kept = told.eigenvalues.slice(0, k).reduce((sum, value) => sum + value, 0);
    const still = told.still.map((i) => this.names[i]).join(', ');
    this.facts.show([
      [text('pca.shape'), `${told.rows} × ${told.columns}`],
      [text('pca.rank'), String(told.rank)],
      [text('pca.explained'), told.total > 0 ? percent(kept / told.total, 1) : '–'],
      [text('pca.error'), significant(told.errors[k]), text('pca.error_tip')],
      ...(still ? [[text('pca.still'), still, text('pca.still_tip')]] : []),
    ]);
    this.agreement.show(told, k);
    const d = told.columns;
    const value = (source, row, i) => source.data[row * d + i];
    this.rowTitle.textContent = text('pca.row', { number: told.row + 1, k });
    const head = ['', text('pca.row_value'), text('pca.row_back'), text('pca.row_off')].map((words) =>
      el('th', { scope: 'col', text: words }));
    this.rowTable.replaceChildren(el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...this.names.map((name, i) => {
      const [own, back] = [value(arrays.points, told.row, i), value(arrays.kept, k, i)];
      return el('tr', {}, el('th', { scope: 'row', text: name }), el('td', { text: significant(own) }),
        el('td', { text: significant(back) }), el('td', { text: significant(back - own) }));
    })));
    this.scene.invalidate();
  }

  // ---- rows in the plane of two components -------------------------------------------------------

  scores(i) {
    const { data, shape: [, m] } = this.arrays.scores;
    return [m > 0 ? data[i * m] : 0, m > 1 ? data[i * m + 1] : 0];
  }

  color(i) {
    const { colors } = this.context.theme;
    const { classes = [] } = this.told;
    return css(classes.length ? colors.classOf(this.arrays.labels.data[i], classes.length) : colors.classes[0]);
  }

  paint() {
    if (!this.told) return;
    const { scene, told, context: { theme, text } } = this;
    const places = Array.from({ length: told.rows }, (_, i) => this.scores(i));
    scene.frame(places);
    scene.grid([0, 1].map((i) => text('pca.variance_axis', {
      name: `PC${i + 1}`, percent: told.total > 0 ? Math.round(((told.eigenvalues[i] ?? 0) / told.total) * 100) : 0,
    })));
    places.forEach((place, i) => scene.dot(place, this.color(i), 3.6));
    const at = scene.project(places[told.row]);
    scene.pen.strokeStyle = theme.text;
    scene.pen.lineWidth = 2;
    scene.pen.beginPath();
    scene.pen.arc(at.x, at.y, 8, 0, 7);
    scene.pen.stroke();
  }

  nearest(x, y) {
    if (!this.told) return null;
    let best = null;
    let closest = NEAR_PX;
    for (let i = 0; i < this.told.rows; i++) {
      const place = this.scene.project(this.scores(i));
      const away = Math.hypot(place.x - x, place.y - y);
      if (away < closest) [closest, best] = [away, i];
    }
    return best;
  }

  pick(row) {
    if (row === null || !this.told) return;
    this.row = row;
    this.page.askSoon();
  }

  point(event) {
    const row = this.nearest(event.offsetX, event.offsetY);
    if (row === null) return this.tip.hide();
    const { told, context: { text } } = this;
    const scores = this.scores(row);
    const name = told.classes?.length ? ` · ${told.classes[this.arrays.labels.data[row]]}` : '';
    this.tip.show(event.offsetX, event.offsetY, [
      { title: true, label: `${text('pca.row_number', { number: row + 1 })}${name}`, color: this.color(row) },
      ...scores.map((score, i) => ({ label: `PC${i + 1}`, value: significant(score) })),
    ]);
  }

  alt() {
    const { told, context: { text } } = this;
    if (!told) return text('pca.tab_table');
    return text('pca.table_alt', {
      rows: told.rows, columns: told.columns, row: told.row + 1,
      first: told.total > 0 ? percent(told.eigenvalues[0] / told.total) : '–',
      second: told.total > 0 ? percent((told.eigenvalues[1] ?? 0) / told.total) : '–',
    });
  }

  // ---- the covariance ------------------------------------------------------------------------------

  paintHeat() {
    if (!this.told || !this.heatBox.clientWidth) return;
    const { told: { columns: d }, context: { theme, text }, arrays } = this;
    const label = d <= 16 ? LABEL_PX : 0;
    const cell = Math.max(5, Math.min(CELL_PX, Math.floor((this.heatBox.clientWidth - label - 4) / d), Math.floor(280 / d)));
    const [width, height] = [label + cell * d, cell * d];
    const pen = fitCanvas(this.heat, width, height);
    pen.clearRect(0, 0, width, height);
    const { data } = arrays.covariance;
    const most = Math.max(...Array.from(data, Math.abs), 1e-300);
    const { negative, positive, middle } = theme.colors;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        // The root of the size: small ones would vanish beside the variance of the largest column.
        const share = Math.sign(data[i * d + j]) * Math.sqrt(Math.abs(data[i * d + j]) / most);
        pen.fillStyle = css(mix(middle, share < 0 ? negative : positive, Math.abs(share)));
        pen.fillRect(label + j * cell, i * cell, cell - (cell > 8 ? 1 : 0), cell - (cell > 8 ? 1 : 0));
      }
      if (!label) continue;
      pen.font = `11px ${theme.font}`;
      pen.fillStyle = theme.muted;
      pen.textAlign = 'right';
      pen.textBaseline = 'middle';
      pen.fillText(cut(pen, this.names[i], label - 8), label - 6, i * cell + cell / 2);
    }
    this.cell = { label, cell };
    let [large, where] = [0, [0, 0]];
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < i; j++) {
        if (Math.abs(data[i * d + j]) >= large) [large, where] = [Math.abs(data[i * d + j]), [i, j]];
      }
    }
    this.heatAlt(() => text('pca.heat_alt', {
      columns: d, first: this.names[where[0]], second: this.names[where[1]], value: short(data[where[0] * d + where[1]]),
    }));
  }

  pointHeat({ offsetX, offsetY }) {
    if (!this.cell) return;
    const { told: { columns: d }, names, arrays } = this;
    const [i, j] = [Math.floor(offsetY / this.cell.cell), Math.floor((offsetX - this.cell.label) / this.cell.cell)];
    if (i < 0 || j < 0 || i >= d || j >= d) return this.heatTip.hide();
    this.heatTip.show(offsetX, offsetY, [
      { title: true, label: i === j ? names[i] : `${names[i]} · ${names[j]}` },
      { label: i === j ? this.context.text('pca.variance') : this.context.text('pca.covariance'), value: significant(arrays.covariance.data[i * d + j]) },
    ]);
  }

  themed() {
    this.scene.invalidate();
    this.legend.replaceChildren(...classLegend(this.context, this.told?.classes));
    this.paintHeat();
  }

  resized() {
    this.paintHeat();
  }

  destroy() {
    this.scene.destroy();
  }
}

/** A name as long as fits. */
function cut(pen, name, width) {
  if (pen.measureText(name).width <= width) return name;
  let end = name.length;
  while (end > 1 && pen.measureText(`${name.slice(0, end)}…`).width > width) end -= 1;
  return `${name.slice(0, end)}…`;
}
