/**
 * How much of the differences between trials each knob explains by itself.
 *
 * The trials that ran to their end are put into groups by the value of one knob; the share of the
 * variance of the metric that lies between the groups, corrected for chance (Kelley's ε², 1935:
 * without the correction every knob would explain something). What knobs do only together is in
 * none of the shares. A metric that is shown in powers is compared in powers.
 */

import { el } from '../dom.js';
import { percent } from '../words.js';
import { keyOf } from './sweep_scale.js';

export const LEAST_TRIALS = 8;
const GROUPS = 5; // of a knob with more values than this, equally many trials in each

/**
 * Kelley's ε²: 1 − (n − 1) / (n − k) · (within / total).
 *
 * @param {{group: *, value: number}[]} rows
 * @returns {number | null} share of the variance between the groups, at least 0; null where it
 *   cannot be said: fewer than two groups, no group with two trials, nothing that varies
 */
export function explained(rows) {
  const groups = new Map();
  for (const { group, value } of rows) {
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(value);
  }
  const [n, k] = [rows.length, groups.size];
  const total = squares(rows.map(({ value }) => value));
  if (k < 2 || n <= k || !(total > 0)) return null;
  const within = [...groups.values()].reduce((sum, values) => sum + squares(values), 0);
  return Math.max(0, 1 - ((n - 1) / (n - k)) * (within / total));
}

function squares(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

/** The group of every trial by one knob: its values, or equally full parts of its range. */
export function groupsOf(trials, key) {
  const values = trials.map((row) => row.values[key]);
  const different = new Set(values.map(keyOf));
  if (different.size <= GROUPS || values.some((value) => typeof value !== 'number')) return values.map(keyOf);
  const order = values.map((value, i) => [value, i]).sort(([a], [b]) => a - b);
  const groups = [];
  let before = null;
  order.forEach(([value, i], place) => {
    // The same value never stands in two groups.
    const group = before && before.value === value ? before.group : Math.floor((place * GROUPS) / order.length);
    groups[i] = group;
    before = { value, group };
  });
  return groups;
}

export class Shares {
  constructor(context, results) {
    Object.assign(this, { context, results });
    const { text } = context;
    this.list = el('div', { class: 'np-s-shares', role: 'list' });
    this.note = el('p', { class: 'np-caption' });
    this.node = el('section', { class: 'np-s-card' },
      el('h3', { class: 'np-title', text: text('sweep.shares') }), this.list, this.note);
  }

  compute() {
    const { results } = this;
    const trials = results.done;
    const log = results.score?.log;
    const values = trials.map(({ value }) => (log ? Math.log(value) : value));
    return results.knobs.map((knob) => {
      const groups = groupsOf(trials, knob.key);
      return { knob, share: explained(groups.map((group, i) => ({ group, value: values[i] }))) };
    });
  }

  paint() {
    const { results, context: { text } } = this;
    if (!results.whole) return;
    const number = results.done.length;
    const enough = number >= LEAST_TRIALS;
    const found = enough ? this.compute().sort((a, b) => (b.share ?? -1) - (a.share ?? -1)) : [];
    const key = JSON.stringify([found.map(({ knob, share }) => [knob.key, share]), enough]);
    if (key === this.shown) return;
    this.shown = key;
    this.node.dataset.shares = JSON.stringify(Object.fromEntries(found.map(({ knob, share }) => [knob.key, share])));
    this.list.replaceChildren(...found.map(({ knob, share }) => {
      const bar = el('i', { class: 'np-s-bar' });
      bar.style.width = `${100 * (share ?? 0)}%`;
      return el('div', { class: 'np-s-share', role: 'listitem' },
        el('span', { class: 'np-s-share-name', text: knob.name }), el('span', { class: 'np-s-track', 'aria-hidden': 'true' }, bar),
        el('b', { text: share === null ? '–' : percent(share) }));
    }));
    const bayes = results.method === 'bayes' ? ` ${text('sweep.shares_bayes')}` : '';
    this.note.textContent = enough ? text('sweep.shares_note', { count: number }) + bayes : text('sweep.shares_few', { least: LEAST_TRIALS });
  }
}
