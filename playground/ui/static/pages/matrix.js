/**
 * Matrices of two and three dimensions in closed form, or nearly so: what is dragged answers within
 * a frame. tests/browser/test_plane.py holds all of it against NumPy.
 *
 * A matrix is an array of its entries, row by row; its size is told by their number. A vector is an
 * array. Nothing here changes its arguments.
 */

/** What counts as nothing beside a matrix's largest entry. */
const TINY = 1e-10;

export const sizeOf = (matrix) => (matrix.length === 9 ? 3 : 2);
export const norm = (vector) => Math.hypot(...vector);
export const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
export const scaled = (vector, factor) => vector.map((value) => value * factor);
export const sum = (a, b) => a.map((value, i) => value + b[i]);
export const difference = (a, b) => a.map((value, i) => value - b[i]);

export const cross = ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d];

/** The vector at length one; null where it has no direction. */
export function unit(vector) {
  const length = norm(vector);
  return length > 0 && Number.isFinite(length) ? scaled(vector, 1 / length) : null;
}

export function identity(n) {
  return Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
}

export function diagonal(values) {
  const n = values.length;
  return Array.from({ length: n * n }, (_, i) => (i % (n + 1) ? 0 : values[i / (n + 1)]));
}

export function apply(matrix, vector) {
  const n = vector.length;
  return vector.map((_, row) => dot(matrix.slice(row * n, row * n + n), vector));
}

export function multiply(a, b) {
  const n = sizeOf(a);
  return a.map((_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    let entry = 0;
    for (let k = 0; k < n; k++) entry += a[row * n + k] * b[k * n + column];
    return entry;
  });
}

export function transpose(matrix) {
  const n = sizeOf(matrix);
  return matrix.map((_, at) => matrix[(at % n) * n + Math.floor(at / n)]);
}

export const column = (matrix, k) => matrix.filter((_, at) => at % sizeOf(matrix) === k);

export function fromColumns(columns) {
  return transpose(columns.flat());
}

/** u vᵀ. */
export const outer = (u, v) => u.flatMap((left) => scaled(v, left));

export function determinant(m) {
  if (sizeOf(m) === 2) return m[0] * m[3] - m[1] * m[2];
  return dot(m.slice(0, 3), cross(m.slice(3, 6), m.slice(6, 9)));
}

export function trace(matrix) {
  const n = sizeOf(matrix);
  return matrix.reduce((total, value, at) => (at % (n + 1) ? total : total + value), 0);
}

export const largest = (matrix) => Math.max(...matrix.map(Math.abs));

/** The inverse by cofactors; null for a matrix that has none. */
export function inverse(m) {
  const { values } = svd(m);
  if (rankOf(values) < values.length) return null;
  const det = determinant(m);
  if (sizeOf(m) === 2) return scaled([m[3], -m[1], -m[2], m[0]], 1 / det);
  const rows = [m.slice(0, 3), m.slice(3, 6), m.slice(6, 9)];
  const columns = [cross(rows[1], rows[2]), cross(rows[2], rows[0]), cross(rows[0], rows[1])];
  return fromColumns(columns.map((one) => scaled(one, 1 / det)));
}

/** How many singular values are more than nothing. */
export function rankOf(values) {
  return values.filter((value) => value > TINY * values[0]).length;
}

// ---- singular values ----------------------------------------------------------------------------

/**
 * A = U diag(values) Vᵀ, values from large to small.
 *
 * @returns {{values: number[], left: number[][], right: number[][]}} the columns of U and of V
 */
export function svd(matrix) {
  return sizeOf(matrix) === 2 ? svd2(matrix) : svd3(matrix);
}

/** Two rotations and two lengths, by the angles of the matrix's two conformal parts. */
function svd2([a, b, c, d]) {
  const [e, f, g, h] = [(a + d) / 2, (a - d) / 2, (c + b) / 2, (c - b) / 2];
  const first = Math.hypot(e, h) + Math.hypot(f, g);
  const second = first > 0 ? (a * d - b * c) / first : 0;
  const [alpha, beta] = [Math.atan2(g, f), Math.atan2(h, e)];
  const [phi, theta] = [(beta + alpha) / 2, (beta - alpha) / 2];
  const flip = second < 0 ? -1 : 1;
  return {
    values: [first, Math.abs(second)],
    left: [[Math.cos(phi), Math.sin(phi)], [-flip * Math.sin(phi), flip * Math.cos(phi)]],
    right: [[Math.cos(theta), -Math.sin(theta)], [Math.sin(theta), Math.cos(theta)]],
  };
}

