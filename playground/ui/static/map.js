/**
 * The large map: what the network (or the neuron in focus) answers everywhere in the plane, under
 * the data points; for one input, the fitted curve.
 */

import { Axes } from './axes.js';
import { Brush } from './brush.js';
import { css } from './colors.js';
import { Cross } from './cross.js';
import { altText, el, iconButton, setText, toggle } from './dom.js';
import { buildLegend } from './legend.js';
import { paintCurve } from './line.js';
import { fileName, savePng } from './png.js';
import { Pen } from './pen.js';
import { Points } from './points.js';
import { steadyExtent } from './plot.js';
import { describe } from './probe.js';
import { Raster, refined, stepped } from './raster.js';
import { isLine, isRegression, neuronName } from './scene.js';
import { Tooltip } from './tooltip.js';
import { accuracy, significant } from './words.js';

/** Switches outlive a remount of the part, e.g. a change of page. */
const choices = { showTest: false, discrete: false, number: 0 };
const REGRESSION_BANDS = 9;
/** Steps have edges, and edges show the samples: between them values are interpolated. */
const FINER = 3;

export function createMap(context) {
  return new DecisionMap(context);
}

/** What an opened link says about the switches counts once; then they are the visitor's again. */
function obey(switches) {
  if (!switches || switches.number === choices.number) return;
  Object.assign(choices, {
    showTest: switches.show_test, discrete: switches.discretize, number: switches.number,
  });
}

class DecisionMap {
  constructor(context) {
    this.context = context;
    obey(context.switches);
    this.hub = context.hub;
    this.axes = new Axes(context, () => this.hub.invalidate());
    this.raster = new Raster();
    this.points = new Points();
    this.extent = steadyExtent();
    this.build();
    this.cross = new Cross(context, this.axes, (x, y) =>
      this.points.nearest(this.axes, this.hub, x, y, choices.showTest), () => this.pen.on || this.brush.on);
    this.tip = new Tooltip(context.root);
    this.alt = altText(this.axes.host, context.text('map.title'));
    this.listen();
    this.hub.want({ map: true });
    this.tables = null;
  }

  build() {
    const { text, root } = this.context;
    this.title = el('h3', { class: 'np-title', text: text('map.title') });
    this.back = el('button', {
      type: 'button', class: 'np-toggle np-back', text: text('map.back'), title: text('map.back_tip'),
      on: { click: () => this.hub.want({ focus: null }) },
    });
    this.back.hidden = true;
    const flip = (name, key) =>
      toggle({
        label: text(`map.${name}`), tip: text(`map.${name}_tip`), pressed: choices[key],
        onChange: (value) => {
          choices[key] = value;
          this.tables = null;
          this.points.key = this.legendKey = '';
          this.hub.invalidate();
        },
      });
    this.testToggle = flip('show_test', 'showTest');
    this.discreteToggle = flip('discretize', 'discrete');
    const save = iconButton({
      name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.save(),
    });
    this.legend = el('div', { class: 'np-legend' });
    this.pen = new Pen(this.context, this.axes, () => {
      if (this.pen.on) this.brush.take(false);
      this.unpoint();
    });
    this.brush = new Brush(this.context, this.axes.host, () => this.axes.rect,
      () => this.points.spots(this.axes, this.hub, choices.showTest), (on) => {
        if (on && this.pen.on) this.pen.take(false);
        // As the pen's, its tools stand where the legend was.
        this.context.root.classList.toggle('np-brushing', on);
        this.unpoint();
      });
    root.append(
      el('div', { class: 'np-head' }, this.title,
        el('div', { class: 'np-tools' }, this.brush.button, this.pen.button, this.testToggle, this.discreteToggle, save)),
      el('div', { class: 'np-stage' }, this.axes.host, this.zoomButtons(), this.back),
      this.legend, this.pen.tools, this.brush.tools
    );
  }

  zoomButtons() {
    const { text } = this.context;
    const button = (name, key, onClick) =>
      iconButton({ name, label: text(`map.${key}`), tip: text(`map.${key}_tip`), onClick });
    this.fit = button('fit', 'zoom_reset', () => this.axes.reset());
    this.zoom = el('div', { class: 'np-zoom' }, this.fit,
      button('zoomIn', 'zoom_in', () => this.axes.zoomIn()),
      button('zoomOut', 'zoom_out', () => this.axes.zoomOut()));
    return this.zoom;
  }

