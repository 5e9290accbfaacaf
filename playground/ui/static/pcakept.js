/**
 * The layer's values reduced to a few components and fed through the rest of the network: the
 * decision map and the scores that come of it, beside the network's own.
 */

import { altText, el, fitCanvas, setText } from './dom.js';
import { paintCurve } from './line.js';
import { steadyExtent, throttled } from './plot.js';
import { pointColor } from './points.js';
import { Raster } from './raster.js';
import { isLine, isRegression } from './scene.js';
import { selectionOf } from './brush.js';
import { accuracy, short, significant } from './words.js';

const MAP_PX = 150;
const CURVE = { width: 176, height: 78, left: 34, right: 8, top: 8, bottom: 18 };

const choice = { keep: 2 };

export class Kept {
  constructor(context, body) {
    this.context = context;
    this.hub = context.hub;
    this.raster = new Raster();
    this.extent = steadyExtent();
    this.drawScores = throttled(() => this.last && this.paintScores());
    this.build(body);
  }

  options() {
    return { keep: choice.keep };
  }

  build(body) {
    const { text } = this.context;
    this.slider = el('input', {
      type: 'range', class: 'np-range', min: 0, max: 8, step: 1, value: choice.keep,
      'aria-label': text('pca.keep'), title: text('pca.keep_tip'),
      on: { input: () => this.set(Number(this.slider.value)) },
    });
    this.number = el('output', { class: 'np-kept-number' });
    this.map = el('canvas', { class: 'np-kept-map', role: 'img' });
    this.alt = altText(this.map, text('pca.kept_map'));
    this.curve = el('canvas', { role: 'img' });
    this.curveAlt = altText(this.curve, text('pca.kept_curve'));
    this.cells = {};
    const cell = (part, whose) => (this.cells[part + whose] = el('td'));
    const row = (part, label) => el('tr', {}, el('th', { scope: 'row', text: label }),
      cell(part, 'kept'), cell(part, 'whole'));
    this.head = el('th', { scope: 'col' });
    this.score = el('caption');
    const table = el('table', { class: 'np-kept-scores' }, this.score,
      el('thead', {}, el('tr', {}, el('td'), this.head, el('th', { scope: 'col', text: text('pca.whole') }))),
      el('tbody', {}, row('train', text('map.train')), row('test', text('map.test'))));
    this.note = el('p', { class: 'np-caption', text: text('pca.kept_note') });
    this.picture = el('div', { class: 'np-kept' }, this.map, el('div', { class: 'np-kept-side' }, table, this.curve));
    body.append(
      el('div', { class: 'np-row' }, el('span', { class: 'np-label', text: text('pca.keep') }), this.slider, this.number),
      this.picture, this.note);
  }

  set(keep) {
    choice.keep = keep;
    this.hub.option('pca', { keep });
    this.hub.invalidate();
  }

  paint(hub, head) {
    const { kept } = head;
    // Without points there are no components.
    this.picture.hidden = !kept && !this.last;
    if (!kept || kept.count !== Math.min(choice.keep, kept.most)) return;
    const { text } = this.context;
    this.last = kept;
    if (Number(this.slider.max) !== kept.most) this.slider.max = kept.most;
    if (document.activeElement !== this.slider) this.slider.value = Math.min(choice.keep, kept.most);
    const words = text('pca.kept_count', { count: kept.count, units: kept.units });
    setText(this.number, words);
    this.slider.setAttribute('aria-valuetext', words);
    this.paintMap(hub, kept);
    this.drawScores();
  }

  // ---- the map -------------------------------------------------------------------------------

  paintMap(hub, kept) {
    const { scene, arrays } = hub;
    const { theme } = this.context;
    const context = fitCanvas(this.map, MAP_PX, MAP_PX);
    const [x0, x1, y0, y1] = scene.domain;
    const axes = {
      rect: { width: MAP_PX, height: MAP_PX },
      toX: (x) => ((x - x0) / (x1 - x0)) * MAP_PX,
      toY: (y) => MAP_PX - ((y - y0) / (y1 - y0)) * MAP_PX,
    };
    context.clearRect(0, 0, MAP_PX, MAP_PX);
    const spots = () => this.paintSpots(context, hub, axes);
    if (isLine(scene)) {
      spots();
      const picture = { axes, context: this.context, focused: null };
      if (arrays.pca_curve) paintCurve(context, picture, { scene, arrays: { curve: arrays.pca_curve } });
    } else if (arrays.pca_map) {
      const { colors } = theme;
      if (arrays.pca_map.shape.length === 3) this.raster.classes(arrays.pca_map, colors.mapClasses, false);
      else this.raster.values(arrays.pca_map, colors.map);
      this.raster.draw(context, axes, scene.domain);
      spots();
    }
    this.alt(() => this.context.text('pca.kept_alt', {
      count: kept.count, units: kept.units, ...this.words(this.row(kept.count)),
    }));
  }

