/**
 * Many small pictures of one size in rows: the feature maps of a block, its kernels. Every one can
 * be pointed at, clicked and reached by the arrow keys; what does not fit is scrolled to.
 */

import { altText, el, fitCanvas } from './dom.js';

const GAP = 2;

export class Tiles {
  /**
   * @param {object} context of the view
   * @param {{label: string, point: (tile: number|null) => void, choose: (tile: number) => void}} calls
   */
  constructor(context, { label, point, choose }) {
    this.context = context;
    this.point = point;
    this.choose = choose;
    this.canvas = el('canvas', { role: 'img' });
    this.node = el('div', { class: 'np-tiles', tabindex: '0', role: 'group', 'aria-label': label }, this.canvas);
    this.alt = altText(this.canvas, label);
    this.mosaic = document.createElement('canvas');
    this.canvas.addEventListener('pointermove', (event) => this.hover(this.tileAt(event)));
    this.canvas.addEventListener('pointerleave', () => this.hover(null));
    this.canvas.addEventListener('click', (event) => {
      const tile = this.tileAt(event);
      if (tile !== null) this.choose(tile);
    });
    this.node.addEventListener('keydown', (event) => this.key(event));
  }

  hover(tile) {
    if (tile === this.hovered) return;
    this.hovered = tile;
    this.point(tile);
  }

  tileAt({ offsetX, offsetY }) {
    if (!this.last) return null;
    const { count, columns, wide, high } = this.last;
    const column = Math.floor(offsetX / wide);
    const tile = Math.floor(offsetY / high) * columns + column;
    return column < columns && tile >= 0 && tile < count ? tile : null;
  }

  key(event) {
    if (!this.last) return;
    const { columns, count, chosen } = this.last;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const tile = (chosen ?? 0) + step;
    if (tile < 0 || tile >= count) return;
    this.choose(tile);
    this.reveal(tile);
  }

  /** Scrolls so far that a tile is seen. */
  reveal(tile) {
    const { columns, wide, high } = this.last;
    const [x, y] = [(tile % columns) * wide, Math.floor(tile / columns) * high];
    const { node } = this;
    node.scrollTop = Math.max(Math.min(node.scrollTop, y), y + high - node.clientHeight);
    node.scrollLeft = Math.max(Math.min(node.scrollLeft, x), x + wide - node.clientWidth);
  }

  /**
   * @param {{count: number, height: number, width: number, columns?: number, least: number, most: number,
   *   color: (i: number) => number, chosen: number|null, alt: () => string,
   *   over?: (context: object, tile: number, x: number, y: number, wide: number, high: number) => void,
   *   smooth?: boolean}} tiles
   *   pixels of one; how many in a row, else as many as let all be seen; px of a side; the packed
   *   colour of number i, tile by tile; what is drawn over each; whether pixels run into each other
   */
  paint(tiles) {
    const { count, height, width, color, chosen, alt } = tiles;
    const room = { width: this.node.clientWidth - 2, height: this.node.clientHeight - 2 };
    if (room.width < 10 || !count) return;
    const { columns, scale } = this.arrange(tiles, room);
    const rows = Math.ceil(count / columns);
    const [wide, high] = [width * scale + GAP, height * scale + GAP];
    this.last = { count, columns, wide, high, chosen };
    this.fill(count, columns, rows, height, width, color);
    const context = fitCanvas(this.canvas, columns * wide, rows * high);
    context.clearRect(0, 0, columns * wide, rows * high);
    context.imageSmoothingEnabled = Boolean(tiles.smooth);
    for (let i = 0; i < count; i++) {
      const [column, row] = [i % columns, Math.floor(i / columns)];
      context.drawImage(this.mosaic, column * width, row * height, width, height,
        column * wide + 1, row * high + 1, width * scale, height * scale);
      tiles.over?.(context, i, column * wide + 1, row * high + 1, width * scale, height * scale);
    }
    if (chosen !== null && chosen < count) this.mark(context, chosen);
    this.alt(alt);
  }

  /** The largest scale at which all can be seen, within the sides asked for. */
  arrange({ count, height, width, columns, least, most }, room) {
    const longer = Math.max(height, width);
    const [low, high] = [least / longer, most / longer];
    if (columns) {
      const fits = Math.min((room.width / columns - GAP) / width, (room.height / Math.ceil(count / columns) - GAP) / height);
      return { columns, scale: Math.max(low, Math.min(high, fits)) };
    }
    let best = { columns: Math.max(1, Math.floor(room.width / (width * low + GAP))), scale: low };
    for (let across = 1; across <= count; across++) {
      const scale = Math.min((room.width / across - GAP) / width, (room.height / Math.ceil(count / across) - GAP) / height, high);
      if (scale > best.scale) best = { columns: across, scale };
    }
    return best;
  }

  fill(count, columns, rows, height, width, color) {
    const { mosaic } = this;
    const [wide, high] = [columns * width, rows * height];
    if (mosaic.width !== wide || mosaic.height !== high) {
      [mosaic.width, mosaic.height] = [wide, high];
      this.image = mosaic.getContext('2d').createImageData(wide, high);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const size = height * width;
    for (let tile = 0; tile < count; tile++) {
      const corner = Math.floor(tile / columns) * height * wide + (tile % columns) * width;
      for (let i = 0; i < size; i++) {
        this.pixels[corner + Math.floor(i / width) * wide + (i % width)] = color(tile * size + i);
      }
    }
    mosaic.getContext('2d').putImageData(this.image, 0, 0);
  }

  mark(context, tile) {
    const { columns, wide, high } = this.last;
    context.lineWidth = 2;
    context.strokeStyle = this.context.theme.text;
    context.strokeRect((tile % columns) * wide + 1, Math.floor(tile / columns) * high + 1, wide - 2, high - 2);
  }
}
