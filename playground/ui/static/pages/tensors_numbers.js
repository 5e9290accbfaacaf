/** Numbers, indices and shapes as PyTorch writes them. */

import { short } from '../words.js';

/** How far apart in row order the neighbours along each dimension are. */
export function rowSteps(shape) {
  const steps = [];
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i], i -= 1) steps[i] = step;
  return steps;
}

/** The indices of the cell at a place in row order. */
export function placeOf(flat, shape) {
  return rowSteps(shape).map((step, i) => Math.floor(flat / step) % shape[i]);
}

/** A[0, 1]; a single number is A. */
export function indexed(name, flat, shape) {
  return shape.length ? `${name}[${placeOf(flat, shape).join(', ')}]` : name;
}

/** (2, 3), (2,), () */
export function shapeWords(shape) {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}

/** A number in a cell: whole ones whole, others by about three digits. */
export function cellWords(re, im, dtype) {
  if (dtype === 'bool') return re ? 'True' : 'False';
  if (!dtype.startsWith('complex')) return realWords(re);
  if (im === 0) return realWords(re);
  const size = realWords(Math.abs(im));
  const imaginary = `${size === '1' ? '1' : size}j`;
  if (re === 0) return im < 0 ? `−${imaginary}` : imaginary;
  return `${realWords(re)}${im < 0 ? '−' : '+'}${imaginary}`;
}

export function realWords(value) {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '−inf' : 'inf';
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace('-', '−');
  return short(value);
}

/** In a sum or product: what begins with a sign, or is a sum itself, stands in brackets. */
export function factorWords(re, im, dtype) {
  const words = cellWords(re, im, dtype);
  return /^−/.test(words) || /.[+−]/.test(words.replace(/e[+−]/, 'e')) ? `(${words})` : words;
}

/** A number as it can be typed again. */
export function typedWords(re, im, dtype) {
  const one = (value) => (Number.isNaN(value) ? 'nan'
    : !Number.isFinite(value) ? (value < 0 ? '-inf' : 'inf')
      : String(Number(value.toPrecision(7))));
  if (dtype === 'bool') return re ? 'True' : 'False';
  if (!dtype.startsWith('complex') || im === 0) return one(re);
  const imaginary = one(im);
  return `${one(re)}${imaginary.startsWith('-') ? '' : '+'}${imaginary}j`;
}

/** Texts of cells in row order as nested lists. */
export function nestedText(cells, shape) {
  if (!shape.length) return cells[0];
  const step = cells.length / shape[0];
  const parts = Array.from({ length: shape[0] }, (_, i) =>
    nestedText(cells.slice(i * step, (i + 1) * step), shape.slice(1)));
  return `[${parts.join(', ')}]`;
}

/** The same cells in another shape: what is in both is kept, what is new is 0. */
export function resized(cells, shape, wanted) {
  const length = wanted.reduce((product, side) => product * side, 1);
  const before = rowSteps(shape);
  const lead = wanted.length - shape.length;
  return Array.from({ length }, (_, flat) => {
    const place = placeOf(flat, wanted);
    // Dimensions come and go in front.
    const inside = lead >= 0 ? place.slice(lead) : [...Array(-lead).fill(0), ...place];
    const fresh = lead > 0 && place.slice(0, lead).some((i) => i > 0);
    if (fresh || inside.some((i, k) => i >= shape[k])) return '0';
    return cells[inside.reduce((sum, i, k) => sum + i * before[k], 0)] ?? '0';
  });
}

/** The numbers of a typed tensor as they were typed, in row order. */
export function typedCells(text) {
  return text.match(/[^\s,;[\]()【】，；［］（）、]+/g) ?? [];
}
