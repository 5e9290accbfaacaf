/** Small coloured tables of numbers: a matrix or a column, of which some rows may be left out. */

import { css, inkOn, mix } from './colors.js';
import { el, setText } from './dom.js';
import { significant } from './words.js';

const LONGEST = 16; // characters of a name

/**
 * @param {{rows: number[], cols: ?number[]}} tensor which of its rows and columns are shown
 * @param {{rows: ?string[], cols: ?string[]}} names of units, where they have any but a number
 * @returns {{node: HTMLTableElement, cells: HTMLElement[]}}
 */
export function tableOf({ rows, cols }, title, names = {}) {
  const cells = [];
  const columns = cols ?? [null];
  const gap = (list, i) => i > 0 && list[i] !== list[i - 1] + 1;
  const body = rows.map((row, i) => {
    const made = columns.map((col, j) => {
      const cell = el('td', { class: gap(columns, j) && col !== null ? 'np-gap' : '' });
      cells.push(cell);
      return cell;
    });
    return el('tr', { class: gap(rows, i) ? 'np-gap' : '' },
      heading('row', names.rows, row), ...made);
  });
  const head = cols && el('thead', {},
    el('tr', {}, el('td'), ...cols.map((col) => heading('col', names.cols, col))));
  const node = el('table', { class: 'np-numbers' }, el('caption', { text: title }), head, el('tbody', {}, ...body));
  return { node, cells };
}

function heading(scope, names, unit) {
  const name = names?.[unit];
  if (name == null) return el('th', { scope, text: unit + 1 });
  const short = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
  return el('th', { scope, text: short, title: name });
}

/** Writes values, gradients or differences into the cells, coloured by their share of the largest. */
export function fillTable({ cells }, tensor, what, { theme }) {
  const values = tensor[what];
  // A gradient and its check share a scale, so that equal numbers look equal.
  const scale = what === 'values' ? values : tensor.gradient;
  const most = Math.max(1e-12, ...scale.map((value) => Math.abs(value ?? 0)));
  const { middle, positive, negative } = theme.colors;
  values.forEach((value, i) => {
    const cell = cells[i];
    setText(cell, significant(value));
    const share = Math.min(1, Math.abs(value ?? 0) / most);
    const color = mix(middle, value < 0 ? negative : positive, Math.sqrt(share) * 0.85);
    const background = css(color);
    if (cell.dataset.color === background) return;
    cell.dataset.color = background;
    cell.style.background = background;
    cell.style.color = inkOn(color);
  });
}

/** Paints the tables and words inside an element onto a canvas, where they stand on the page. */
export function writeOn(canvas, root, theme) {
  const origin = root.getBoundingClientRect();
  canvas.textBaseline = 'middle';
  for (const node of root.querySelectorAll('h4, p, span, caption, th, td')) {
    const box = node.getBoundingClientRect();
    if (!box.width || !node.textContent) continue;
    const style = getComputedStyle(node);
    const [x, y] = [box.left - origin.left, box.top - origin.top];
    if (node.dataset.color) {
      canvas.fillStyle = node.dataset.color;
      canvas.fillRect(x, y, box.width, box.height);
    }
    canvas.fillStyle = style.color;
    canvas.font = `${style.fontWeight} ${style.fontSize} ${theme.font}`;
    const centred = style.textAlign === 'center';
    canvas.textAlign = centred ? 'center' : 'left';
    canvas.fillText(node.textContent, centred ? x + box.width / 2 : x + 2, y + box.height / 2, box.width);
  }
}
