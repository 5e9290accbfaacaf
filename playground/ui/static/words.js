/** Words and numbers as the visitor reads them. */

/** @returns {(key: string, params?: object) => string} looks "bar.play" up in the nested words */
export function translator(words) {
  return (key, params = {}) => {
    let found = words;
    for (const part of key.split('.')) found = found?.[part];
    if (typeof found !== 'string') return key;
    return found.replace(/\{(\w+)\}/g, (whole, name) =>
      name in params ? show(params[name]) : whole
    );
  };
}

function show(value) {
  if (typeof value === 'number' && !Number.isInteger(value)) return significant(value);
  return String(value);
}

const counters = new Map();

/** A whole number with the language's separators: 1,204. */
export function count(value, lang) {
  if (value == null || !Number.isFinite(value)) return '–';
  if (!counters.has(lang)) {
    counters.set(lang, new Intl.NumberFormat(lang, { maximumFractionDigits: 0 }));
  }
  return counters.get(lang).format(value);
}

/** About three significant digits, never wider than seven characters. */
export function significant(value) {
  if (value == null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e5 || size < 5e-4) return value.toExponential(1).replace('e+', 'e').replace('-', '−');
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : 4;
  return value.toFixed(digits).replace('-', '−');
}

/** The same without trailing zeros, for the ends of a scale. */
export function short(value) {
  const words = significant(value);
  return words.includes('.') && !words.includes('e') ? words.replace(/\.?0+$/, '') : words;
}

/** A number with an explicit sign, for weights. */
export function signed(value) {
  return value > 0 ? `+${significant(value)}` : significant(value);
}

export function percent(share, digits = 0) {
  if (share == null || !Number.isFinite(share)) return '–';
  return `${(share * 100).toFixed(digits)} %`;
}

/** Whole percents that are 100 only when everything is right. */
export function accuracy(share) {
  if (share == null || !Number.isFinite(share)) return '–';
  return share < 1 ? percent(Math.min(share, 0.999), 1) : '100 %';
}
