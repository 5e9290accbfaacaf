/** The warped grid's geometry and paint: lines, colours, points, what lies near the pointer. */

import { selectionOf } from './brush.js';
import { css, mix } from './colors.js';
import { pointColor } from './points.js';
import { isRegression } from './scene.js';
import { litLast } from './scores.js';

const LEVELS = 16;
const NEAR_PX = 14;
/** One input has no second axis: its line lies in the middle of a window of this height. */
const FLAT = 1;

/**
 * A window [x0, x1, y0, y1] that follows a stage calmly: grows at once, shrinks only when less
 * than half of it is filled.
 */
export function steadyWindow() {
  let held = null;
  let shown = null;
  return ({ data, shape: [, count] }, index, stage) => {
    const found = [Infinity, -Infinity, Infinity, -Infinity];
    const start = index * count * 2;
    for (let i = start; i < start + count * 2; i += 2) {
      found[0] = Math.min(found[0], data[i]);
      found[1] = Math.max(found[1], data[i]);
      found[2] = Math.min(found[2], data[i + 1]);
      found[3] = Math.max(found[3], data[i + 1]);
    }
    const key = String(stage.pair);
    if (key !== shown) held = null;
    shown = key;
    const sides = [0, 2].map((k) => {
      const [low, high] = [found[k], found[k + 1]];
      const span = high - low;
      // A direction without extent is a line; it gets a window all the same.
      const other = found[3 - k] - found[2 - k];
      if (span < 1e-3 * other || span === 0) {
        const half = Math.max(FLAT, Math.abs(low) * 1e-3);
        return [low - half, high + half];
      }
      const inside = held && low >= held[k] && high <= held[k + 1];
      if (inside && span > 0.5 * (held[k + 1] - held[k])) return [held[k], held[k + 1]];
      return [low - span * 0.08, high + span * 0.08];
    });
    held = sides.flat();
    return held;
  };
}

/**
 * Places (x, y, x, y, …) at a position between two stages, in the window of the nearer one: each
 * stage fills its window, so windows are mixed with the places.
 */
export function placesAt({ data, shape: [, count] }, position, windows) {
  const low = Math.floor(position);
  const share = position - low;
  const here = data.subarray(low * count * 2, (low + 1) * count * 2);
  if (share === 0) return here;
  const there = data.subarray((low + 1) * count * 2, (low + 2) * count * 2);
  const [a, b] = [windows[low], windows[low + 1]];
  const home = share < 0.5 ? a : b;
  const mixed = new Float32Array(count * 2);
  for (let k = 0; k < 2; k++) {
    const [a0, a1, b0, b1] = [a[2 * k], a[2 * k + 1], b[2 * k], b[2 * k + 1]];
    const [h0, span] = [home[2 * k], home[2 * k + 1] - home[2 * k]];
    for (let i = k; i < mixed.length; i += 2) {
      const from = (here[i] - a0) / (a1 - a0);
      const to = (there[i] - b0) / (b1 - b0);
      mixed[i] = h0 + span * (from + (to - from) * share);
    }
  }
  return mixed;
}

/** The colours that lines may have, and which of them each vertex has. */
export function colorsOf({ warp, colors, scene, theme, direction }) {
  return direction ? byDirection(warp, theme) : byAnswer(colors, scene, theme);
}

/** Lines of equal u run through one colour, lines of equal v through another. */
function byDirection({ lines, samples }, { colors, dark, background }) {
  const ends = dark ? [[70, 60, 110], [70, 60, 40]] : [[205, 195, 235], [240, 220, 180]];
  const tops = [colors.classes[4], colors.classes[6]];
  const table = [0, 1].flatMap((side) => Array.from({ length: LEVELS }, (_, i) =>
    css(mix(ends[side], dark ? mix(tops[side], [255, 255, 255], 0.35) : tops[side], i / (LEVELS - 1)))));
  const half = Math.max(1, lines / 2);
  const level = new Uint8Array(lines * samples);
  for (let line = 0; line < lines; line++) {
    const side = line >= half ? 1 : 0;
    const rank = lines === 1 ? null : (line % half) / (half - 1);
    for (let i = 0; i < samples; i++) {
      const share = rank ?? i / (samples - 1);
      level[line * samples + i] = side * LEVELS + Math.round(share * (LEVELS - 1));
    }
  }
  return { table, level, background };
}

