/**
 * The bowl of a line's loss in closed form: what is dragged answers within a frame. The same as
 * playground/core/linalg/least_squares.py, to which tests/browser/test_descent.py holds it.
 */

import { apply, difference, dot, norm, scaled, sum, svd } from './matrix.js';

const FAR = 1e15;
const FLAT = 1e-12;

/**
 * @param {number[][]} points
 * @param {'raw'|'centred'|'standard'} scaling
 * @returns {{mean: number, spread: number, hessian: number[], eigenvalues: number[],
 *   directions: number[][], optimum: number[], least: number}}
 */
export function pose(points, scaling) {
  const n = points.length;
  const average = (of) => points.reduce((total, point) => total + of(point), 0) / n;
  const mean = scaling === 'raw' ? 0 : average(([x]) => x);
  const centre = average(([x]) => x);
  const deviation = Math.sqrt(average(([x]) => (x - centre) ** 2));
  const spread = scaling === 'standard' && deviation > 0 ? deviation : 1;
  const z = ([x]) => (x - mean) / spread;
  const hessian = [average((point) => z(point) ** 2), average(z), average(z), 1];
  const moments = [average((point) => z(point) * point[1]), average(([, y]) => y)];
  const { values, left } = svd(hessian);
  // The smallest solution: what a flat direction could add is left out.
  const kept = values.map((value) => (value > FLAT * values[0] ? value : 0));
  const optimum = kept.map((value, k) => (value ? scaled(left[k], dot(left[k], moments) / value) : [0, 0])).reduce(sum);
  const least = average((point) => (optimum[0] * z(point) + optimum[1] - point[1]) ** 2) / 2;
  return { mean, spread, hessian, eigenvalues: kept, directions: left, optimum, least };
}

/** Slope and intercept in the points' own coordinates. */
export function lineOf({ mean, spread }, [slope, intercept]) {
  return [slope / spread, intercept - (slope / spread) * mean];
}

/** The weights that have this line. */
export function weightsOf({ mean, spread }, [slope, intercept]) {
  return [slope * spread, intercept + slope * mean];
}

/** Gradient descent with heavy-ball momentum: weights, one after the other, from the start on. */
export function descend({ hessian, optimum }, start, { rate, momentum, tolerance, steps }) {
  const path = [];
  let weights = start;
  let velocity = [0, 0];
  let state = 'going';
  for (let k = 0; k <= steps; k++) {
    const gradient = apply(hessian, difference(weights, optimum));
    path.push(weights);
    if (norm(gradient) < tolerance) state = 'converged';
    else if (!(norm(gradient) < FAR)) state = 'diverged';
    if (state !== 'going') break;
    velocity = difference(scaled(velocity, momentum), scaled(gradient, rate));
    weights = sum(weights, velocity);
  }
  return { path, state };
}

/** The loss above the least. */
export function lossAbove({ hessian, optimum }, weights) {
  const away = difference(weights, optimum);
  return Math.max(0, dot(away, apply(hessian, away)) / 2);
}

/**
 * The closed line on which the loss is so much above the least, as far as it lies within a
 * distance of the bottom; two lines where the bowl is a valley.
 */
export function contour({ eigenvalues: [steep, shallow], directions: [across, along], optimum }, above, distance) {
  const reach = Math.min(distance, shallow > 0 ? Math.sqrt((2 * above) / shallow) : Infinity);
  const sides = [[], []];
  const parts = 60;
  for (let k = 0; k <= parts; k++) {
    // Denser at the ends, where a closed line turns.
    const u = -reach * Math.cos((k / parts) * Math.PI);
    const v = Math.sqrt(Math.max(0, (2 * above - shallow * u * u) / steep));
    [v, -v].forEach((side, i) => sides[i].push(sum(optimum, sum(scaled(along, u), scaled(across, side)))));
  }
  return [...sides[0], ...sides[1].reverse(), sides[0][0]];
}
