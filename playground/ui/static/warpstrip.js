/** A strip of small pictures, one for each stage of the warped grid; a click goes there. */

import { el, fitCanvas } from './dom.js';
import { throttled } from './plot.js';
import { paintGrid } from './warpgrid.js';
import { stageName } from './warpwords.js';

const SIDE = 74;
const PAD = 5;

export class Strip {
  /**
   * @param {(text, scene, stage) => string} [nameOf] what a stage is called
   * @param {number} [side] of a picture, in pixels
   */
  constructor(context, onChoose, nameOf = stageName, side = SIDE) {
    this.context = context;
    this.nameOf = nameOf;
    this.side = side;
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
      const name = this.nameOf(text, scene, stage);
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
      const context = fitCanvas(canvas, this.side, this.side);
      context.clearRect(0, 0, this.side, this.side);
      const [x0, x1, y0, y1] = windows[i];
      const room = this.side - 2 * PAD;
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
