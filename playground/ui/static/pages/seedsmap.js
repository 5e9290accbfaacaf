/**
 * One map of many networks: what they answer on the mean, or one of them, or how far they disagree;
 * the data points lie on it. Over one input the same as curves.
 */

import { Axes } from '../axes.js';
import { css } from '../colors.js';
import { altText, el } from '../dom.js';
import { buildLegend } from '../legend.js';
import { Points } from '../points.js';
import { answerRows, sample } from '../probe.js';
import { Raster } from '../raster.js';
import { isLine } from '../scene.js';
import { Tooltip } from '../tooltip.js';
import { short, significant } from '../words.js';

const STEP = 8; // px of an arrow key

export class SeedsMap {
  /**
   * @param {object} context of the stage
   * @param {{spread: boolean, title: string, tools?: Node[], onPoint: (at: object|null) => void}} options
   *   spread: of the disagreement
   */
  constructor(context, { spread, title, tools = [], onPoint }) {
    Object.assign(this, { context, spread, onPoint, hub: context.hub, showTest: false, focused: false });
    this.axes = new Axes(context, () => this.hub.invalidate());
    this.raster = new Raster();
    this.points = new Points();
    this.title = el('h3', { class: 'np-title', text: title });
    this.legend = el('div', { class: 'np-legend' });
    this.node = el('section', { class: `np-seeds-card np-seeds-${spread ? 'spread' : 'mean'}` },
      el('div', { class: 'np-head' }, this.title, el('div', { class: 'np-tools' }, ...tools)),
      el('div', { class: 'np-stage' }, this.axes.host), this.legend);
    this.tip = new Tooltip(this.node);
    this.alt = altText(this.axes.host, title);
    this.listen();
  }

  // ---- the pointer, by mouse, finger or arrow keys ------------------------------------------------

  listen() {
    const { host } = this.axes;
    const move = (event) => {
      const at = this.axes.pixel(event);
      this.place(event.buttons === 0 && this.axes.fromX && this.axes.inside(at) ? at : null);
    };
    host.addEventListener('pointermove', move);
    host.addEventListener('pointerdown', move);
    for (const end of ['pointerleave', 'blur']) host.addEventListener(end, () => this.place(null));
    host.addEventListener('keydown', (event) => this.key(event));
  }

