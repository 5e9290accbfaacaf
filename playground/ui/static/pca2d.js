/** Two principal components, or two units, on a canvas under Plotly's axes: every frame is painted. */

import { Axes } from './axes.js';
import { Brush } from './brush.js';
import { altText } from './dom.js';
import { arrowRows, arrowsOf, paintArrows } from './loadings.js';
import { steadyExtent, steadyRange } from './plot.js';
import { axisName, describe, nearestSpot, paintSpot, partName, spotRows, spotsOf } from './scores.js';
import { choosesPictures, paintThumbnails } from './thumbnails.js';
import { Tooltip } from './tooltip.js';

const SIZE = 3.6;

export function createPca2d(context) {
  return new Pca2d(context);
}

class Pca2d {
  constructor(context) {
    this.context = context;
    this.extents = [steadyExtent(), steadyExtent()];
    this.axes = new Axes(context, () => context.hub.invalidate(), { grid: true });
    this.node = this.axes.host;
    this.tip = new Tooltip(this.node);
    this.alt = altText(this.node, context.text('analysis.pca'));
    this.brush = new Brush(context, this.node, () => this.axes.rect, () => this.spots ?? [], () => this.unpoint());
    this.node.addEventListener('pointermove', (event) => this.point(event));
    this.node.addEventListener('pointerleave', () => this.unpoint());
    this.node.addEventListener('keydown', (event) => this.brush.key(event) || this.axes.key(event));
    choosesPictures(this.node, context.hub, (event) => nearestSpot(this.spots, this.axes.pixel(event)));
  }

  point(event) {
    this.pointer = event.buttons ? null : this.axes.pixel(event);
    this.showTip();
  }

  unpoint() {
    this.pointer = null;
    this.tip.hide();
  }

  paint(hub, last) {
    if (!this.node.clientWidth) return;
    this.last = last;
    const { text } = this.context;
    const [x, y] = last.head.shown ? this.rangesOf(last) : this.halvesOf(last).map((half) => [-half, half]);
    this.axes.setHome({
      scene: `${hub.scene.id}|${last.head.block}|${last.head.shown ?? ''}`, x, y, equal: false,
      xLabel: axisName(text, hub.scene, last.head, 0),
      yLabel: axisName(text, hub.scene, last.head, 1),
    });
    const context = this.axes.begin();
    context.clearRect(0, 0, this.axes.rect.width, this.axes.rect.height);
    this.paintSpots(context, hub);
    this.brush.place();
    if (this.pointer) this.showTip();
    const { scene } = hub; // what is written later is of this frame
    this.alt(() => describe(text, hub, scene, last.head));
  }

  /** Components lie around 0, which is the mean of the training points. */
  halvesOf({ points: { data, shape: [n] } }) {
    const most = [0, 0];
    for (let i = 0; i < n * 3; i += 3) {
      for (let k = 0; k < 2; k++) most[k] = Math.max(most[k], Math.abs(data[i + k]));
    }
    // A component without variance is rounding noise: no axis of its own scale for it.
    return this.extents.map((extent, k) => extent(Math.max(most[k], most[0] * 0.01)));
  }

  /** Units have their own values. */
  rangesOf({ head, points: { data, shape: [n] } }) {
    const key = `${head.block}|${head.shown}`;
    if (this.shown !== key) this.ranges = [steadyRange(), steadyRange()];
    this.shown = key;
    return this.ranges.map((range, k) => {
      let [low, high] = [Infinity, -Infinity];
      for (let i = k; i < n * 3; i += 3) [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
      return n ? range(low, high) : [-1, 1];
    });
  }

  paintSpots(context, hub) {
    const { axes, last, context: { theme } } = this;
    this.spots = spotsOf(hub, last, theme, ([x, y]) => ({ x: axes.toX(x), y: axes.toY(y) }));
    for (const spot of this.spots) paintSpot(context, spot, SIZE, theme);
    paintThumbnails(context, this.spots, hub, axes.rect);
    this.arrows = [];
    if (!last.loadings) return;
    const { x: [, x], y: [, y] } = axes.home;
    const from = { x: axes.toX(0), y: axes.toY(0) };
    this.arrows = arrowsOf(last.loadings, last.head.ratios, [x, y]).map(({ unit, loadings, ends }) =>
      ({ unit, loadings, from, to: { x: axes.toX(ends[0]), y: axes.toY(ends[1]) } }));
    paintArrows(context, this.arrows, this.context, last.head);
  }

  showTip() {
    const { pointer, context } = this;
    if (!pointer || !this.axes.toX) return this.tip.hide();
    const { left, top } = this.axes.rect;
    const near = ({ to }) => Math.hypot(to.x - pointer.x, to.y - pointer.y) < 9;
    const arrow = this.arrows?.find(near);
    const spot = arrow ? null : nearestSpot(this.spots, pointer);
    if (!arrow && !spot) return this.tip.hide();
    const { head } = this.last;
    const rows = arrow
      ? arrowRows(partName(context.text, context.hub.scene, head, arrow.unit), arrow.loadings)
      : spotRows(context, spot, 2, head);
    this.tip.show(pointer.x + left, pointer.y + top, rows);
  }

  paintOn(canvas, hub) {
    return this.axes.paintOn(canvas, () => this.paintSpots(canvas, hub));
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.axes.destroy();
    this.node.remove();
  }
}
