/** Building blocks of the pages' panels. */

import { el } from '../dom.js';
import { short } from '../words.js';

/**
 * Tabs with a roving focus; the panel is the caller's.
 *
 * @param {{label: string, tabs: {name: string, label: string}[], current: string,
 *   onChange: (name: string) => void, controls: string}} options `controls`: the panel's id
 */
export function tabList({ label, tabs, current, onChange, controls }) {
  const node = el('div', { class: 'np-tabs', role: 'tablist', 'aria-label': label });
  const buttons = tabs.map(({ name, label: words }) =>
    el('button', {
      type: 'button', class: 'np-tab', role: 'tab', text: words, 'data-name': name,
      'aria-controls': controls, on: { click: () => choose(name) },
    }));
  const show = (name) => {
    for (const button of buttons) {
      const chosen = button.dataset.name === name;
      button.setAttribute('aria-selected', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
  };
  const choose = (name) => {
    show(name);
    onChange(name);
  };
  node.addEventListener('keydown', (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const button = buttons[(to + buttons.length) % buttons.length];
    button.focus();
    choose(button.dataset.name);
  });
  node.append(...buttons);
  show(current);
  return { node, show };
}

export function button(label, onClick, attributes = {}) {
  return el('button', {
    type: 'button', class: 'np-toggle', text: label, on: { click: onClick }, ...attributes,
  });
}

/** A chip among several of which one is chosen. */
export function chips({ label, names, words, onChoose }) {
  const buttons = names.map((name) => button(words(name), () => onChoose(name), { 'data-name': name }));
  return {
    node: el('div', { class: 'np-chips', role: 'group', 'aria-label': label }, ...buttons),
    show: (chosen) => buttons.forEach((one) =>
      one.setAttribute('aria-pressed', String(one.dataset.name === chosen))),
  };
}

/** A field for one number; what is no number is marked, and the old value stays. */
export function numberField({ label, value, low, high, onChange }) {
  const node = el('input', {
    class: 'np-number', type: 'text', inputmode: 'decimal', 'aria-label': label, autocomplete: 'off',
  });
  const show = (now) => {
    if (document.activeElement !== node) node.value = plainNumber(now);
    node.removeAttribute('aria-invalid');
  };
  const read = () => {
    const now = readNumber(node.value);
    const fits = now !== null && now >= low && now <= high;
    if (fits) node.removeAttribute('aria-invalid');
    else node.setAttribute('aria-invalid', 'true');
    return fits ? now : null;
  };
  node.addEventListener('input', () => {
    const now = read();
    if (now !== null) onChange(now);
  });
  node.addEventListener('focus', () => node.select());
  let latest = value;
  node.addEventListener('blur', () => show(latest));
  const keep = (now) => show((latest = now));
  keep(value);
  return { node, show: keep };
}

/** A slider with its name and value. */
export function slider({ label, low, high, step, value, words = plainNumber, onChange }) {
  const input = el('input', {
    type: 'range', min: low, max: high, step, 'aria-label': label, class: 'np-range',
  });
  const output = el('output', { class: 'np-out' });
  const show = (now) => {
    input.value = String(now);
    output.textContent = words(now);
    input.setAttribute('aria-valuetext', words(now));
  };
  input.addEventListener('input', () => {
    const now = Number(input.value);
    show(now);
    onChange(now);
  });
  show(value);
  return {
    node: el('label', { class: 'np-slider' }, el('span', { text: label }), input, output), input, show,
  };
}

/** A number as it is written in a field: at most three decimals, a plain minus. */
export function plainNumber(value) {
  return String(Number(Number(value).toFixed(3)));
}

/** A number as a visitor may type it: 0.5, 0,5, −1/2; null where it is none. */
export function readNumber(text) {
  const plain = text.trim().replaceAll('−', '-').replace(/^(-?\d*),(\d+)$/, '$1.$2');
  const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const [top, bottom = '1', ...rest] = plain.split('/').map((part) => part.trim());
  if (rest.length || !number.test(top) || !number.test(bottom)) return null;
  const value = Number(top) / Number(bottom);
  return Number.isFinite(value) ? value : null;
}

/** Names and values, one beside the other: rows [name, value, title?]. */
export function facts() {
  const node = el('dl', { class: 'np-facts' });
  let shown = '';
  return {
    node,
    show(rows) {
      const key = JSON.stringify(rows);
      if (key === shown) return;
      shown = key;
      node.replaceChildren(...rows.map(([name, value, title]) =>
        el('div', { title }, el('dt', { text: name }), el('dd', { text: value }))));
    },
  };
}

/** A matrix between brackets, as text that can be read aloud. */
export function matrixTable(entries, columns, label) {
  const values = clean(entries);
  const rows = [];
  for (let at = 0; at < values.length; at += columns) {
    rows.push(el('tr', {}, ...values.slice(at, at + columns).map((value) =>
      el('td', { text: short(value) }))));
  }
  return el('table', { class: 'np-matrix', 'aria-label': label }, el('tbody', {}, ...rows));
}

/** A vector in a line: (1, 0.5). */
export const vectorWords = (vector) => `(${clean(vector).map((value) => short(value)).join(', ')})`;

/** What is nothing but rounding beside the largest of its kind is nothing. */
export function clean(values) {
  const most = Math.max(...values.map(Math.abs));
  return values.map((value) => (Math.abs(value) < 1e-12 * most || Math.abs(value) < 1e-14 ? 0 : value));
}

/** A complex number: 0.5 + 0.87i. */
export function complexWords({ re, im }) {
  if (im === 0) return short(re);
  const size = short(Math.abs(im));
  return `${short(re)} ${im < 0 ? '−' : '+'} ${size === '1' ? '' : size}i`;
}

/** Eigenvalues in a line, a conjugate pair as one: 1.1, 0.7 ± 0.6i. */
export function eigenvalueWords(values) {
  return values.filter(({ im }) => im >= 0).map((value) =>
    (value.im > 0 ? complexWords(value).replace(' + ', ' ± ') : complexWords(value))).join(', ');
}
