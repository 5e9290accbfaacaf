/** Kinds of characters, and the colour in which each is written. */

import { css, mix, parse } from './colors.js';

/** A class's colour, darkened or lightened until it can be read as a letter. */
const readable = (index) => (theme) =>
  css(mix(theme.colors.classes[index], parse(theme.text), theme.dark ? 0.3 : 0.42));

export const KINDS = {
  vowel: readable(2),
  consonant: readable(0),
  capital: readable(4),
  digit: readable(6),
  han: readable(5),
  sign: (theme) => theme.muted,
};

export function kindOf(letter) {
  if (/\p{Script=Han}/u.test(letter)) return 'han';
  if (/\p{Nd}/u.test(letter)) return 'digit';
  if (/\p{Lu}/u.test(letter)) return 'capital';
  if (/[aeiouáàâäãåéèêëíìîïóòôöõøúùûüæœ]/.test(letter)) return 'vowel';
  if (/\p{L}/u.test(letter)) return 'consonant';
  return 'sign';
}