  paintSpots(context, { scene, arrays: { points_train: train } }, axes) {
    const selection = selectionOf(this.hub);
    for (let i = 0; i < (train?.shape[0] ?? 0); i++) {
      const lit = selection.lit(false, i);
      context.beginPath();
      context.arc(axes.toX(train.data[i * 3]), axes.toY(train.data[i * 3 + 1]), lit ? 2.6 : 1.4, 0, 7);
      context.globalAlpha = lit === false ? 0.2 : 0.9;
      context.fillStyle = pointColor(scene, this.context.theme, train.data[i * 3 + 2]);
      context.fill();
      if (lit) {
        context.strokeStyle = this.context.theme.text;
        context.stroke();
      }
    }
    context.globalAlpha = 1;
  }

  // ---- the scores ----------------------------------------------------------------------------

  row(count) {
    return this.last.scores.find(({ k }) => k === count);
  }

  shown(value) {
    return isRegression(this.hub.scene) ? significant(value) : accuracy(value);
  }

  words({ train, test }) {
    return { train: this.shown(train), test: this.shown(test) };
  }

  paintScores() {
    const { text } = this.context;
    const { metrics } = this.hub.header;
    const { count } = this.last;
    const own = { train: metrics.train_score, test: metrics.test_score };
    setText(this.score, isRegression(this.hub.scene) ? 'R²' : text('pca.accuracy'));
    setText(this.head, `k = ${count}`);
    for (const part of ['train', 'test']) {
      setText(this.cells[`${part}kept`], this.shown(this.row(count)[part]));
      setText(this.cells[`${part}whole`], this.shown(own[part]));
    }
    this.paintCurve(own);
  }

  /** The score by the number of components that are kept, train and test; a dot where we are. */
  paintCurve(own) {
    const { theme, text } = this.context;
    const rows = this.last.scores.filter(({ k }) => k <= 8);
    this.curve.hidden = rows.length < 2;
    if (this.curve.hidden) return;
    const { width, height, left, right, top, bottom } = CURVE;
    const context = fitCanvas(this.curve, width, height);
    context.clearRect(0, 0, width, height);
    const known = rows.flatMap(({ train, test }) => [train, test]).filter((value) => value != null);
    const low = isRegression(this.hub.scene) ? Math.max(-1, Math.min(0, ...known)) : Math.min(0.5, ...known);
    const last = rows.at(-1).k;
    const x = (k) => left + (k / Math.max(last, 1)) * (width - left - right);
    const y = (value) => top + (1 - (Math.max(value, low) - low) / (1 - low)) * (height - top - bottom);
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.strokeStyle = theme.faint;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const value of [low, 1]) {
      context.beginPath();
      context.moveTo(left, y(value));
      context.lineTo(width - right, y(value));
      context.stroke();
      const words = isRegression(this.hub.scene) ? short(value) : `${Math.round(value * 100)} %`;
      context.fillText(words, left - 4, y(value));
    }
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    for (const { k } of rows) context.fillText(k, x(k), height - 4);
    for (const [part, color, dash] of [['train', theme.train, []], ['test', theme.test, [5, 3]]]) {
      const line = rows.filter((row) => row[part] != null);
      context.beginPath();
      for (const row of line) context.lineTo(x(row.k), y(row[part]));
      context.setLineDash(dash);
      context.strokeStyle = color;
      context.lineWidth = 2;
      context.stroke();
      context.setLineDash([]);
      const here = line.find(({ k }) => k === this.last.count);
      if (!here) continue;
      context.beginPath();
      context.arc(x(here.k), y(here[part]), 3.5, 0, 7);
      context.fillStyle = color;
      context.fill();
    }
    this.curveAlt(() => text('pca.curve_alt', {
      list: rows.map((row) => `${row.k}: ${this.shown(row.test ?? row.train)}`).join(', '),
      own: this.shown(own.test ?? own.train),
    }));
  }

  themed() {
    this.hub.invalidate();
  }

  destroy() {
    this.drawScores.cancel();
  }
}
