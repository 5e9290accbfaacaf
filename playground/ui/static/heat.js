/** A matrix as a picture: one pixel a cell, enlarged without smoothing. */

import { inkOn, mix, parse } from './colors.js';

const made = new WeakMap();

/** Tables of 256 packed colours: `signed` from −1 over 0 to 1, `share` from 0 to 1. */
export function tablesOf(theme) {
  if (!made.has(theme)) {
    const ground = mix(theme.colors.middle, parse(theme.background), 0.4);
    made.set(theme, {
      signed: theme.colors.neurons,
      share: Uint32Array.from({ length: 256 }, (_, i) => packed(mix(ground, theme.colors.positive, i / 255))),
      none: packed(parse(theme.background)),
    });
  }
  return made.get(theme);
}

const packed = ([r, g, b]) => ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;

/** The colour of a table's share, and black or white, whichever reads on it. */
export function colorAt(table, share) {
  const pixel = table[Math.round(255 * Math.max(0, Math.min(1, share)))];
  const rgb = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  return { fill: `rgb(${rgb.join(',')})`, ink: inkOn(rgb) };
}

export class Heat {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.context = this.canvas.getContext('2d');
  }

  /**
   * @param {(row: number, column: number) => number} pixel packed colour of a cell; row 0 on top
   */
  fill(rows, columns, pixel) {
    const { canvas } = this;
    if (canvas.width !== columns || canvas.height !== rows || !this.image) {
      [canvas.width, canvas.height] = [columns, rows];
      this.image = this.context.createImageData(columns, rows);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) this.pixels[at] = pixel(row, column);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  draw(context, { x, y, width, height }) {
    context.imageSmoothingEnabled = false;
    context.drawImage(this.canvas, x, y, width, height);
  }
}
