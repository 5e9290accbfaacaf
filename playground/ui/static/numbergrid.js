/**
 * A matrix of numbers as coloured cells, with the numbers written in where they fit: maps, kernels,
 * patches, pictures. Hovering tells a cell, clicking or the arrow keys choose one.
 */

import { altText, el, fitCanvas } from './dom.js';
import { css, inkOn } from './colors.js';
import { Tooltip } from './tooltip.js';

const ROOM = 24; // px of a cell that a number needs
const FONT = 10;

export class NumberGrid {
  /**
   * @param {object} context of the view
   * @param {{label: string, probe?: (row: number, column: number) => Array|null,
   *   choose?: (row: number, column: number) => void, at?: () => [number, number]}} calls
   *   `at` is the cell that was chosen last, painted or not
   */
  constructor(context, { label, probe, choose, at }) {
    this.context = context;
    this.probe = probe;
    this.canvas = el('canvas', { role: 'img' });
    this.box = el('div', { class: 'np-cells' }, this.canvas);
    this.node = el('div', { class: 'np-grid' }, this.box);
    this.alt = altText(this.canvas, label);
    this.tip = new Tooltip(this.box);
    this.canvas.addEventListener('pointermove', (event) => {
      this.pointer = this.cellAt(event);
      this.showTip();
    });
    this.canvas.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
    if (choose) this.choosable(label, choose, at);
  }

  choosable(label, choose, at) {
    this.box.tabIndex = 0;
    this.box.setAttribute('role', 'group');
    this.box.setAttribute('aria-label', label);
    this.box.classList.add('np-choosable');
    this.canvas.addEventListener('click', (event) => {
      const cell = this.cellAt(event);
      if (cell) choose(cell.row, cell.column);
    });
    this.box.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!step || !this.last) return;
      event.preventDefault();
      event.stopPropagation();
      const { rows, columns } = this.last;
      const [row, column] = at();
      choose(Math.max(0, Math.min(rows - 1, row + step[0])), Math.max(0, Math.min(columns - 1, column + step[1])));
    });
  }

  cellAt({ offsetX, offsetY }) {
    if (!this.last) return null;
    const { rows, columns, cell } = this.last;
    const row = Math.floor(offsetY / cell);
    const column = Math.floor(offsetX / cell);
    return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column, x: offsetX, y: offsetY } : null;
  }

  /**
   * @param {{rows: number, columns: number, width: number, height: number, shade: (i: number) => number[],
   *   write?: (i: number) => string, boxes?: Array<{row, column, rows, columns, color, dash?}>,
   *   chosen?: [number, number], alt: () => string}} picture `width` and `height` are the room there is in px
   */
  paint(picture) {
    const { rows, columns, width, height, shade, write, boxes = [], chosen, alt } = picture;
    const cell = Math.max(1, Math.min(width / columns, height / rows));
    this.last = { rows, columns, cell, chosen };
    const context = fitCanvas(this.canvas, cell * columns, cell * rows);
    this.cells(context, rows, columns, cell, shade);
    if (write && cell >= ROOM) this.numbers(context, rows, columns, cell, shade, write);
    for (const box of boxes) this.outline(context, box, cell);
    if (chosen) this.mark(context, chosen, cell);
    if (this.pointer) this.showTip();
    this.alt(alt);
  }

  cells(context, rows, columns, cell, shade) {
    this.small ??= document.createElement('canvas');
    const { small } = this;
    if (small.width !== columns || small.height !== rows) [small.width, small.height] = [columns, rows];
    const inner = small.getContext('2d');
    const image = inner.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const [r, g, b] = shade(i);
      image.data.set([r, g, b, 255], i * 4);
    }
    inner.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, columns * cell, rows * cell);
    context.drawImage(small, 0, 0, columns * cell, rows * cell);
    if (cell < 9) return;
    context.strokeStyle = this.context.theme.background;
    context.globalAlpha = 0.45;
    context.lineWidth = 1;
    context.beginPath();
    for (let c = 1; c < columns; c++) [context.moveTo(c * cell, 0), context.lineTo(c * cell, rows * cell)];
    for (let r = 1; r < rows; r++) [context.moveTo(0, r * cell), context.lineTo(columns * cell, r * cell)];
    context.stroke();
    context.globalAlpha = 1;
  }

  numbers(context, rows, columns, cell, shade, write) {
    const { theme } = this.context;
    context.font = `${Math.min(FONT + 2, Math.max(FONT - 0.5, cell / 3.4))}px ${theme.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (let i = 0; i < rows * columns; i++) {
      context.fillStyle = inkOn(shade(i));
      context.fillText(write(i), (i % columns + 0.5) * cell, (Math.floor(i / columns) + 0.5) * cell, cell - 2);
    }
  }

  /** A box round some cells, drawn twice so that it stands out on any ground. */
  outline(context, { row, column, rows, columns, color, dash = [] }, cell) {
    const { theme } = this.context;
    for (const [width, style] of [[4, theme.background], [2, color]]) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.setLineDash(width === 2 ? dash : []);
      context.strokeRect(column * cell + 1, row * cell + 1, columns * cell - 2, rows * cell - 2);
    }
    context.setLineDash([]);
  }

  mark(context, [row, column], cell) {
    this.outline(context, { row, column, rows: 1, columns: 1, color: this.context.theme.text }, cell);
  }

  showTip() {
    const rows = this.pointer && this.probe?.(this.pointer.row, this.pointer.column);
    if (!rows) return this.tip.hide();
    this.tip.show(this.pointer.x, this.pointer.y, rows);
  }
}

/** Colours of signed numbers: orange below 0, blue above, the middle at 0. */
export function signedShade(theme, scale) {
  const half = 1 / (2 * Math.max(scale, 1e-30));
  return (value) => theme.colors.diverging(Math.max(0, Math.min(1, 0.5 + value * half)));
}

/** As short as a cell wants it. */
export function tiny(value) {
  if (value == null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.005) return value < 0 ? '−0' : '0';
  const digits = size >= 99.5 ? 0 : size >= 9.95 ? 1 : 2;
  if (size >= 9999.5) return value.toExponential(0).replace('e+', 'e').replace('-', '−');
  return value.toFixed(digits).replace('-', '−').replace(/^(−?)0\./, '$1.');
}

export const rgb = css;