/** One-sided Jacobi: columns are turned against each other until all are perpendicular. */
function svd3(matrix) {
  const columns = [0, 1, 2].map((k) => column(matrix, k));
  const right = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (let sweep = 0; sweep < 30; sweep++) {
    let turned = false;
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]]) {
      const [pp, qq, pq] = [dot(columns[p], columns[p]), dot(columns[q], columns[q]),
        dot(columns[p], columns[q])];
      if (Math.abs(pq) <= 1e-16 * Math.sqrt(pp * qq)) continue;
      turned = true;
      const zeta = (qq - pp) / (2 * pq);
      const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
      const cos = 1 / Math.hypot(1, t);
      for (const set of [columns, right]) {
        const [x, y] = [set[p], set[q]];
        set[p] = difference(scaled(x, cos), scaled(y, cos * t));
        set[q] = sum(scaled(x, cos * t), scaled(y, cos));
      }
    }
    if (!turned) break;
  }
  const order = [0, 1, 2].sort((i, j) => norm(columns[j]) - norm(columns[i]));
  const values = order.map((k) => norm(columns[k]));
  const left = [];
  for (const [place, k] of order.entries()) {
    const solid = values[place] > TINY * values[0] && values[place] > 0;
    left.push(solid ? scaled(columns[k], 1 / values[place]) : perpendicular(left));
  }
  return { values, left, right: order.map((k) => right[k]) };
}

/** A unit vector of space that is perpendicular to those given, of which there are two at most. */
export function perpendicular(vectors) {
  if (vectors.length === 2) return unit(cross(...vectors));
  const axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  if (!vectors.length) return axes[0];
  const [v] = vectors;
  const along = axes.reduce((a, b) => (Math.abs(dot(a, v)) < Math.abs(dot(b, v)) ? a : b));
  return unit(difference(along, scaled(v, dot(along, v))));
}

/**
 * The same decomposition as two rotations: pairs of singular vectors change their sign until V is
 * the smallest turn there is, and a reflection goes into the last length, which may be negative.
 *
 * @returns {{first: number[], lengths: number[], second: number[]}} A = second · diag(lengths) · first
 */
export function rotations({ values, left, right }) {
  const n = values.length;
  const signs = n === 2 ? [[1, 1], [-1, -1]] : [[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]];
  const lengths = [...values];
  const [u, v] = [left, right].map((vectors) => {
    if (determinant(vectors.flat()) > 0) return vectors;
    lengths[n - 1] = -lengths[n - 1];
    return [...vectors.slice(0, -1), scaled(vectors[n - 1], -1)];
  });
  const turns = signs.map((choice) => v.map((vector, k) => scaled(vector, choice[k])).flat());
  const best = turns.reduce((found, turn, k) => (trace(turn) > trace(turns[found]) ? k : found), 0);
  return {
    first: turns[best],
    lengths,
    second: fromColumns(u.map((vector, k) => scaled(vector, signs[best][k]))),
  };
}

/** A rotation's share: the same axis, `share` of the angle. */
export function partOfTurn(rotation, share) {
  if (sizeOf(rotation) === 2) {
    const angle = Math.atan2(rotation[2], rotation[0]) * share;
    return [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)];
  }
  const r = rotation;
  const angle = Math.acos(Math.max(-1, Math.min(1, (trace(r) - 1) / 2)));
  const axis = unit([r[7] - r[5], r[2] - r[6], r[3] - r[1]]);
  if (angle < 1e-9) return identity(3);
  // Half a turn has no skew part; its axis is the direction that R + I leaves.
  const around = Math.PI - angle > 1e-6 && axis ? axis : halfTurnAxis(r);
  const [x, y, z] = around;
  const skew = [0, -z, y, z, 0, -x, -y, x, 0];
  const square = multiply(skew, skew);
  return identity(3).map((value, at) =>
    value + Math.sin(angle * share) * skew[at] + (1 - Math.cos(angle * share)) * square[at]);
}

function halfTurnAxis(rotation) {
  const both = sum(rotation, identity(3));
  const columns = [0, 1, 2].map((k) => column(both, k));
  return unit(columns.reduce((a, b) => (norm(a) > norm(b) ? a : b)));
}

/** From the identity (0) to the matrix (1): its rotation by the angle, its stretch by the length. */
export function onTheWay(matrix, share) {
  if (share >= 1) return matrix;
  const { first, lengths, second } = rotations(svd(matrix));
  const turn = multiply(second, first);
  const stretch = multiply(transpose(first), multiply(diagonal(lengths), first));
  const part = identity(sizeOf(matrix)).map((value, at) => value + (stretch[at] - value) * share);
  return multiply(partOfTurn(turn, share), part);
}

/** Rotate, stretch, rotate: the matrix as it has grown at a time from 0 to 3. */
export function inThreeSteps(matrix, time) {
  const { first, lengths, second } = rotations(svd(matrix));
  const share = (k) => Math.max(0, Math.min(1, time - k));
  const stretch = diagonal(lengths.map((length) => 1 + (length - 1) * share(1)));
  const turned = multiply(stretch, partOfTurn(first, share(0)));
  return multiply(partOfTurn(second, share(2)), turned);
}

// ---- eigenvalues --------------------------------------------------------------------------------

/**
 * Eigenvalues from the largest modulus to the smallest, and the directions that stay.
 *
 * @returns {{kind: 'real'|'complex'|'defective'|'scalar', values: {re: number, im: number}[],
 *   spaces: {value: number, vectors: number[][]}[]}} one space for each real eigenvalue, with an
 *   orthonormal basis; `scalar` where every vector stays on its line
 */
