/** All heads of an attention as small matrices to choose from. */

import { el, fitCanvas } from './dom.js';
import { Heat, tablesOf } from './heat.js';

const LARGEST = 64;
const SMALLEST = 34;

export class HeadStrip {
  /** @param {(head: number) => void} choose */
  constructor(context, choose) {
    this.context = context;
    this.choose = choose;
    this.heat = new Heat();
    this.tiles = [];
    this.node = el('div', { class: 'np-attention-heads', role: 'group', 'aria-label': context.text('attention.head') });
  }

  paint({ data, shape: [heads, queries, keys] }, chosen, { sees }) {
    if (this.tiles.length !== heads) this.build(heads);
    const { theme } = this.context;
    const { share, none } = tablesOf(theme);
    const unit = Math.max(queries, keys);
    const side = heads > 4 ? SMALLEST : LARGEST;
    this.tiles.forEach(({ node, canvas }, head) => {
      node.setAttribute('aria-pressed', String(head === chosen));
      const offset = head * queries * keys;
      this.heat.fill(queries, keys, (row, column) =>
        (sees(row, column) ? share[data[offset + row * keys + column]] : none));
      const [width, height] = [(side * keys) / unit, (side * queries) / unit].map((size) => Math.max(10, Math.round(size)));
      const context = fitCanvas(canvas, width, height);
      this.heat.draw(context, { x: 0, y: 0, width, height });
    });
  }

  build(heads) {
    const { text } = this.context;
    this.tiles = Array.from({ length: heads }, (_, head) => {
      const canvas = el('canvas', { 'aria-hidden': 'true' });
      const node = el('button', {
        type: 'button', class: 'np-warp-tile np-attention-tile', title: text('attention.head_number', { number: head + 1 }),
        on: { click: () => this.choose(head) },
      }, canvas, el('span', { text: String(head + 1) }));
      node.setAttribute('aria-label', text('attention.head_number', { number: head + 1 }));
      return { node, canvas };
    });
    this.node.replaceChildren(...this.tiles.map(({ node }) => node));
  }
}
