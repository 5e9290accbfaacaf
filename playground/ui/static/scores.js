/** What the flat and the deep picture of the principal components share. */

import { blockName } from './scene.js';
import { percent } from './words.js';

/** "PC1 (63 % of variance)" */
export function componentTitle(text, ratios, i) {
  const name = `PC${i + 1}`;
  if (ratios[i] == null) return name;
  return text('variance_axis', { name, percent: Math.round(ratios[i] * 100) });
}

export function describe(text, { scene }, head) {
  return text('pca.alt', {
    layer: blockName(text, scene, head.block),
    first: percent(head.ratios[0]), second: percent(head.ratios[1] ?? 0),
  });
}

/** Rows of the scores that are train points, then those that are test points, with their values. */
export function pointGroups({ arrays }, { head, points }) {
  const n = points.shape[0];
  const train = Math.min(head.train ?? arrays.points_train?.shape[0] ?? n, n);
  const values = (source, number) =>
    Array.from({ length: number }, (_, i) => source?.data[i * 3 + 2] ?? 0);
  return [
    { test: true, from: train, to: n, values: values(arrays.points_test, n - train) },
    { test: false, from: 0, to: train, values: values(arrays.points_train, train) },
  ];
}