/** The network's answer, with the map's colours; a little grey where it is unsure. */
function byAnswer({ data, shape }, scene, { colors, dark }) {
  const count = shape.at(-1);
  const level = new Uint8Array(count);
  const unsure = dark ? [120, 126, 136] : [178, 182, 188];
  if (shape.length === 1) {
    const ends = [colors.negative, colors.positive];
    const table = Array.from({ length: LEVELS }, (_, i) => {
      const share = (i / (LEVELS - 1)) * 2 - 1;
      return css(mix(unsure, ends[Number(share > 0)], Math.abs(share)));
    });
    for (let i = 0; i < count; i++) level[i] = Math.round((data[i] / 255) * (LEVELS - 1));
    return { table, level };
  }
  const classes = shape[0];
  const steps = 4;
  const table = Array.from({ length: classes * steps }, (_, i) =>
    css(mix(unsure, colors.classOf(Math.floor(i / steps), classes), 0.25 + 0.75 * (i % steps) / (steps - 1))));
  for (let i = 0; i < count; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) if (data[k * count + i] > data[best * count + i]) best = k;
    const floor = 255 / classes;
    const sure = Math.max(0, (data[best * count + i] - floor) / (255 - floor));
    level[i] = best * steps + Math.min(steps - 1, Math.floor(sure * steps));
  }
  return { table, level };
}

/** Which lines are the plane's own edge, and so drawn stronger. */
export function edgesOf({ lines }) {
  const half = lines / 2;
  return new Set(lines === 1 ? [0] : [0, half - 1, half, lines - 1]);
}

/** All lines, those of one colour in one stroke. */
export function paintGrid(context, places, { warp, shades, edges }, { x, y }, width) {
  const { lines, samples } = warp;
  const { table, level } = shades;
  const paths = new Map();
  const pathOf = (color, strong) => {
    const key = color * 2 + strong;
    if (!paths.has(key)) paths.set(key, new Path2D());
    return paths.get(key);
  };
  for (let line = 0; line < lines; line++) {
    const strong = Number(edges.has(line));
    let path = null;
    let color = -1;
    for (let i = 1; i < samples; i++) {
      const at = line * samples + i;
      if (level[at] !== color) {
        color = level[at];
        path = pathOf(color, strong);
        path.moveTo(x(places[at * 2 - 2]), y(places[at * 2 - 1]));
      }
      path.lineTo(x(places[at * 2]), y(places[at * 2 + 1]));
    }
  }
  context.lineJoin = 'round';
  for (const [key, path] of paths) {
    context.lineWidth = key % 2 ? width * 1.9 : width;
    context.strokeStyle = table[key >> 1];
    context.stroke(path);
  }
}

/** The data points as spots, test points first, so that training points lie on top. */
export function spotsAt(places, { warp, scene, hub, theme }, { x, y }) {
  const { arrays } = hub;
  const selection = selectionOf(hub);
  const grid = warp.lines * warp.samples;
  const total = places.length / 2;
  const spots = [];
  const add = (source, from, to, test) => {
    for (let i = from; i < to; i++) {
      const at = (i - from) * 3;
      const value = source?.data[at + 2] ?? 0;
      spots.push({
        x: x(places[i * 2]), y: y(places[i * 2 + 1]), test, value,
        place: [places[i * 2], places[i * 2 + 1]],
        index: i - from, lit: selection.lit(test, i - from),
        color: pointColor(scene, theme, value),
      });
    }
  };
  add(arrays.points_test, grid + warp.train, total, true);
  add(arrays.points_train, grid, grid + warp.train, false);
  return litLast(spots);
}

/** The vertex of the grid nearest to the pointer: where it came from, where it is. */
export function nearestVertex(places, { warp, places: all, colors, scene }, { x, y }, pointer) {
  const count = warp.lines * warp.samples;
  let best = -1;
  let closest = NEAR_PX;
  for (let i = 0; i < count; i++) {
    const away = Math.hypot(x(places[i * 2]) - pointer.x, y(places[i * 2 + 1]) - pointer.y);
    if (away < closest) {
      closest = away;
      best = i;
    }
  }
  if (best < 0) return null;
  const rows = colors.shape.length > 1 ? colors.shape[0] : 1;
  const answers = Array.from({ length: rows }, (_, k) => colors.data[k * count + best] / 255);
  return {
    from: [all.data[best * 2], all.data[best * 2 + 1]], // the plane is the first stage
    place: [places[best * 2], places[best * 2 + 1]],
    answers: isRegression(scene)
      ? [scene.value_range[0] + answers[0] * (scene.value_range[1] - scene.value_range[0])]
      : answers,
  };
}