export function eigen(matrix) {
  const n = sizeOf(matrix);
  const scale = largest(matrix);
  const values = scale === 0 ? Array.from({ length: n }, () => ({ re: 0, im: 0 }))
    : (n === 2 ? values2 : values3)(scaled(matrix, 1 / scale))
      .map(({ re, im }) => ({ re: re * scale, im: im * scale }));
  values.sort((a, b) => Math.hypot(b.re, b.im) - Math.hypot(a.re, a.im) || b.re - a.re || b.im - a.im);
  const spaces = [];
  for (const { re, im } of values) {
    if (im !== 0 || spaces.some(({ value }) => Math.abs(value - re) <= 1e-7 * scale)) continue;
    spaces.push({ value: re, vectors: kernel(difference(matrix, scaled(identity(n), re)), scale) });
  }
  const found = spaces.reduce((total, { vectors }) => total + vectors.length, 0);
  const complex = values.some(({ im }) => im !== 0);
  const kind = complex ? 'complex' : found < n ? 'defective'
    : spaces.length === 1 ? 'scalar' : 'real';
  return { kind, values, spaces };
}

function values2([a, b, c, d]) {
  const half = (a + d) / 2;
  const bend = ((a - d) / 2) ** 2 + b * c;
  if (Math.abs(bend) <= TINY ** 2 || Math.abs(bend) <= 1e-15) return [{ re: half, im: 0 }, { re: half, im: 0 }];
  if (bend < 0) return [{ re: half, im: Math.sqrt(-bend) }, { re: half, im: -Math.sqrt(-bend) }];
  // The one of larger modulus without cancellation, the other by the product of both.
  const far = half + (half < 0 ? -1 : 1) * Math.sqrt(bend);
  return [{ re: far, im: 0 }, { re: (a * d - b * c) / far, im: 0 }];
}

/** The roots of the characteristic polynomial, by Cardano's formulas and Newton's steps. */
function values3(m) {
  const p = -trace(m);
  const q = m[0] * m[4] - m[1] * m[3] + m[0] * m[8] - m[2] * m[6] + m[4] * m[8] - m[5] * m[7];
  const r = -determinant(m);
  const shift = -p / 3;
  const u = q - (p * p) / 3;
  const w = (2 * p ** 3) / 27 - (p * q) / 3 + r;
  const bend = (w / 2) ** 2 + (u / 3) ** 3;
  const close = 1e-13;
  if (Math.abs(u) < 1e-10 && Math.abs(w) < close) return [0, 1, 2].map(() => ({ re: shift, im: 0 }));
  if (Math.abs(bend) < 1e-15) {
    const single = polished((3 * w) / u + shift, p, q, r);
    const double = (-p - single) / 2;
    return [single, double, double].map((re) => ({ re, im: 0 }));
  }
  if (bend > 0) {
    const root = Math.sqrt(bend);
    const one = Math.cbrt(-w / 2 - (w < 0 ? -root : root));
    const real = polished((one === 0 ? 0 : one - u / (3 * one)) + shift, p, q, r);
    // What is left is a quadratic: x² + (p + real) x + …
    const half = -(p + real) / 2;
    const left = q + real * (p + real) - half * half;
    if (left <= 0) return [{ re: real, im: 0 }, { re: half, im: 0 }, { re: half, im: 0 }];
    return [{ re: real, im: 0 }, { re: half, im: Math.sqrt(left) }, { re: half, im: -Math.sqrt(left) }];
  }
  const radius = 2 * Math.sqrt(-u / 3);
  const angle = Math.acos(Math.max(-1, Math.min(1, (3 * w) / (u * radius))));
  return [0, 1, 2].map((k) => ({
    re: polished(radius * Math.cos((angle - 2 * Math.PI * k) / 3) + shift, p, q, r), im: 0,
  }));
}

function polished(start, p, q, r) {
  let x = start;
  for (let step = 0; step < 3; step++) {
    const slope = (3 * x + 2 * p) * x + q;
    const value = ((x + p) * x + q) * x + r;
    if (Math.abs(slope) < 1e-9) break;
    x -= value / slope;
  }
  return x;
}

/** An orthonormal basis of what a singular matrix takes to nothing, beside entries of this size. */
function kernel(matrix, scale) {
  const { values, right } = svd(matrix);
  const last = right.length - 1;
  return right.filter((_, k) => k === last || values[k] <= 2e-7 * scale);
}

/** What a matrix takes to nothing, and what it reaches: bases of both. */
export function kernelAndImage(matrix) {
  const { values, left, right } = svd(matrix);
  const rank = rankOf(values);
  return { kernel: right.slice(rank), image: left.slice(0, rank), rank };
}

/** The vector or its opposite, whichever lies nearer to the one before: nothing jumps about. */
export function steady(before, vector) {
  return before?.length === vector.length && dot(before, vector) < 0 ? scaled(vector, -1) : vector;
}
