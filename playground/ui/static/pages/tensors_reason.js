/** Why a cell of the result is what it is; and why there is no result, and what there could be. */

import { el } from '../dom.js';
import { button } from './kit.js';
import { cellWords, factorWords, indexed, realWords, shapeWords } from './tensors_numbers.js';

/** What the cells of C read, as the worker tells it. */
export class Terms {
  constructor(header, arrays) {
    this.header = header;
    [this.count, this.listed, this.operands] = arrays.terms.shape;
    this.places = arrays.terms.data;
    this.values = arrays.term_values.data;
    this.names = ['A', 'B'].slice(0, this.operands);
  }

  /** The places that cell `at` of C's window reads: [[place in A, place in B], …]. */
  of(at) {
    return Array.from({ length: this.listed }, (_, term) =>
      this.names.map((_name, operand) => this.places[this.index(at, term, operand)]));
  }

  value(at, term, operand) {
    const i = 2 * this.index(at, term, operand);
    return [this.values[i], this.values[i + 1]];
  }

  index(at, term, operand) {
    return (at * this.listed + term) * this.operands + operand;
  }

  /** The cells of C's window that read a place of an operand. */
  readers(operand, place) {
    const found = [];
    for (let at = 0; at < this.count; at += 1) {
      for (let term = 0; term < this.listed; term += 1) {
        if (this.places[this.index(at, term, operand)] === place) {
          found.push(at);
          break;
        }
      }
    }
    return found;
  }
}

/**
 * The arithmetic of one cell: with indices, with numbers, and what comes out.
 *
 * @param {Terms} terms @param {number} at of the cell in C's window
 * @param {object} bench {told: {A, B, C}, flat, value: [re, im], text}
 * @param {(term: number|null) => void} onTerm a term is pointed at
 */
export function arithmetic(terms, at, { told, flat, value, text }, onTerm) {
  const { how, scalar: number, power, terms_of_each: total } = terms.header;
  const wrap = wrapping(how, power);
  const join = how === 'products' || how === 'norm' ? (power === 'inf' ? ', ' : ' + ') : '';
  const line = (write) => {
    const parts = terms.of(at).map((places, term) => el('span', {
      class: 'np-t-term', text: write(places, term),
      on: { pointerenter: () => onTerm(term), pointerleave: () => onTerm(null) },
    }));
    const whole = [];
    parts.forEach((part, term) => {
      if (term) whole.push(term === parts.length - 1 && total > parts.length ? `${join}…${join}` : join);
      whole.push(part);
    });
    return [wrap[0], ...whole, wrap[1]];
  };
  const withNumber = (words, places) => {
    if (how === 'add_number') return `${words} + ${places}`;
    return how === 'times_number' ? `${places} · ${words}` : words;
  };
  const given = number && factorWords(...number, number[1] ? 'complex' : 'float');
  const signs = { add: ' + ', multiply: ' · ', products: ' · ' };
  const one = (parts) => withNumber(decorated(parts.join(signs[how] ?? ''), how, power), given);
  const indices = line((places) => one(places.map((place, operand) => {
    const name = terms.names[operand];
    return indexed(name, place, told[name].shape);
  })));
  const numbers = line((places, term) => one(places.map((_place, operand) => {
    const words = how === 'copy' || how === 'norm' ? cellWords : factorWords;
    return words(...terms.value(at, term, operand), told[terms.names[operand]].dtype);
  })));
  const result = cellWords(...value, told.C.dtype);
  const rows = [
    el('p', { class: 'np-t-formula' }, el('b', { text: `${indexed('C', flat, told.C.shape)} = ` }), ...indices),
    el('p', { class: 'np-t-formula' }, ' = ', ...numbers, el('b', { text: ` = ${result}` })),
  ];
  const plain = plainResult(terms, at);
  if (plain !== null && wraps(told.C.dtype, plain, value[0])) {
    rows.push(el('p', { class: 'np-t-note', text: text('tensors.wraps', {
      dtype: told.C.dtype, plain: realWords(plain), result,
    }) }));
  }
  if (total > terms.listed) {
    rows.push(el('p', { class: 'np-caption', text: text('tensors.all_terms', { count: total, shown: terms.listed }) }));
  }
  return rows;
}

function wrapping(how, power) {
  if (how !== 'norm') return ['', ''];
  if (power === 'inf') return ['max(', ')'];
  return power === 2 ? ['√(', ')'] : ['', ''];
}

function decorated(words, how, power) {
  if (how !== 'norm') return words;
  return power === 2 ? `|${words}|²` : `|${words}|`;
}

/** What the arithmetic gives without a limit; null where it is not of real numbers. */
function plainResult(terms, at) {
  const { how, scalar: number, terms_of_each: total } = terms.header;
  if (total > terms.listed || how === 'copy' || how === 'norm') return null;
  let sum = 0;
  for (let term = 0; term < terms.listed; term += 1) {
    const values = terms.names.map((_, operand) => terms.value(at, term, operand));
    if (values.some(([, im]) => im !== 0) || number?.[1]) return null;
    const reals = values.map(([re]) => re);
    if (how === 'add') sum += reals[0] + reals[1];
    else if (how === 'add_number') sum += reals[0] + number[0];
    else if (how === 'times_number') sum += reals[0] * number[0];
    else sum += reals.reduce((product, re) => product * re, 1);
  }
  return sum;
}

/** Whether a whole number went round at the end of its kind. */
function wraps(dtype, plain, value) {
  return /^u?int/.test(dtype) && Number.isFinite(plain) && Math.abs(plain) < 1e12
    && Math.abs(plain - value) > 0.5;
}

/**
 * Why the shapes do not go together: both, one under the other, and what would fit.
 *
 * @param {object} problem as the worker tells it
 * @param {{told: object, text: Function, onFit: (change: object) => void}} bench
 */
export function misfit(problem, { told, text, onFit }) {
  const parts = [el('p', { class: 'np-t-problem', role: 'status', text: problem.sentence })];
  const named = ['A', 'B'].filter((name) => told[name]);
  const ofKinds = /kind/.test(problem.code);
  if (problem.where === 'operation' && named.length && !ofKinds) parts.push(shapes(problem, told, named, text));
  if (problem.fits.length) {
    parts.push(el('h4', { class: 'np-subtitle', text: text('tensors.would_fit') }),
      el('div', { class: 'np-t-fits' }, ...problem.fits.map((fit) =>
        button(fit.code + (fit.shape ? ` → ${shapeWords(fit.shape)}` : ''), () => onFit(fit.change)))));
  }
  return parts;
}

/** The shapes set against one another from the right; what clashes is framed and said. */
function shapes({ clash }, told, named, text) {
  const most = Math.max(1, ...named.map((name) => told[name].order));
  const rows = named.map((name) => {
    const { shape } = told[name];
    const cells = Array.from({ length: most }, (_, i) => {
      const place = i - (most - shape.length);
      const bad = (clash[name] ?? []).includes(place);
      return el('td', { class: place < 0 ? '' : bad ? 'np-t-side np-t-clash' : 'np-t-side' },
        place < 0 ? '' : `${shape[place]}`, bad && el('small', { text: '≠' }));
    });
    return el('tr', {}, el('th', { scope: 'row', text: `${name}.shape` }), ...cells);
  });
  return el('table', { class: 'np-t-shapes', 'aria-label': text('tensors.both_shapes') }, el('tbody', {}, ...rows));
}
