/**
 * Colours of data, weights, neurons and output: one palette for all of them.
 *
 * Two classes, weights and values: orange − to blue +, through a middle that is near the page's
 * own background. Classes: the ten colours of Petroff (2021, arXiv:2107.02270), told apart by
 * colour-blind eyes too.
 */

const DEFAULTS = {
  negative: '#f59322',
  positive: '#0877bd',
  positive_dark: '#2f9be6',
  middle: '#e8eaeb',
  middle_dark: '#2a2f37',
  unsure: '#5b2fb5',
  unsure_dark: '#b794f6',
  classes: [
    '#3f90da', '#ffa90e', '#bd1f01', '#94a4a2', '#832db6',
    '#a96b59', '#e76300', '#b9ac70', '#717581', '#92dadd',
  ],
};

const reader = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

/** Any CSS colour as [r, g, b, a], 0..255 and 0..1. */
export function parse(color) {
  reader.clearRect(0, 0, 1, 1);
  reader.fillStyle = '#000';
  reader.fillStyle = color;
  reader.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = reader.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

export function mix(from, to, share) {
  return from.map((value, i) => value + (to[i] - value) * share);
}

export function css([r, g, b], alpha = 1) {
  return `rgba(${Math.round(r)},${Math.round(g)},${Math.round(b)},${alpha})`;
}

/** Relative luminance of WCAG 2.2, 0 (black) to 1 (white). */
export function luminance([r, g, b]) {
  const [lr, lg, lb] = [r, g, b].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * lr + 0.7152 * lg + 0.0722 * lb;
}

/** Black or white, whichever reads better on this background (equal at a luminance of 0.18). */
export function inkOn(rgb) {
  return luminance(rgb) > 0.179 ? '#000000' : '#ffffff';
}

const pack = ([r, g, b]) =>
  (255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r);

/** 256 packed pixels from `at(share)`, share 0..1. */
function table(at) {
  return Uint32Array.from({ length: 256 }, (_, i) => pack(at(i / 255)) >>> 0);
}

/**
 * @param {object} given the page's palette; what it lacks is taken from the defaults
 * @param {boolean} dark
 */
export function palette(given, dark) {
  const names = { ...DEFAULTS, ...(given ?? {}) };
  const negative = parse(names.negative);
  const positive = parse(dark ? names.positive_dark : names.positive);
  const middle = parse(dark ? names.middle_dark : names.middle);
  const classes = names.classes.map(parse);
  const diverging = (share) =>
    share < 0.5 ? mix(negative, middle, share * 2) : mix(middle, positive, share * 2 - 1);
  // How unsure: one hue, from the middle on.
  const unsure = parse(dark ? names.unsure_dark : names.unsure);
  const sure = (share) => mix(middle, unsure, share);
  // The large map is a little paler than its points, so that the points stand on it.
  const pale = (share) => mix(diverging(share), middle, 0.36);
  return {
    negative, positive, middle, classes, diverging, pale,
    classOf: (index, total) =>
      total === 2 ? (index ? positive : negative) : classes[index % classes.length],
    sure,
    sureTable: table(sure),
    neurons: table(diverging),
    map: table(pale),
    mapClasses: classes.map((color) => table((share) => mix(middle, color, share * 0.66))),
  };
}
