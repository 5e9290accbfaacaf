/** One head as a matrix: who asks in rows, who is asked in columns. */

import { el, fitCanvas } from './dom.js';
import { colorAt, Heat, tablesOf } from './heat.js';
import { labelHeight, paintLabels, shownToken } from './tokens.js';
import { percent } from './words.js';

const TOP = 18;
const LARGEST = 26; // px of a cell
const NUMBERED = 30; // px from which a cell has room for its number
const LEGEND = 20;

export class MatrixPicture {
  constructor(context) {
    this.context = context;
    this.heat = new Heat();
    this.canvas = el('canvas', { role: 'img', tabindex: '0' });
    this.node = el('div', { class: 'np-attention-matrix' }, this.canvas);
  }

  /** Row and column at a place of the canvas; a name of a row is its whole row. */
  probe(x, y) {
    if (!this.box) return [null, null];
    const { box, cell, rows, columns } = this;
    const [column, row] = [Math.floor((x - box.x) / cell), Math.floor((y - box.y) / cell)];
    if (row < 0 || row >= rows || column >= columns) return [null, null];
    return [row, column < 0 ? null : column];
  }

  paint(last, aimed) {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width < 40) return;
    const context = fitCanvas(this.canvas, 1, 1);
    this.place(context, last, width, height);
    const { size } = this;
    const canvas = fitCanvas(this.canvas, size.width, size.height);
    canvas.clearRect(0, 0, size.width, size.height);
    this.paintOn(canvas, last, aimed);
  }

  /** Square cells, as large as there is room. */
  place(context, { queries, keys, rows, columns }, width, height) {
    const { theme } = this.context;
    context.font = `11px ${theme.font}`;
    const names = rows ?? [String(queries)];
    const left = 8 + Math.max(12, ...names.map((name) => Math.min(90, context.measureText(shownToken(name)).width)));
    const least = Math.max(4, Math.min((width - left - 4) / keys, LARGEST));
    const under = labelHeight({ context, theme }, columns, least);
    const cell = Math.max(3, Math.min((width - left - 4) / keys, (height - TOP - under - LEGEND) / queries, 40));
    this.cell = cell;
    [this.rows, this.columns] = [queries, keys];
    this.box = { x: left, y: TOP, width: cell * keys, height: cell * queries };
    this.size = { width: left + cell * keys + 4, height: TOP + cell * queries + under + LEGEND };
  }

  paintOn(canvas, last, { row, column }) {
    const { theme, text } = this.context;
    const { box, cell, heat } = this;
    const { share, none } = tablesOf(theme);
    heat.fill(last.queries, last.keys, (i, k) =>
      (last.sees(i, k) ? share[Math.round(255 * Math.min(1, last.weight(i, k) / last.top))] : none));
    heat.draw(canvas, box);
    canvas.strokeStyle = theme.line;
    canvas.lineWidth = 1;
    canvas.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1);
    canvas.font = `11px ${theme.font}`;
    canvas.fillStyle = theme.muted;
    canvas.textAlign = 'left';
    canvas.textBaseline = 'alphabetic';
    canvas.fillText(text(`attention.axes_${last.name}`), box.x, TOP - 6, Math.max(box.width, 150));
    this.hatch(canvas, last);
    if (cell >= NUMBERED) this.numbers(canvas, last, share);
    this.names(canvas, last, row);
    paintLabels({ context: canvas, theme }, last.columns, {
      count: last.keys, first: last.asked, each: cell, at: (k) => box.x + (k + 0.5) * cell, y: box.y + box.height + 4,
    }, (k) => k === column);
    this.legend(canvas, share, last.top);
    if (row == null) return;
    canvas.strokeStyle = theme.text;
    canvas.lineWidth = 2;
    canvas.strokeRect(box.x - 1, box.y + row * cell - 1, box.width + 2, cell + 2);
    if (column != null) canvas.strokeRect(box.x + column * cell, box.y + row * cell, cell, cell);
  }

  /** What a place may not see is struck through, so that no colour has to say it. */
  hatch(canvas, last) {
    const { box, cell } = this;
    canvas.save();
    canvas.beginPath();
    let any = false;
    for (let i = 0; i < last.queries; i++) {
      for (let k = 0; k < last.keys; k++) {
        if (last.sees(i, k)) continue;
        canvas.rect(box.x + k * cell, box.y + i * cell, cell, cell);
        any = true;
      }
    }
    if (any) {
      canvas.clip();
      canvas.beginPath();
      for (let at = -box.height; at < box.width; at += 7) {
        canvas.moveTo(box.x + at, box.y + box.height);
        canvas.lineTo(box.x + at + box.height, box.y);
      }
      canvas.strokeStyle = this.context.theme.line;
      canvas.lineWidth = 1;
      canvas.stroke();
    }
    canvas.restore();
  }

  numbers(canvas, last, table) {
    const { box, cell, context: { theme } } = this;
    canvas.font = `10.5px ${theme.font}`;
    canvas.textAlign = 'center';
    canvas.textBaseline = 'middle';
    for (let i = 0; i < last.queries; i++) {
      for (let k = 0; k < last.keys; k++) {
        if (!last.sees(i, k)) continue;
        canvas.fillStyle = colorAt(table, last.weight(i, k) / last.top).ink;
        canvas.fillText(String(Math.round(last.weight(i, k) * 100)), box.x + (k + 0.5) * cell, box.y + (i + 0.5) * cell);
      }
    }
  }

  names(canvas, { rows, queries, asking }, lit) {
    const { box, cell, context: { theme } } = this;
    const size = Math.max(9, Math.min(12, cell));
    const step = Math.max(1, Math.ceil((size * 0.95) / cell));
    canvas.textAlign = 'right';
    canvas.textBaseline = 'middle';
    for (let i = 0; i < queries; i++) {
      if (i % step && i !== lit) continue;
      canvas.fillStyle = i === lit ? theme.text : theme.muted;
      canvas.font = `${i === lit ? '700 ' : ''}${size}px ${theme.font}`;
      canvas.fillText(rows ? shownToken(rows[i]) : String(asking + i + 1), box.x - 5, box.y + (i + 0.5) * cell, 90);
    }
  }

  legend(canvas, table, top) {
    const { box, size, context: { theme } } = this;
    const y = size.height - 13;
    canvas.font = `11px ${theme.font}`;
    canvas.textAlign = 'left';
    canvas.textBaseline = 'middle';
    canvas.fillStyle = theme.muted;
    canvas.fillText(percent(0), box.x, y + 5);
    const from = box.x + canvas.measureText(percent(0)).width + 5;
    for (let i = 0; i < 60; i++) {
      canvas.fillStyle = colorAt(table, i / 59).fill;
      canvas.fillRect(from + i, y, 1.5, 9);
    }
    canvas.fillStyle = theme.muted;
    canvas.fillText(top < 1 ? `≥ ${percent(top)}` : percent(1), from + 66, y + 5);
  }
}