  listen() {
    const { host } = this.axes;
    host.addEventListener('pointermove', (event) => this.point(event));
    host.addEventListener('pointerdown', (event) => this.point(event));
    host.addEventListener('pointerleave', () => this.unpoint());
    host.addEventListener('blur', () => this.unpoint());
    host.addEventListener('keydown', (event) => this.key(event));
  }

  // ---- the pointer, by mouse, finger or arrow keys -------------------------------------------

  point(event) {
    const at = this.axes.pixel(event);
    this.pointer = event.buttons === 0 && this.axes.inside(at) ? at : null;
    this.showTip();
  }

  unpoint() {
    this.pointer = null;
    this.showTip();
  }

  key(event) {
    if (this.brush.key(event)) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) this.axes.panBy(...arrow);
    else if (arrow) this.movePointer(...arrow);
    else if (event.key === '+' || event.key === '=') this.axes.zoomIn(this.pointed());
    else if (event.key === '-') this.axes.zoomOut(this.pointed());
    else if (event.key === '0') this.axes.reset();
    else if (event.key === 'Escape') this.unpoint();
    else if (this.pen.on && event.key === 'Enter' && this.pointer) this.pen.press(this.pointer);
    else if (this.cross.listens && event.key === 'Enter' && this.pointer) this.cross.press(this.pointer);
    else if (this.pen.on && event.key === 'z' && (event.ctrlKey || event.metaKey)) this.pen.undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  movePointer(right, up) {
    const { width, height } = this.axes.rect;
    const at = this.pointer ?? { x: width / 2, y: height / 2 };
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    this.pointer = { x: clamp(at.x + right * 8, width), y: clamp(at.y - up * 8, height) };
    this.showTip();
    this.hub.invalidate();
  }

  pointed() {
    const { axes, pointer } = this;
    return pointer && { x: axes.fromX(pointer.x), y: axes.fromY(pointer.y) };
  }

  showTip() {
    const { hub, axes, pointer } = this;
    if (!pointer || !hub.scene || !axes.fromX || !axes.rect) return this.tip.hide();
    const point = this.plain() ? null
      : this.points.nearest(axes, hub, pointer.x, pointer.y, choices.showTest);
    const left = axes.rect.left + axes.host.offsetLeft + axes.host.parentElement.offsetLeft;
    const top = axes.rect.top + axes.host.offsetTop + axes.host.parentElement.offsetTop;
    this.tip.show(left + pointer.x, top + pointer.y,
      describe(this.context, hub, this.pointed(), point));
  }

  // ---- painting ------------------------------------------------------------------------------

  /** With a neuron in focus on one input, values of points have no meaning on its axis. */
  plain() {
    return Boolean(this.focused && isLine(this.hub.scene));
  }

  get showTest() {
    return choices.showTest;
  }

  paint(hub) {
    const { scene, header } = hub;
    // Data of another kind have no plane: this part is about to be taken down.
    if (!scene?.domain || !header) return;
    this.focused = header.focus && hub.arrays.focus ? header.focus : null;
    this.frameAxes(scene);
    const context = this.axes.begin();
    this.pen.follow();
    this.pen.place();
    this.placeBrush();
    // The curve lies over the points, a map lies under them.
    this.axes.under.style.zIndex = isLine(scene) ? 1 : 0;
    context.clearRect(0, 0, this.axes.rect.width, this.axes.rect.height);
    this.paintModel(context, hub);
    this.points.paint(this.axes, hub, this.context.theme,
      { showTest: choices.showTest, plain: this.plain() });
    this.paintHead(scene);
    this.paintPointer();
    this.cross.place();
    buildLegend(this, hub);
    this.placeButtons();
    if (this.pointer) this.showTip();
    this.alt(() => this.describeAll(scene, header));
  }

  /** A neuron over one input has no place for the points, so there is nothing to brush. */
  placeBrush() {
    this.brush.button.hidden = this.plain();
    if (this.plain() && this.brush.on) this.brush.take(false);
    this.brush.place();
  }

  /** The buttons over the map lie in its corners, wherever the axes put them. */
  placeButtons() {
    const { rect, size } = this.axes;
    const key = `${rect.left}|${rect.width}|${size.width}`;
    this.fit.hidden = !this.axes.zoomed();
    if (key === this.placed) return;
    this.placed = key;
    this.zoom.style.right = `${size.width - rect.left - rect.width + 6}px`;
    this.back.style.left = `${rect.left + 8}px`;
  }

