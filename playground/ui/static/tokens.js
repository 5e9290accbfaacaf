/** Tokens as labels: short, with signs for what cannot be seen. */

const SIGNS = { ' ': '␣', '\n': '↵', '\t': '⇥', '\r': '↵' };
const LONGEST = 14;

/** A token as it can be read: a space is a sign, a long word is cut. */
export function shownToken(text) {
  const seen = [...text].map((letter) => SIGNS[letter] ?? letter).join('');
  return [...seen].length > LONGEST ? `${[...seen].slice(0, LONGEST - 1).join('')}…` : seen;
}

/** A token between quotation marks behind a place's number; nothing where places have numbers alone. */
export function quoted(tokens, place) {
  return tokens ? ` “${shownToken(tokens[place])}”` : '';
}

/**
 * Labels along a line of cells, as many as there is room for, each with the number of its place.
 * @param {{context: CanvasRenderingContext2D, theme: object}} on
 * @param {string[]|null} tokens of all places; null where places have only numbers
 * @param {{count: number, first: number, at: (place: number) => number, each: number, y: number}} line where
 *   the middle of a place is, how wide it is, and the labels' base line
 * @param {(place: number) => boolean} [lit] places whose label stands out
 */
export function paintLabels({ context, theme }, tokens, { count, first, at, each, y }, lit = () => false) {
  const size = Math.max(9, Math.min(12, each * 1.3));
  const words = Array.from({ length: count }, (_, i) => (tokens ? shownToken(tokens[i]) : String(first + i + 1)));
  context.font = `${size}px ${theme.font}`;
  const widest = words.reduce((most, word) => Math.max(most, context.measureText(word).width), 0);
  const slanted = tokens && widest > each && widest > 1.4 * size;
  const step = slanted ? Math.ceil((size * 1.05) / each) : Math.max(1, Math.ceil((widest + 2) / each));
  words.forEach((word, i) => {
    const marked = lit(i);
    if (i % step && !marked) return;
    context.save();
    context.translate(at(i), y);
    context.fillStyle = marked ? theme.text : theme.muted;
    context.font = `${marked ? '700 ' : ''}${size}px ${theme.font}`;
    context.textBaseline = 'top';
    if (slanted) context.rotate(Math.PI / 4);
    context.textAlign = slanted ? 'left' : 'center';
    context.fillText(word, 0, 0);
    context.restore();
  });
}

/** How high the labels of `paintLabels` are. */
export function labelHeight({ context, theme }, tokens, each) {
  if (!tokens) return 14;
  const size = Math.max(9, Math.min(12, each * 1.3));
  context.font = `${size}px ${theme.font}`;
  const widest = tokens.reduce((most, token) => Math.max(most, context.measureText(shownToken(token)).width), 0);
  return widest > each && widest > 1.4 * size ? Math.min(64, widest * 0.72 + size) : size + 3;
}
