/** Entries of a table by their names, in space on a turntable. */

import { altText, el, fitCanvas } from './dom.js';
import { Picture } from './embeddingsplot.js';
import { steadyExtent } from './plot.js';
import { Tooltip } from './tooltip.js';
import { Turntable } from './turntable.js';

/** The view's angles outlive a change of tab. */
const angle = { yaw: 0.7, pitch: 0.42, low: -1.5, high: 1.5 };

export class SpacePicture extends Picture {
  constructor(context, calls) {
    super(context, calls);
    this.dimensions = 3;
    this.canvas = el('canvas', { class: 'np-layer np-turn', role: 'img', tabindex: '0', title: context.text('pca.turn_tip') });
    this.node = el('div', { class: 'np-plot' }, this.canvas);
    this.tip = new Tooltip(this.node);
    this.alt = altText(this.canvas, context.text('analysis.embeddings'));
    this.table = new Turntable(this.canvas, angle, {
      turned: () => context.hub.invalidate(),
      taken: () => this.tip.hide(),
      clicked: ({ offsetX, offsetY }) => {
        const spot = this.nearest(offsetX, offsetY);
        if (spot) this.calls.choose(spot.row);
      },
    });
    this.canvas.addEventListener('pointermove', ({ offsetX: x, offsetY: y }) => {
      this.pointer = this.table.held ? null : { x, y };
      this.showTip();
    });
    this.canvas.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
  }

  paint(hub, last) {
    this.last = last;
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width) return;
    const canvas = fitCanvas(this.canvas, width, height);
    canvas.clearRect(0, 0, width, height);
    this.paintOn(canvas, last);
    if (this.pointer) this.showTip();
    this.alt(() => this.describe(last));
  }

  paintOn(canvas, last) {
    const { clientWidth: width, clientHeight: height } = this.node;
    const project = this.table.projection(width, height, Math.min(width * 0.36, height * 0.47));
    const { data, shape: [n] } = last.places;
    const key = `${last.head.block}|${last.head.table}|${last.head.axes}|${last.head.units}`;
    if (key !== this.shown) this.extent = steadyExtent();
    this.shown = key;
    let most = 0;
    for (let i = 0; i < n * 3; i++) most = Math.max(most, Math.abs(data[i]));
    const extent = this.extent(most);
    this.paintAxes(canvas, project, last.head, width);
    this.spots = this.spotsOf(last, (scores) => project(...scores.map((score) => score / extent)));
    this.paintAnalogy(canvas, last, this.spots);
    this.paintSpots(canvas, last, this.spots, width, height);
  }

  paintAxes(canvas, project, head, width) {
    const { theme } = this.context;
    canvas.font = `11.5px ${theme.font}`;
    canvas.textBaseline = 'middle';
    canvas.textAlign = 'center';
    canvas.lineWidth = 1;
    [[1.15, 0, 0], [0, 1.15, 0], [0, 0, 1.15]].forEach((end, i) => {
      const [a, b] = [project(...end.map((value) => -value)), project(...end)];
      canvas.strokeStyle = theme.line;
      canvas.beginPath();
      canvas.moveTo(a.x, a.y);
      canvas.lineTo(b.x, b.y);
      canvas.stroke();
      const words = this.axisName(head, i);
      const half = canvas.measureText(words).width / 2;
      canvas.fillStyle = theme.muted;
      canvas.fillText(words, Math.max(half + 4, Math.min(width - half - 4, b.x)), b.y + (b.y < a.y ? -9 : 9));
    });
  }

  showTip() {
    const spot = this.pointer && this.nearest(this.pointer.x, this.pointer.y);
    if (!spot) return this.tip.hide();
    this.tip.show(this.pointer.x, this.pointer.y, this.rowsOf(spot));
  }

  destroy() {
    this.node.remove();
  }
}