  frameAxes(scene) {
    const { inputs, domain: [x0, x1, y0, y1] } = scene;
    const line = isLine(scene);
    let y = [y0, y1];
    let yLabel = inputs.y_label;
    if (line && this.focused) {
      const half = this.extent(this.focused.scale);
      y = [-half, half];
      yLabel = this.context.text('map.output');
    }
    const view = `${scene.id}|${line && Boolean(this.focused)}`;
    this.axes.setHome({ scene: view, x: [x0, x1], y, xLabel: this.label(inputs, 0), equal: inputs.kind === 'xy',
      yLabel: line && this.focused ? yLabel : this.label(inputs, 1) });
  }

  label(inputs, side) {
    const name = side ? inputs.y_label : inputs.x_label;
    const share = inputs.explained?.[side];
    if (share == null) return name;
    return this.context.text('variance_axis', { name, percent: Math.round(share * 100) });
  }

  /** The network's answer: a curve on one input, else a picture of the plane. */
  paintModel(context, hub) {
    const { scene, arrays } = hub;
    if (isLine(scene)) return paintCurve(context, this, hub);
    const { colors } = this.context.theme;
    const coarse = this.focused ? arrays.focus : arrays.map;
    if (!coarse) return;
    const source = choices.discrete ? refined(coarse, FINER) : coarse;
    if (source.shape.length === 3) {
      this.raster.classes(source, colors.mapClasses, choices.discrete);
    } else {
      this.raster.values(source, this.table(scene, colors));
    }
    this.raster.draw(context, this.axes, scene.domain);
  }

  table(scene, colors) {
    if (!choices.discrete) return colors.map;
    const steps = isRegression(scene) || this.focused ? REGRESSION_BANDS : 2;
    if (this.tables?.steps !== steps || this.tables.from !== colors.map) {
      this.tables = { steps, from: colors.map, cut: stepped(colors.map, steps) };
    }
    return this.tables.cut;
  }

  paintHead(scene) {
    const { text } = this.context;
    const name = this.focused
      ? neuronName(text, scene, this.focused.block, this.focused.unit)
      : text('map.title');
    setText(this.title, name);
    this.title.title = name;
    this.back.hidden = !this.focused;
    const line = isLine(scene);
    if (this.discreteToggle.hidden !== line) this.discreteToggle.hidden = line;
  }

  paintPointer() {
    if (!this.pointer || document.activeElement !== this.axes.host) return;
    const { x, y } = this.pointer;
    const context = this.axes.over.getContext('2d');
    context.strokeStyle = this.context.theme.text;
    context.lineWidth = 1;
    context.strokeRect(x - 6, y - 6, 12, 12);
    this.points.key = ''; // the cross is wiped at the next paint
  }

  describeAll(scene, { epoch, metrics }) {
    const { text } = this.context;
    const regression = isRegression(scene);
    const score = metrics?.test_score;
    return text('map.alt', {
      name: this.title.textContent, x: scene.inputs.x_label, y: scene.inputs.y_label, epoch,
      train: significant(metrics?.train_loss), test: significant(metrics?.test_loss),
      score: regression ? `R² ${significant(score)}` : accuracy(score),
    });
  }

  /** A colour of the scale as CSS, for the legend and the saved picture. */
  shade(share) {
    return css(this.context.theme.colors.pale(share));
  }

  async save() {
    const { axes, context, hub } = this;
    const { width, height } = axes.size;
    const title = `${this.title.textContent} · ${context.text('bar.epoch_count')} ${hub.header?.epoch ?? 0}`;
    await savePng({ name: fileName('map', hub.header), title, width, height, theme: context.theme },
      (canvas) => axes.paintOn(canvas, () => {
        if (!isLine(hub.scene)) this.paintModel(canvas, hub);
        if (!this.plain()) this.points.drawAll(canvas, axes, hub, context.theme, choices.showTest);
        if (isLine(hub.scene)) this.paintModel(canvas, hub);
      }, { axesOver: true }));
  }

  themed() {
    this.tables = null;
    this.legendKey = '';
    this.axes.themed();
  }

  destroy() {
    this.hub.want({ map: false });
    this.cross.destroy();
    this.axes.destroy();
  }
}
