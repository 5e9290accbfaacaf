/** The numbers of a tensor as a grid of cells: hovered, walked over by keyboard, edited. */

import { css, inkOn, mix } from '../colors.js';
import { el, setText } from '../dom.js';
import { cellWords, indexed, nestedText, typedCells, typedWords } from './tensors_numbers.js';

const PLANES = [[214, 64, 48], [60, 150, 70], [48, 110, 214]];
const WAYS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

export class Grid {
  /**
   * @param {string} name of the tensor: A, B, C
   * @param {object} context of the page
   * @param {{onPoint: (flat: number, at: number) => void, onEdit?: (text: string) => void,
   *   onWalk: (rows: number, columns: number) => boolean}} hooks `onWalk` past the window's edge
   */
  constructor(name, context, hooks) {
    Object.assign(this, { name, context, hooks });
    this.node = el('div', { class: 'np-t-grid' });
    this.cells = [];
    this.marked = new Map();
    this.node.addEventListener('pointerover', (event) => this.pointed(event));
    this.node.addEventListener('focusin', (event) => this.pointed(event));
    this.node.addEventListener('keydown', (event) => this.walk(event));
  }

  /**
   * @param {object} told of the tensor, as the worker tells it
   * @param {{cells: object, values: object}} arrays
   * @param {string|null} typed the text that it was typed as, where its cells may be edited
   */
  show(told, arrays, typed) {
    this.told = told;
    this.arrays = arrays;
    const editable = typed !== null && this.hooks.onEdit && this.whole();
    const key = JSON.stringify([
      arrays.cells.shape, told.window, told.view, told.shape, Boolean(editable), this.context.lang,
    ]);
    if (key !== this.key) {
      this.key = key;
      this.editable = Boolean(editable);
      this.build();
    }
    this.tokens = editable ? typedCells(typed) : [];
    if (this.tokens.length !== this.cells.length) this.tokens = [];
    this.fill();
  }

  /** Whether the window holds every number. */
  whole() {
    return this.arrays.cells.data.length === this.told.count;
  }

  build() {
    const { told, arrays } = this;
    const [slices, rows, columns] = arrays.cells.shape;
    this.cells = [];
    this.sides = { rows, columns };
    const tables = Array.from({ length: slices }, (_, part) => this.table(part, rows, columns));
    this.node.replaceChildren(...tables);
    this.node.classList.toggle('np-t-planes', told.window.planes);
    this.node.classList.toggle('np-t-dense', slices > 1 && columns > 4 && !this.editable);
    this.marked.clear();
    this.rove(0);
  }

  table(part, rows, columns) {
    const { told } = this;
    const { at, whole } = told.window;
    const body = Array.from({ length: rows }, (_, row) => el('tr', {},
      el('th', { scope: 'row', text: this.rowName(row + at[0]), title: this.rowTitle(row + at[0]) }),
      ...Array.from({ length: columns }, () => this.cell()),
      whole[2] > at[1] + columns && row === 0 && el('td', { class: 'np-t-more', text: '…', rowspan: rows })));
    const heads = Array.from({ length: columns }, (_, column) => {
      const words = this.columnName(column + at[1]);
      return el('th', { scope: 'col', text: words, title: words });
    });
    const below = whole[1] > at[0] + rows
      && el('tr', {}, el('td'), el('td', { class: 'np-t-more', text: '⋮', colspan: columns }));
    const words = this.sliceName(part + at[2]);
    const label = `${this.name} ${words}`.trim();
    return el('table', { class: 'np-t-numbers', 'aria-label': label },
      words && el('caption', { text: words }),
      el('thead', {}, el('tr', {}, el('td'), ...heads)), el('tbody', {}, ...body, below));
  }

  /** One cell: a field where it may be edited, else something that can be walked to. */
  cell() {
    const at = this.cells.length;
    const td = el('td', { class: 'np-t-cell' });
    if (this.editable) {
      const input = el('input', { type: 'text', autocomplete: 'off', spellcheck: 'false' });
      input.addEventListener('input', () => this.edited());
      input.addEventListener('focus', () => {
        if (this.tokens[at] !== undefined) input.value = this.tokens[at];
        input.select();
      });
      input.addEventListener('blur', () => this.write(at));
      td.append(input);
    }
    const node = this.editable ? td.firstChild : td;
    node.dataset.cell = String(at);
    node.tabIndex = -1;
    this.cells.push(node);
    return td;
  }

  rowName(row) {
    const { shape, view } = this.told;
    if (shape.length > 1 && view.letters) return spaced(view.letters[row]);
    return shape.length > 1 ? String(row) : '';
  }

  rowTitle(row) {
    return this.told.shape.length > 1 ? String(row) : null;
  }

  columnName(column) {
    const { shape, view } = this.told;
    if (shape.length === 1 && view.letters) return spaced(view.letters[column]);
    if (shape.length === 2 && view.columns) return spaced(view.columns[column]);
    return shape.length ? String(column) : '';
  }

  sliceName(part) {
    const { shape, window } = this.told;
    if (window.planes) return `[:, :, ${part}] ${this.context.text(`tensors.plane_${part}`)}`;
    if (shape.length < 3) return '';
    const before = shape.slice(0, -2);
    return `${indexed('', part, before).slice(0, -1)}, :, :]`;
  }

