/** A strip of small pictures, one for each stage of the warped grid; a click goes there. */

import { el, fitCanvas } from './dom.js';
import { throttled } from './plot.js';
import { paintGrid } from './warpgrid.js';
import { stageName } from './warpwords.js';

const SIDE = 74;
const PAD = 5;

export class Strip {
  constructor(context, onChoose) {
    this.context = context;
    this.onChoose = onChoose;
    this.tiles = [];
    this.node = el('div', {
      class: 'np-warp-strip', role: 'group', 'aria-label': context.text('warp.strip'),
    });
    this.draw = throttled(() => this.drawAll(), 100);
  }

  build(scene, stages) {
    const { text } = this.context;
    this.tiles = stages.map((stage, i) => {
      const canvas = el('canvas', { 'aria-hidden': 'true' });
      const name = stageName(text, scene, stage);
      const node = el('button', {
        type: 'button', class: 'np-warp-tile', title: name, on: { click: () => this.onChoose(i) },
      }, canvas, el('span', { text: name }));
      return { node, canvas };
    });
    this.node.replaceChildren(...this.tiles.map(({ node }) => node));
    this.chosen = null;
  }

  paint(look, windows, chosen) {
    this.last = { look, windows };
    if (chosen !== this.chosen) {
      this.chosen = chosen;
      this.tiles.forEach(({ node }, i) => node.setAttribute('aria-pressed', String(i === chosen)));
    }
    this.draw();
  }

  drawAll() {
    const { look, windows } = this.last;
    const [, count] = look.places.shape;
    if (windows.length !== this.tiles.length) return;
    this.tiles.forEach(({ canvas }, i) => {
      const context = fitCanvas(canvas, SIDE, SIDE);
      context.clearRect(0, 0, SIDE, SIDE);
      const [x0, x1, y0, y1] = windows[i];
      const room = SIDE - 2 * PAD;
      paintGrid(context, look.places.data.subarray(i * count * 2, (i + 1) * count * 2), look, {
        x: (value) => PAD + ((value - x0) / (x1 - x0)) * room,
        y: (value) => PAD + room - ((value - y0) / (y1 - y0)) * room,
      }, 0.8);
    });
  }

  destroy() {
    this.draw.cancel();
  }
}
