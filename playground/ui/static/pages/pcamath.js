/**
 * Principal components of points in the plane, in closed form: what is dragged answers at once.
 *
 * Held against NumPy in tests/browser/test_pca_page.py.
 */

/** Points as a table of x and y that varies is centred and scaled; what does not vary is left. */
export function standardise(points, centre, scale) {
  const n = points.length;
  const means = [0, 1].map((k) => points.reduce((sum, point) => sum + point[k], 0) / Math.max(n, 1));
  const spreads = [0, 1].map((k) =>
    Math.sqrt(points.reduce((sum, point) => sum + (point[k] - means[k]) ** 2, 0) / Math.max(n - 1, 1)));
  const size = [0, 1].map((k) => Math.max(0, ...points.map((point) => Math.abs(point[k]))));
  const still = spreads.map((spread, k) => !(spread > 1e-12 * size[k]));
  const mean = centre ? means : [0, 0];
  const spread = spreads.map((value, k) => (scale && !still[k] ? value : 1));
  const standard = points.map((point) => point.map((value, k) => (value - mean[k]) / spread[k]));
  return { mean, spread, still, standard, means };
}

/** [[xx, xy], [xy, yy]] of standardised points, with n − 1 in the denominator. */
export function covariance(standard) {
  const below = Math.max(standard.length - 1, 1);
  const sum = (i, j) => standard.reduce((total, point) => total + point[i] * point[j], 0) / below;
  const mixed = sum(0, 1);
  return [[sum(0, 0), mixed], [mixed, sum(1, 1)]];
}

/**
 * Eigenvalues (falling) and unit eigenvectors of a symmetric 2×2 matrix; the angle of the first is
 * from 0 to below 180°. Where both values are equal every direction is as good: `every` says so.
 */
export function symmetricEigen([[a, b], [, d]]) {
  const middle = (a + d) / 2;
  const reach = Math.hypot((a - d) / 2, b);
  const size = Math.abs(a) + Math.abs(d);
  const every = reach <= 1e-12 * size;
  let angle = every ? 0 : Math.atan2(b, (a - d) / 2) / 2;
  if (angle < 0) angle += Math.PI;
  if (angle >= Math.PI) angle -= Math.PI;
  const first = [Math.cos(angle), Math.sin(angle)];
  const least = Math.max(0, middle - reach);
  return { values: [Math.max(0, middle + reach), size && least < 1e-14 * size ? 0 : least],
    vectors: [first, [-first[1], first[0]]], angle, every };
}

/** uᵀCu: the variance along a direction (radians). */
export function varianceAlong([[a, b], [, d]], angle) {
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  return a * x * x + 2 * b * x * y + d * y * y;
}

/** The points' nearest places on the line through 0. */
export function projected(standard, angle) {
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  return standard.map((point) => {
    const along = point[0] * x + point[1] * y;
    return [along * x, along * y];
  });
}

/** How far two lines are apart, from 0 to 90°; both in radians. */
export function apart(one, other) {
  const between = Math.abs(one - other) % Math.PI;
  return Math.min(between, Math.PI - between);
}

/**
 * Points as they may be typed: [[1, 2], [3, 4]], or rows parted by semicolons or lines.
 *
 * @param {(typed: string) => number|null} readNumber
 * @returns {{points?: number[][], problem?: string, facts?: object}} `problem`: none, ragged, unread,
 *   size, many, far
 */
export function readPoints(typed, readNumber, most, reach) {
  const inner = typed.trim().replace(/^\[\s*(?=\[)|(?<=\])\s*\]$/g, '');
  if (!inner) return { problem: 'none' };
  const rows = inner.split(/\]\s*,?\s*\[|;|\n/).map((row) => row.replace(/[[\]()]/g, '').trim()).filter(Boolean)
    .map((row) => row.split(/\s*,\s*|\s+/).filter(Boolean).map(readNumber));
  if (rows.flat().includes(null)) return { problem: 'unread' };
  const odd = rows.findIndex((row) => row.length !== rows[0].length);
  if (odd > 0) return { problem: 'ragged', facts: { first: rows[0].length, row: odd + 1, other: rows[odd].length } };
  if (!rows.length || rows[0].length !== 2) return { problem: 'size', facts: { columns: rows[0]?.length ?? 0 } };
  if (rows.length > most) return { problem: 'many', facts: { most } };
  if (rows.flat().some((value) => Math.abs(value) > reach)) return { problem: 'far', facts: { reach } };
  return { points: rows };
}
