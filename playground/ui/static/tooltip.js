/** A small card that follows the pointer inside a part. */

import { el } from './dom.js';

export class Tooltip {
  constructor(root) {
    this.root = root;
    this.node = el('div', { class: 'np-tip', 'aria-hidden': 'true' });
    this.node.hidden = true;
    root.append(this.node);
  }

  /**
   * @param {number} x @param {number} y pixels of the part's element
   * @param {Array<{label?: string, value?: string, color?: string, title?: boolean,
   *   picture?: HTMLCanvasElement}>} rows
   */
  show(x, y, rows) {
    const key = rows.map((row) => `${row.label}|${row.value}|${row.color}`).join('\n');
    if (key !== this.key) {
      this.key = key;
      this.node.replaceChildren(...rows.map(renderRow));
      this.node.hidden = false;
      this.size = { width: this.node.offsetWidth, height: this.node.offsetHeight };
    }
    this.node.hidden = false;
    const { clientWidth, clientHeight } = this.root;
    let left = x + 14;
    if (left + this.size.width > clientWidth) left = Math.max(0, x - 14 - this.size.width);
    const top = Math.max(0, Math.min(y + 12, clientHeight - this.size.height));
    this.node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide() {
    this.node.hidden = true;
  }
}

/** A picture may stand in a plot as well: the card has one of its own. */
function copied(picture) {
  const canvas = el('canvas', { class: 'np-picture np-tip-picture', width: picture.width, height: picture.height });
  canvas.getContext('2d').drawImage(picture, 0, 0);
  return canvas;
}

function renderRow({ label, value, color, title, picture }) {
  const row = el('div', { class: title ? 'np-tip-title' : 'np-tip-row' });
  if (color) {
    const swatch = el('i');
    swatch.style.background = color;
    row.append(swatch);
  }
  if (picture) row.append(copied(picture));
  if (label != null) row.append(el('span', { text: label }));
  if (value != null) row.append(el('b', { text: value }));
  return row;
}
