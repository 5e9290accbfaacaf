/**
 * A height over a rectangle, sampled on a square lattice: its levels, its colours, its contour
 * lines. Row 0 of the values is the lowest; values that are not finite are holes.
 */

import { roundStep } from './cards.js';
import { css, mix, parse } from './colors.js';

const MOST_LEVELS = 13;
/** On a linear scale the walls around a valley would swallow all levels: the highest tenth is flat. */
const LINEAR_TOP = 0.9;
const MOST_DECADES = 8;
const FACTORS = 20; // the highest over the lowest value, from which on factors of the value show enough
const FLOOR = 0.01; // of all heights
const RAMP = {
  light: ['#2a3a63', '#5d73a8', '#a9b7d8', '#edf0f6'],
  dark: ['#0c1328', '#2b3e6b', '#5873ad', '#a3b6de'],
};

export class Relief {
  /**
   * @param {Float32Array} values side × side
   * @param {number[]} window [a0, a1, b0, b1]
   * @param {boolean} log finer near the bottom: by factors, see the constructor
   */
  constructor(values, window, log) {
    this.values = values;
    this.side = Math.round(Math.sqrt(values.length));
    this.window = window;
    const finite = [...values].filter(Number.isFinite).sort((a, b) => a - b);
    this.holes = values.length - finite.length;
    this.min = finite[0] ?? 0;
    this.max = finite.at(-1) ?? 1;
    this.log = log;
    const positive = finite.find((value) => value > 0);
    const spread = this.max - this.min;
    if (log && this.min >= 0 && positive !== undefined && this.max > FACTORS * this.min) {
      this.base = 0;
      this.low = Math.max(this.min, positive, this.max * 10 ** -MOST_DECADES);
      this.high = this.max;
    } else {
      // By factors of what lies above the floor, a little below the lowest value.
      this.base = log ? this.min - FLOOR * spread : 0;
      this.low = this.min;
      this.high = log ? this.max : finite[Math.floor((finite.length - 1) * LINEAR_TOP)] ?? 1;
    }
    if (!(this.high > this.low)) {
      this.high = this.low + Math.max(Math.abs(this.low) * 1e-6, 1e-12);
      this.log = false;
    }
    this.levels = !this.log ? linearLevels(this.low, this.high)
      : this.base === 0 ? logLevels(this.low, this.high) : this.spacedLevels();
    this.shares = Float32Array.from(values, (value) => this.share(value));
  }

  /** Where a value lies between the lowest and the highest colour, 0 to 1; NaN in a hole. */
  share(value) {
    if (!Number.isFinite(value)) return NaN;
    const { base, low, high } = this;
    const share = this.log
      ? Math.log((Math.max(value, low) - base) / (low - base)) / Math.log((high - base) / (low - base))
      : (value - low) / (high - low);
    return Math.max(0, Math.min(1, share));
  }

  /** Levels at equal distances on the scale, as round as three digits allow. */
  spacedLevels() {
    const { base, low, high } = this;
    const at = (share) => base + (low - base) * ((high - base) / (low - base)) ** share;
    const found = Array.from({ length: 9 }, (_, i) => Number(at((i + 1) / 10).toPrecision(3)));
    const inside = [...new Set(found)].filter((level) => level > low && level < high);
    return inside.length > 2 ? inside : [0.25, 0.5, 0.75].map(at);
  }

  /** The place (a, b) as lattice coordinates, 0 to side − 1 within the window. */
  toLattice(a, b) {
    const [a0, a1, b0, b1] = this.window;
    const last = this.side - 1;
    return [((a - a0) / (a1 - a0)) * last, ((b - b0) / (b1 - b0)) * last];
  }

  fromLattice(column, row) {
    const [a0, a1, b0, b1] = this.window;
    const last = this.side - 1;
    return [a0 + (column / last) * (a1 - a0), b0 + (row / last) * (b1 - b0)];
  }

  /** The interpolated entry of `values` or `shares` at (a, b); NaN outside and in holes. */
  at(list, a, b) {
    const [x, y] = this.toLattice(a, b);
    const last = this.side - 1;
    if (!(x >= -1e-9 && y >= -1e-9 && x <= last + 1e-9 && y <= last + 1e-9)) return NaN;
    const column = Math.max(0, Math.min(last - 1, Math.floor(x)));
    const row = Math.max(0, Math.min(last - 1, Math.floor(y)));
    const [u, v] = [x - column, y - row];
    const i = row * this.side + column;
    const low = list[i] + (list[i + 1] - list[i]) * u;
    const top = list[i + this.side] + (list[i + this.side + 1] - list[i + this.side]) * u;
    return low + (top - low) * v;
  }