  key(event) {
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (arrow && !event.shiftKey) {
      const { width, height } = this.axes.rect;
      const { x, y } = this.pixel ?? { x: width / 2, y: height / 2 };
      const within = (value, most) => Math.max(0, Math.min(most, value));
      this.place({ x: within(x + arrow[0] * STEP, width), y: within(y - arrow[1] * STEP, height) });
    } else if (event.key === 'Escape') this.place(null);
    else if (!this.axes.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  place(pixel) {
    this.pixel = pixel;
    const at = pixel && { x: this.axes.fromX(pixel.x), y: this.axes.fromY(pixel.y) };
    this.onPoint(at);
  }

  /** The place that is read, on this map or on the other one. */
  read(at) {
    this.at = at;
    this.paintCross();
    this.showTip();
  }

  showTip() {
    const { hub, pixel, at } = this;
    // A frame without the maps may have come since, as when the page is left.
    if (!pixel || !at || !hub.scene?.inputs || !hub.header.spread || !this.axes.rect) return this.tip.hide();
    const stage = this.axes.host.parentElement;
    this.tip.show(this.axes.rect.left + stage.offsetLeft + pixel.x, this.axes.rect.top + stage.offsetTop + pixel.y, this.rows(at));
  }

  /** Both numbers of a place: what is answered, and how far the networks disagree. */
  rows(at) {
    const { text } = this.context;
    const { scene, header, arrays } = this.hub;
    const line = isLine(scene);
    const rows = [{ label: scene.inputs.x_label, value: significant(at.x) }];
    if (!line) rows.push({ label: scene.inputs.y_label, value: significant(at.y) });
    rows.push({ title: true, label: text('seeds.mean_short') }, ...answerRows(this.context, scene, arrays.map, at));
    if (header.member != null && arrays.member_map) {
      rows.push({ title: true, label: text('seeds.network', { number: header.member + 1 }) },
        ...answerRows(this.context, scene, arrays.member_map, at));
    }
    const spread = sample(arrays.spread, scene, at) * (line ? 1 : header.spread.top / 255);
    rows.push({ title: true, label: this.measureName(header) }, { label: this.unit(header), value: significant(spread) });
    return rows;
  }

  measureName({ spread }) {
    const { text } = this.context;
    return text(spread.measure === 'information' ? 'seeds.information' : 'seeds.deviation');
  }

  unit({ spread }) {
    const { text } = this.context;
    if (spread.measure === 'information') return text('seeds.bits');
    return text(this.hub.scene.task === 'regression' ? 'seeds.in_values' : 'seeds.of_probability');
  }

  // ---- painting -----------------------------------------------------------------------------------

  paint(hub, { title, showTest }) {
    const { scene, header, arrays } = hub;
    if (!scene?.inputs || !arrays.map || !header.spread) return;
    this.showTest = showTest;
    this.title.textContent = title;
    this.title.title = title;
    const line = isLine(scene);
    const { inputs, domain: [x0, x1, y0, y1] } = scene;
    const high = line && this.spread;
    this.axes.setHome({
      scene: `${scene.id}|${this.spread}`, x: [x0, x1], y: high ? [0, header.spread.top * 1.05] : [y0, y1], equal: inputs.kind === 'xy',
      xLabel: this.label(inputs, 0), yLabel: high ? this.measureName(header) : this.label(inputs, 1),
    });
    const canvas = this.axes.begin();
    this.axes.under.style.zIndex = line ? 1 : 0;
    canvas.clearRect(0, 0, this.axes.rect.width, this.axes.rect.height);
    if (line) this.paintLine(canvas, hub);
    else this.paintPlane(canvas, hub);
    this.points.paint(this.axes, hub, this.context.theme, { showTest, plain: high });
    this.paintCross();
    if (this.pixel) this.showTip();
    if (this.spread) this.spreadLegend(header);
    else buildLegend(this, hub);
    this.alt(() => this.describe(title, hub));
  }

  label(inputs, side) {
    const name = side ? inputs.y_label : inputs.x_label;
    const share = inputs.explained?.[side];
    return share == null ? name : this.context.text('variance_axis', { name, percent: Math.round(share * 100) });
  }

  paintPlane(canvas, { scene, header, arrays }) {
    const { colors } = this.context.theme;
    const source = this.spread ? arrays.spread : header.member != null && arrays.member_map ? arrays.member_map : arrays.map;
    if (this.spread) this.raster.values(source, colors.sureTable);
    else if (source.shape.length === 3) this.raster.classes(source, colors.mapClasses, false);
    else this.raster.values(source, colors.map);
    this.raster.draw(canvas, this.axes, scene.domain);
  }

  paintLine(canvas, { scene, header, arrays }) {
    const { theme } = this.context;
    const { colors } = theme;
    if (this.spread) return this.curve(canvas, scene, arrays.spread.data, css(colors.sure(1)), 3);
    const points = arrays.map.shape.at(-1);
    if (arrays.fan) {
      const level = (k) => arrays.fan.data.subarray(k * points, (k + 1) * points);
      this.ribbon(canvas, scene, level(0), level(4), css(theme.colors.negative, 0.2));
      this.ribbon(canvas, scene, level(1), level(3), css(theme.colors.negative, 0.28));
    }
    this.curve(canvas, scene, arrays.map.data.subarray(0, points), css(theme.colors.negative), 3);
    if (header.member != null && arrays.member_map) {
      this.curve(canvas, scene, arrays.member_map.data.subarray(0, points), theme.text, 2);
    }
  }

  trail(canvas, scene, values, from, to, step) {
    const [x0, x1] = scene.domain;
    for (let i = from; i !== to; i += step) {
      canvas.lineTo(this.axes.toX(x0 + ((x1 - x0) * i) / (values.length - 1)), this.axes.toY(values[i]));
    }
  }

  curve(canvas, scene, values, color, width) {
    canvas.beginPath();
    this.trail(canvas, scene, values, 0, values.length, 1);
    Object.assign(canvas, { strokeStyle: color, lineWidth: width, lineJoin: 'round' });
    canvas.stroke();
  }

  ribbon(canvas, scene, low, high, color) {
    canvas.beginPath();
    this.trail(canvas, scene, low, 0, low.length, 1);
    this.trail(canvas, scene, high, high.length - 1, -1, -1);
    canvas.closePath();
    canvas.fillStyle = color;
    canvas.fill();
  }

  /** The place that is read on the other map. */
  paintCross() {
    const { at, pixel, axes } = this;
    if (!axes.toX) return;
    this.mark ??= el('i', { class: 'np-seeds-cross', 'aria-hidden': 'true' });
    if (!this.mark.isConnected) axes.host.parentElement.append(this.mark);
    this.mark.hidden = !at || (Boolean(pixel) && document.activeElement !== axes.host);
    if (this.mark.hidden) return;
    const { left, top } = axes.rect;
    this.mark.style.transform = `translate(${left + axes.toX(at.x) - 6}px, ${top + axes.toY(at.y) - 6}px)`;
  }

  spreadLegend(header) {
    const { theme } = this.context;
    const key = `${JSON.stringify(header.spread)}|${theme.dark}|${this.hub.scene.task}|${theme.text}`;
    if (key === this.legendKey) return;
    this.legendKey = key;
    const bar = el('span', { class: 'np-gradient' });
    bar.style.background = `linear-gradient(90deg, ${css(theme.colors.sure(0))}, ${css(theme.colors.sure(1))})`;
    const scale = el('span', { class: 'np-scale' }, el('span', { text: '0' }), bar, el('span', { text: short(header.spread.top) }));
    this.legend.replaceChildren(...(isLine(this.hub.scene) ? [] : [scale]),
      el('span', { text: this.unit(header) }));
  }

  shade(share) {
    return css(this.context.theme.colors.pale(share));
  }

  /** The numbers of a picture that is not seen: at the place that is read, else over the whole. */
  describe(title, { scene, header, arrays }) {
    const { text } = this.context;
    if (!header.spread || !arrays.spread) return title;
    let [sum, most] = [0, 0];
    const { data } = arrays.spread;
    for (const value of data) {
      sum += value;
      if (value > most) most = value;
    }
    const scale = isLine(scene) ? 1 : header.spread.top / 255;
    return text('seeds.map_alt', {
      name: title, x: scene.inputs.x_label, y: scene.inputs.y_label, epoch: header.epoch,
      measure: this.measureName(header), mean: significant((sum / data.length) * scale), most: significant(most * scale),
    });
  }

  themed() {
    this.legendKey = '';
    this.axes.themed();
  }

  destroy() {
    this.axes.destroy();
  }
}
