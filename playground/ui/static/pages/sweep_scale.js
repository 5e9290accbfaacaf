/**
 * Axes of a sweep: where a knob's value or the metric lies between 0 and 1, and how it is written.
 *
 * A scale is {kind: 'choice' | 'number', place(value), ticks: [{at, value, words}], words(value),
 * nearest(share)}; of numbers also `log`, `low`, `high`.
 */

import { css, mix } from '../colors.js';
import { roundStep } from '../cards.js';
import { short } from '../words.js';

const LOG_FROM = 20; // times from the least to the largest beyond which a metric's axis is in powers
const MOST_VALUES = 12; // different values that still are a list and no range
const TICKS = 5;
const INSET = 0.07;

/** A value as it is told apart: 0.1 and "0.1" are not the same. */
export const keyOf = (value) => JSON.stringify(value);

/** The values that a knob takes in a grid, as core/sweep/space.py has them. */
export function gridOf(knob, whole) {
  if (knob.kind === 'choices') return knob.values;
  const { low, high, log, count } = knob;
  const places = Array.from({ length: count }, (_, i) => {
    const share = i / (count - 1);
    const value = log ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low))) : low + share * (high - low);
    return whole ? Math.round(value) : Number(value.toPrecision(4));
  });
  return [...new Set(places)];
}

/**
 * The scale of a searched setting: all that it may be, so that no axis moves while trials come in.
 *
 * @param {{choices?: [*, string][], whole: boolean, log: boolean, spec: object}} knob
 * @param {string} method of the search: only a grid's range is a list
 */
export function knobScale(knob, method) {
  const { spec } = knob;
  const listed = spec.kind === 'choices' || method === 'grid' ? gridOf(spec, knob.whole) : null;
  if (knob.choices) return choiceScale(listed, wordsOf(knob));
  if (listed && listed.length <= MOST_VALUES) return listScale([...listed].sort((a, b) => a - b), knob.log);
  const [low, high] = listed ? [Math.min(...listed), Math.max(...listed)] : [spec.low, spec.high];
  return numberScale({ low, high, log: knob.log && low > 0, whole: knob.whole });
}

function wordsOf(knob) {
  const names = new Map(knob.choices.map(([value, words]) => [keyOf(value), words]));
  return (value) => names.get(keyOf(value)) ?? String(value);
}

/** How a value of a knob is written. */
export function knobWords(knob) {
  return knob.choices ? wordsOf(knob) : numberWords;
}

/** A number as one would type it: 0.003, not 3.0e-3; never wider than needed. */
export function numberWords(value) {
  if (value == null || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const words = size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(3))) : short(value);
  return words.replace('-', '−');
}

function choiceScale(values, words) {
  const keys = values.map(keyOf);
  // A single choice stands in the middle.
  const at = (i) => inset(keys.length === 1 ? 0.5 : i / (keys.length - 1));
  return {
    kind: 'choice', values, words,
    place: (value) => {
      const i = keys.indexOf(keyOf(value));
      return i < 0 ? null : at(i);
    },
    ticks: values.map((value, i) => ({ at: at(i), value, words: words(value) })),
    stops: between(values.map((_, i) => at(i))),
  };
}

/** Numbers of a list: as far apart as they are, each with its own tick. */
function listScale(values, log) {
  const inner = numberScale({ low: values[0], high: values.at(-1), log: log && values[0] > 0, whole: false });
  const place = (value) => (typeof value === 'number' ? inset(inner.place(value)) : null);
  return {
    ...inner, place, listed: values, valueAt: (share) => inner.valueAt((share - INSET) / (1 - 2 * INSET)),
    ticks: values.map((value) => ({ at: place(value), value, words: numberWords(value) })),
    stops: between(values.map(place)),
  };
}

/** Where the end of a marked part may stand between values: none is cut in two. */
function between(places) {
  return [0, ...places.slice(1).map((place, i) => (place + places[i]) / 2), 1];
}

/** Whether numbers are apart by factors rather than by differences. */
export function geometric(values) {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length < 3 || !(sorted[0] > 0)) return false;
  const uneven = (numbers) => {
    const gaps = numbers.slice(1).map((number, i) => number - numbers[i]);
    return Math.max(...gaps) / Math.min(...gaps);
  };
  return uneven(sorted.map(Math.log)) < uneven(sorted);
}

/** Values of a list keep off the ends of their axis: lines with the same value are spread there. */
const inset = (share) => INSET + share * (1 - 2 * INSET);

function numberScale({ low, high, log, whole }) {
  if (!(high > low)) [low, high] = log ? [low / 2, high * 2] : [low - Math.max(1, Math.abs(low)) / 2, high + Math.max(1, Math.abs(high)) / 2];
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  const place = (value) => (Number.isFinite(value) ? ((log ? Math.log(Math.max(value, Number.MIN_VALUE)) : value) - from) / (to - from) : null);
  const valueAt = (share) => {
    const value = from + share * (to - from);
    return log ? Math.exp(value) : value;
  };
  return {
    kind: 'number', log, low, high, place, valueAt, listed: null, words: numberWords, stops: null,
    ticks: (log ? logTicks(low, high) : linearTicks(low, high, whole)).map((value) => ({ at: place(value), value, words: numberWords(value) })),
  };
}

function linearTicks(low, high, whole) {
  const step = Math.max(roundStep(high - low, TICKS), whole ? 1 : 0);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Powers of ten, with 2 and 5 between them where there is room, or 3 where there is some. */
function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const parts = decades <= 1.5 ? [1, 2, 5] : decades <= 3.2 ? [1, 3] : [1];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const part of parts) {
      const value = Number((part * 10 ** power).toPrecision(3));
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value);
    }
  }
  const every = Math.ceil(ticks.length / 7);
  return ticks.length < 2 ? [low, high] : ticks.filter((_, i) => i % every === 0);
}

/**
 * The scale of the metric over all trials that have one. A loss of many sizes is shown in powers.
 * @param {number[]} values finite ones
 */
export function metricScale(values, { score }) {
  if (!values.length) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = !score && low > 0 && high / low > LOG_FROM;
  return numberScale({ low, high, log, whole: false });
}

/** 0 for the best value of all trials, 1 for the worst. */
export function badness(scale, better, value) {
  const share = scale?.place(value);
  if (share == null) return null;
  const within = Math.max(0, Math.min(1, share));
  return better === 'low' ? within : 1 - within;
}

/** The colour of a trial: blue where it is good, orange where it is bad. As [r, g, b]. */
export function colorOf(theme, bad) {
  const { positive, negative } = theme.colors;
  const between = theme.dark ? [150, 150, 155] : [125, 125, 130];
  return bad < 0.5 ? mix(positive, between, bad * 2) : mix(between, negative, bad * 2 - 1);
}

/** The colours of a legend, from the best to the worst. */
export function gradient(theme) {
  const stops = [0, 0.25, 0.5, 0.75, 1].map((bad) => css(colorOf(theme, bad)));
  return `linear-gradient(90deg, ${stops.join(',')})`;
}
