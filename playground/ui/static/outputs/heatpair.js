/**
 * Two matrices of ratings side by side: what is known, and what the network says of every pair.
 * On the left a filled cell is a rating to learn from, one with a hole is kept for the test, a
 * stroke is a gap: told apart by their form, the colour is the rating's.
 */

import { css } from '../colors.js';
import { fitCanvas } from '../dom.js';

export const GAP = 0;
export const TRAIN = 1;
export const TEST = 2;

const TITLE = 20; // px above the matrices
const BETWEEN = 16;
const LARGEST = 16; // px of a cell
const MARKED = 3; // device px of a cell from which on it can bear a mark

export class HeatPair {
  constructor() {
    this.known = document.createElement('canvas');
    this.said = document.createElement('canvas');
  }

  /** Where the matrices lie in so much width. */
  place(width, rows, columns) {
    const ratio = window.devicePixelRatio || 1;
    const room = Math.floor((width - BETWEEN - 4) / 2);
    this.cell = Math.min(room / columns, LARGEST);
    Object.assign(this, { rows, columns, ratio, width });
    this.side = columns * this.cell;
    this.lefts = [2, Math.round(width - this.side - 2)];
    this.height = TITLE + rows * this.cell + 2;
  }

  /** {row, column} under a place of the canvas, in either matrix; null beside them. */
  at(x, y) {
    const row = Math.floor((y - TITLE) / this.cell);
    const side = this.lefts.findIndex((left) => x >= left && x < left + this.side);
    if (side < 0 || row < 0 || row >= this.rows) return null;
    return { row, column: Math.floor((x - this.lefts[side]) / this.cell) };
  }

  /** The middle of a cell of one matrix. */
  middle({ row, column }, side) {
    return [this.lefts[side] + (column + 0.5) * this.cell, TITLE + (row + 0.5) * this.cell];
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{known: Uint8Array, truth: Float32Array, said: Float32Array, share: Function, reveal: boolean,
   *   version: string, titles: string[], user: number|null, cell: object|null}} matrices
   * @param {object} theme
   */
  paint(canvas, matrices, theme) {
    const context = fitCanvas(canvas, this.width, this.height);
    context.clearRect(0, 0, this.width, this.height);
    this.paintOn(context, matrices, theme);
  }

  paintOn(context, matrices, theme) {
    this.paintKnown(matrices, theme);
    this.paintSaid(matrices, theme);
    context.font = `12px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.textAlign = 'left';
    context.textBaseline = 'alphabetic';
    const high = this.rows * this.cell;
    [this.known, this.said].forEach((source, side) => {
      const left = this.lefts[side];
      context.fillText(matrices.titles[side], left, TITLE - 7, this.side);
      context.imageSmoothingEnabled = false;
      context.drawImage(source, left, TITLE, this.side, high);
      context.strokeStyle = theme.line;
      context.lineWidth = 1;
      context.strokeRect(left - 0.5, TITLE - 0.5, this.side + 1, high + 1);
      this.paintMarks(context, matrices, theme, left);
    });
  }

  /** The row of the user who is looked at, and the cell under the pointer. */
  paintMarks(context, { user, cell }, theme, left) {
    const size = this.cell;
    context.strokeStyle = theme.text;
    if (user != null && user >= 0) {
      context.lineWidth = 1.5;
      context.strokeRect(left - 1.5, TITLE + user * size - 1, this.side + 3, size + 2);
    }
    if (!cell) return;
    context.lineWidth = 2;
    const grown = Math.max(size, 7);
    const [x, y] = [left + (cell.column + 0.5) * size, TITLE + (cell.row + 0.5) * size];
    context.strokeRect(x - grown / 2 - 1, y - grown / 2 - 1, grown + 2, grown + 2);
  }

  /** It changes with the data alone, so it is painted once. */
  paintKnown({ known, truth, share, reveal, version }, theme) {
    const key = `${version}|${reveal}|${theme.dark}|${theme.text}|${this.cell}|${this.ratio}|${this.rows}`;
    if (key === this.key) return;
    this.key = key;
    // Cells begin and end at whole device pixels, so their edges are sharp.
    const edge = (place) => Math.round(place * this.cell * this.ratio);
    this.known.width = edge(this.columns);
    this.known.height = edge(this.rows);
    const context = this.known.getContext('2d');
    for (let i = 0; i < known.length; i++) {
      const [column, row] = [i % this.columns, Math.floor(i / this.columns)];
      const [x, y] = [edge(column), edge(row)];
      const seen = reveal || known[i] !== GAP ? share(truth[i]) : null;
      paintCell(context, x, y, edge(column + 1) - x, edge(row + 1) - y, known[i], seen, theme);
    }
  }

  paintSaid({ said, share }, theme) {
    const { said: canvas, rows, columns } = this;
    if (canvas.width !== columns || canvas.height !== rows) {
      canvas.width = columns;
      canvas.height = rows;
    }
    const context = canvas.getContext('2d');
    const image = context.createImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    const table = theme.colors.neurons;
    for (let i = 0; i < pixels.length; i++) {
      const value = share(said[i]);
      pixels[i] = value == null ? 0 : table[Math.round(value * 255)];
    }
    context.putImageData(image, 0, 0);
  }
}

/** One cell of what is known; also what the legend shows. */
export function paintCell(context, x, y, width, height, state, share, theme) {
  const size = Math.min(width, height);
  if (share != null) {
    context.fillStyle = css(theme.colors.diverging(share));
    context.fillRect(x, y, width, height);
  }
  if (size < MARKED) return;
  if (state === TEST) {
    const edge = Math.max(1, Math.floor(size * 0.3));
    context.fillStyle = theme.background;
    context.fillRect(x + edge, y + edge, width - 2 * edge, height - 2 * edge);
  } else if (state === GAP) {
    context.strokeStyle = share == null ? theme.line : theme.background;
    context.lineWidth = Math.max(1, size / 10);
    context.beginPath();
    context.moveTo(x + 0.5, y + height - 0.5);
    context.lineTo(x + width - 0.5, y + 0.5);
    context.stroke();
  }
}