  /**
   * The lines of one level as lists of lattice points [x, y]: marching squares on the shares, so
   * that lines lie evenly on a logarithmic scale too.
   */
  lines(level) {
    const { side, shares } = this;
    const cut = this.share(level);
    const points = new Map(); // edge -> its point
    const next = new Map(); // edge -> edges that it is joined to
    const edge = (i, j) => {
      const key = i * side * side + j;
      if (!points.has(key)) {
        const t = (cut - shares[i]) / (shares[j] - shares[i]);
        const [xi, yi, xj, yj] = [i % side, Math.floor(i / side), j % side, Math.floor(j / side)];
        points.set(key, [xi + (xj - xi) * t, yi + (yj - yi) * t]);
        next.set(key, []);
      }
      return key;
    };
    const join = (one, other) => {
      next.get(one).push(other);
      next.get(other).push(one);
    };
    for (let row = 0; row < side - 1; row++) {
      for (let column = 0; column < side - 1; column++) {
        const i = row * side + column;
        const corners = [i, i + 1, i + side + 1, i + side];
        if (corners.some((corner) => Number.isNaN(shares[corner]))) continue;
        const above = corners.map((corner) => shares[corner] > cut);
        const crossed = [];
        for (let k = 0; k < 4; k++) {
          const [p, q] = [corners[k], corners[(k + 1) % 4]];
          if (above[k] !== above[(k + 1) % 4]) crossed.push(edge(Math.min(p, q), Math.max(p, q)));
        }
        if (crossed.length === 2) join(crossed[0], crossed[1]);
        else if (crossed.length === 4) {
          // A saddle: its middle says which corners hang together.
          const middle = corners.reduce((sum, corner) => sum + shares[corner], 0) / 4 > cut;
          const turn = middle === above[0] ? 1 : 0;
          join(crossed[0], crossed[turn ? 1 : 3]);
          join(crossed[2], crossed[turn ? 3 : 1]);
        }
      }
    }
    return chained(points, next);
  }
}

/** Joined points as lines: first those with ends, then the closed ones. */
function chained(points, next) {
  const lines = [];
  const walk = (start) => {
    const line = [];
    let at = start;
    while (at !== undefined) {
      line.push(points.get(at));
      const on = next.get(at).pop();
      if (on !== undefined) next.get(on).splice(next.get(on).indexOf(at), 1);
      at = on;
    }
    if (line.length > 1) lines.push(line);
  };
  for (const [key, joined] of next) if (joined.length === 1) walk(key);
  for (const [key, joined] of next) while (joined.length) walk(key);
  return lines;
}

/** 1, 2 and 5 in every decade, or fewer where there are many decades. */
function logLevels(low, high) {
  const decades = Math.log10(high / low);
  const steps = decades < 3.2 ? [1, 2, 5] : decades < 5 ? [1, 3] : [1];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const step of steps) found.push(step * 10 ** power);
  }
  const inside = found.filter((level) => level > low && level < high);
  return inside.length > 2 ? inside.slice(-MOST_LEVELS) : between(low, high, (share) =>
    low * (high / low) ** share);
}

function linearLevels(low, high) {
  const step = roundStep(high - low, 9);
  const found = [];
  for (let i = Math.ceil(low / step); i * step < high && found.length < MOST_LEVELS; i++) {
    if (i * step > low) found.push(i * step);
  }
  return found.length ? found : between(low, high, (share) => low + (high - low) * share);
}

const between = (low, high, at) => [0.2, 0.4, 0.6, 0.8].map(at);

/** Colours of heights: the valley is deep, the heights are pale. share 0..1 -> [r, g, b] */
export function heightColors(theme) {
  const stops = RAMP[theme.dark ? 'dark' : 'light'].map(parse);
  return (share) => {
    const at = Math.max(0, Math.min(1, share)) * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(at));
    return mix(stops[from], stops[from + 1], at - from).slice(0, 3);
  };
}

const EARLY = parse('#ffe9a8');
const LATE = parse('#e3127e');

/** The colour of a moment of the path, 0 the first and 1 the last. */
export const timeColor = (share) => css(mix(EARLY, LATE, share));
