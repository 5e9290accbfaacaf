/** Three principal components on a plain canvas, turned by dragging or by the arrow keys. */

import { Brush } from './brush.js';
import { altText, el, fitCanvas } from './dom.js';
import { arrowsOf, paintArrows } from './loadings.js';
import { steadyExtent } from './plot.js';
import { axisName, describe, litLast, nearestSpot, paintSpot, spotRows, spotsOf } from './scores.js';
import { choosesPictures, paintThumbnails } from './thumbnails.js';
import { Tooltip } from './tooltip.js';
import { Turntable } from './turntable.js';

/** The view's angles outlive a change of tab. */
const angle = { yaw: 0.7, pitch: 0.42, low: -1.5, high: 1.5 };
const SIZE = 3.6;

export function createPca3d(context) {
  return new Pca3d(context);
}

class Pca3d {
  constructor(context) {
    this.context = context;
    this.extent = steadyExtent();
    this.canvas = el('canvas', {
      class: 'np-layer np-turn', role: 'img', tabindex: '0', title: context.text('pca.turn_tip'),
    });
    this.node = el('div', { class: 'np-plot' }, this.canvas);
    this.tip = new Tooltip(this.node);
    this.alt = altText(this.canvas, context.text('analysis.pca'));
    const area = () => ({ left: 0, top: 0, width: this.node.clientWidth, height: this.node.clientHeight });
    this.brush = new Brush(context, this.node, area, () => this.spots ?? [], () => this.tip.hide());
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('keydown', (event) => this.brush.key(event));
    this.table = new Turntable(canvas, angle, {
      turned: () => this.context.hub.invalidate(),
      taken: () => this.tip.hide(),
    });
    canvas.addEventListener('pointermove', (event) => {
      if (this.table.held) return;
      this.pointer = { x: event.offsetX, y: event.offsetY };
      this.showTip();
    });
    choosesPictures(canvas, this.context.hub, (event) => nearestSpot(this.spots, { x: event.offsetX, y: event.offsetY }));
    canvas.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
  }

  paint(hub, last) {
    this.last = last;
    const width = this.node.clientWidth;
    const height = this.node.clientHeight;
    if (!width) return;
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    this.paintOn(context, hub, last);
    this.brush.place();
    if (this.pointer && !this.table.held) this.showTip();
    const { scene } = hub; // what is written later is of this frame
    this.alt(() => describe(this.context.text, hub, scene, last.head));
  }

  paintOn(context, hub, last) {
    const width = this.node.clientWidth;
    const height = this.node.clientHeight;
    const project = this.table.projection(width, height, Math.min(width * 0.36, height * 0.47));
    this.paintAxes(context, project, last.head, width);
    this.spots = this.place(hub, last, project);
    this.paintPoints(context);
    if (!last.loadings) return;
    const arrows = arrowsOf(last.loadings, last.head.ratios, [1, 1, 1]);
    paintArrows(context, arrows.map(({ unit, ends }) => ({ unit, from: project(0, 0, 0), to: project(...ends) })),
      this.context, last.head);
  }

  paintAxes(context, project, head, width) {
    const { theme, text, hub } = this.context;
    const corners = [[1, 1], [1, -1], [-1, -1], [-1, 1]];
    context.lineWidth = 1;
    context.strokeStyle = theme.faint;
    context.beginPath();
    corners.forEach(([x, y], i) => {
      const here = project(x, y, 0);
      const next = project(...corners[(i + 1) % 4], 0);
      context.moveTo(here.x, here.y);
      context.lineTo(next.x, next.y);
    });
    context.stroke();
    context.font = `11.5px ${theme.font}`;
    context.textBaseline = 'middle';
    context.strokeStyle = theme.line;
    [[1.15, 0, 0], [0, 1.15, 0], [0, 0, 1.15]].forEach((end, i) => {
      const a = project(...end.map((value) => -value));
      const b = project(...end);
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
      context.stroke();
      const words = axisName(text, hub.scene, head, i);
      const half = context.measureText(words).width / 2;
      context.textAlign = 'center';
      context.fillStyle = theme.muted;
      const x = Math.max(half + 4, Math.min(width - half - 4, b.x));
      context.fillText(words, x, b.y + (b.y < a.y ? -9 : 9));
    });
  }

  place(hub, last, project) {
    const { data, shape: [n] } = last.points;
    let most = 0;
    for (let i = 0; i < n * 3; i++) most = Math.max(most, Math.abs(data[i]));
    const extent = this.extent(most);
    const inside = (scores) => project(...scores.map((score) => score / extent));
    const spots = spotsOf(hub, last, this.context.theme, inside).sort((a, b) => b.depth - a.depth);
    return litLast(spots);
  }

  paintPoints(context) {
    for (const spot of this.spots) paintSpot(context, spot, SIZE * spot.zoom, this.context.theme);
    paintThumbnails(context, this.spots, this.context.hub, { width: this.node.clientWidth, height: this.node.clientHeight });
  }

  showTip() {
    const spot = nearestSpot(this.spots, this.pointer);
    if (!spot) return this.tip.hide();
    this.tip.show(this.pointer.x, this.pointer.y, spotRows(this.context, spot, 3, this.last.head));
  }

  destroy() {
    this.node.remove();
  }
}