  fill() {
    const { told, arrays } = this;
    const most = this.most();
    this.cells.forEach((node, at) => {
      const [re, im] = this.valueAt(at);
      const color = this.color(at, re, im, most);
      const td = this.editable ? node.parentElement : node;
      td.style.background = color ? css(color) : '';
      td.style.color = color ? inkOn(color) : '';
      this.write(at);
      const place = indexed(this.name, arrays.cells.data[at], told.shape);
      node.setAttribute('aria-label', `${place} = ${cellWords(re, im, told.dtype)}`);
    });
  }

  /** Writes a cell, unless the visitor is writing there. */
  write(at) {
    const node = this.cells[at];
    if (!node || document.activeElement === node) return;
    const [re, im] = this.valueAt(at);
    const words = cellWords(re, im, this.told.dtype);
    if (this.editable) node.value = words;
    else setText(node, words);
  }

  valueAt(at) {
    const { data } = this.arrays.values;
    return [data[2 * at], data[2 * at + 1]];
  }

  most() {
    let most = 0;
    for (const value of this.arrays.values.data) {
      if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
    }
    return most || 1;
  }

  /** Planes in their colour; else orange below zero, blue above; complex numbers by their size. */
  color(at, re, im, most) {
    const { told } = this;
    const { middle, positive, negative } = this.context.theme.colors;
    if (told.window.planes) {
      const { rows, columns } = this.sides;
      const plane = Math.floor(at / (rows * columns)) + told.window.at[2];
      const high = told.whole.scale?.[1] ?? 255;
      const share = Math.min(1, Math.max(0, re / high)) || 0;
      return mix([24, 24, 24], PLANES[plane].map((part) => part + (255 - part) * 0.25), share);
    }
    if (Number.isNaN(re) || Number.isNaN(im)) return null;
    if (told.whole.colors === 'grey' || told.view.grey) {
      const high = told.whole.scale?.[1] ?? most;
      return mix([0, 0, 0], [255, 255, 255], Math.max(0, Math.min(1, re / high)));
    }
    const value = told.dtype.startsWith('complex') ? Math.hypot(re, im) : re;
    const share = Math.min(1, Math.abs(value) / most);
    return mix(middle, value < 0 ? negative : positive, Math.sqrt(share) * 0.75);
  }

  edited() {
    const shown = this.tokens.length ? this.tokens : this.cells.map((_, at) =>
      typedWords(...this.valueAt(at), this.told.dtype));
    const cells = shown.map((token, at) =>
      (document.activeElement === this.cells[at] ? this.cells[at].value.trim() || '0' : token));
    this.hooks.onEdit(nestedText(cells, this.told.shape));
  }

  // ---- where the visitor points ----------------------------------------------------------------

  pointed(event) {
    const at = Number(event.target.closest?.('[data-cell]')?.dataset.cell
      ?? event.target.querySelector?.(':scope > [data-cell]')?.dataset.cell);
    if (Number.isNaN(at)) return;
    this.rove(at);
    this.hooks.onPoint(this.arrays.cells.data[at], at);
  }

  /** One cell is reached by Tab; from there arrows lead on. */
  rove(at) {
    if (this.roving) this.roving.tabIndex = -1;
    this.roving = this.cells[at];
    if (this.roving) this.roving.tabIndex = 0;
  }

  walk(event) {
    const way = WAYS[event.key];
    const at = this.cells.indexOf(event.target);
    if (!way || at < 0 || this.writing(event)) return;
    event.preventDefault();
    const { rows, columns } = this.sides;
    const part = Math.floor(at / (rows * columns));
    const row = Math.floor(at / columns) % rows + way[0];
    const column = (at % columns) + way[1];
    if (row < 0 || row >= rows || column < 0 || column >= columns) {
      this.hooks.onWalk(way[0], way[1]);
      return;
    }
    const next = this.cells[(part * rows + row) * columns + column];
    this.rove(this.cells.indexOf(next));
    next.focus();
  }

  /** In a field, arrows belong to the text while there is text to walk over. */
  writing({ target, key }) {
    if (!this.editable || key === 'ArrowUp' || key === 'ArrowDown') return false;
    const all = target.selectionStart === 0 && target.selectionEnd === target.value.length;
    if (all) return false;
    return key === 'ArrowLeft' ? target.selectionStart > 0 : target.selectionEnd < target.value.length;
  }

  /** Marks the cells at these places in row order; a class for each. */
  mark(classes) {
    for (const [td, name] of this.marked) td.classList.remove('np-t-read', 'np-t-here', name);
    this.marked.clear();
    if (!classes.size || !this.arrays) return;
    this.arrays.cells.data.forEach((flat, at) => {
      const name = classes.get(flat);
      const node = this.cells[at];
      if (!name || !node) return;
      const td = node.closest('td');
      td.classList.add(name);
      this.marked.set(td, name);
    });
  }
}

/** White space is seen. */
const spaced = (letter = '') => ({ ' ': '␣', '\n': '↵' })[letter] ?? letter;
