/** The letters of a recurrent block's equations, and one of its sums in numbers. */

import { significant } from './words.js';

const LETTERS = {
  lstm: { state: 'h', memory: 'c', input: 'i', forget: 'f', output: 'o', candidate: 'g' },
  gru: { state: 'h', reset: 'r', update: 'z', candidate: 'n' },
  rnn: { state: 'h' },
};

/** The letter that stands for a part in torch's documentation. */
export function letterOf(kind, part) {
  return LETTERS[kind]?.[part] ?? 'a';
}

/**
 * How the new memory or state comes from the gates: "c = 0.62 × 0.41 + 0.33 × 0.90 = 0.55".
 * @param {object|null} before the values one place earlier; null at the first place
 * @param {boolean} handed whether the first place begins with a state that is not 0
 */
export function arithmetic(kind, values, before, handed) {
  if (!before && handed) return '';
  const n = significant;
  if (kind === 'lstm') {
    const memory = before?.memory ?? 0;
    return `c = f × c₋₁ + i × g = ${n(values.forget)} × ${n(memory)} + ${n(values.input)} × ${n(values.candidate)} = ${n(values.memory)}`
      + ` · h = o × tanh c = ${n(values.output)} × ${n(Math.tanh(values.memory))} = ${n(values.state)}`;
  }
  if (kind === 'gru') {
    const state = before?.state ?? 0;
    return `h = (1 − z) × n + z × h₋₁ = ${n(1 - values.update)} × ${n(values.candidate)} + ${n(values.update)} × ${n(state)} = ${n(values.state)}`;
  }
  return '';
}
