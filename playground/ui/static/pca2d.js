/** Two principal components on a canvas under Plotly's axes: every frame is painted. */

import { Axes } from './axes.js';
import { altText } from './dom.js';
import { steadyExtent } from './plot.js';
import { plotlyImage } from './png.js';
import { componentTitle, describe, nearestSpot, paintSpot, spotRows, spotsOf } from './scores.js';
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
    this.node.addEventListener('pointermove', (event) => this.point(event));
    this.node.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
    this.node.addEventListener('keydown', (event) => this.key(event));
  }

  point(event) {
    const box = this.node.getBoundingClientRect();
    const { left, top } = this.axes.rect;
    this.pointer = event.buttons ? null
      : { x: event.clientX - box.left - left, y: event.clientY - box.top - top };
    this.showTip();
  }

  key(event) {
    const pans = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (pans[event.key]) this.axes.panBy(...pans[event.key]);
    else if (event.key === '+' || event.key === '=') this.axes.zoomIn();
    else if (event.key === '-') this.axes.zoomOut();
    else if (event.key === '0') this.axes.reset();
    else return;
    event.preventDefault();
  }

  paint(hub, last) {
    if (!this.node.clientWidth) return;
    this.last = last;
    const { data, shape: [n] } = last.points;
    const most = [0, 0];
    for (let i = 0; i < n * 3; i += 3) {
      for (let k = 0; k < 2; k++) most[k] = Math.max(most[k], Math.abs(data[i + k]));
    }
    // A component without variance is rounding noise: no axis of its own scale for it.
    const [ex, ey] = this.extents.map((extent, k) => extent(Math.max(most[k], most[0] * 0.01)));
    const { text } = this.context;
    this.axes.setHome({
      scene: `${hub.scene.id}|${last.head.block}`, x: [-ex, ex], y: [-ey, ey], equal: false,
      xLabel: componentTitle(text, last.head.ratios, 0),
      yLabel: componentTitle(text, last.head.ratios, 1),
    });
    const context = this.axes.begin();
    context.clearRect(0, 0, this.axes.rect.width, this.axes.rect.height);
    this.paintSpots(context, hub);
    if (this.pointer) this.showTip();
    const { scene } = hub; // what is written later is of this frame
    this.alt(() => describe(text, { scene }, last.head));
  }

  paintSpots(context, hub) {
    const { axes, context: { theme } } = this;
    this.spots = spotsOf(hub, this.last, theme, ([x, y]) => ({ x: axes.toX(x), y: axes.toY(y) }));
    for (const spot of this.spots) paintSpot(context, spot, SIZE, theme);
  }

  showTip() {
    const spot = this.pointer && nearestSpot(this.spots, this.pointer);
    if (!spot) return this.tip.hide();
    const { left, top } = this.axes.rect;
    this.tip.show(this.pointer.x + left, this.pointer.y + top, spotRows(this.context, spot, 2));
  }

  async paintOn(canvas, hub) {
    const { axes } = this;
    const { left, top, width, height } = axes.rect;
    if (axes.ready) {
      const image = await plotlyImage(axes.plotly, axes.plot, axes.size);
      canvas.drawImage(image, 0, 0, axes.size.width, axes.size.height);
    }
    canvas.save();
    canvas.translate(left, top);
    canvas.beginPath();
    canvas.rect(0, 0, width, height);
    canvas.clip();
    this.paintSpots(canvas, hub);
    canvas.restore();
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.axes.destroy();
    this.node.remove();
  }
}
