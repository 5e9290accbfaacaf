/** What the flat and the deep picture of the principal components share. */

import { pointColor } from './points.js';
import { blockName, className, isRegression } from './scene.js';
import { percent, significant } from './words.js';

const NEAR_PX = 10;

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

/**
 * The scores as spots {x, y, …, test, value, scores, color}, test points first, so that train
 * points lie on top. Rows are the train points, then the test points, as far as they were sent.
 */
export function spotsOf({ arrays, scene }, { head, points }, theme, project) {
  const { data, shape: [n] } = points;
  const train = Math.min(head.train ?? arrays.points_train?.shape[0] ?? n, n);
  const spots = [];
  const add = (source, from, to, test) => {
    for (let i = from; i < to; i++) {
      const value = source?.data[(i - from) * 3 + 2] ?? 0;
      const scores = [data[i * 3], data[i * 3 + 1], data[i * 3 + 2]];
      spots.push({ ...project(scores), test, value, scores, color: pointColor(scene, theme, value) });
    }
  };
  add(arrays.points_test, train, n, true);
  add(arrays.points_train, 0, train, false);
  return spots;
}

/** Train points are discs, test points open diamonds. */
export function paintSpot(context, { x, y, color, test }, size, theme) {
  context.beginPath();
  if (test) {
    const reach = size * 1.2;
    context.moveTo(x, y - reach);
    context.lineTo(x + reach, y);
    context.lineTo(x, y + reach);
    context.lineTo(x - reach, y);
    context.closePath();
  } else context.arc(x, y, size, 0, 7);
  context.fillStyle = test ? theme.background : color;
  context.strokeStyle = test ? color : theme.background;
  context.lineWidth = test ? 1.4 : 0.8;
  context.fill();
  context.stroke();
}

export function nearestSpot(spots, { x, y }) {
  let best = null;
  let closest = NEAR_PX;
  for (const spot of spots ?? []) {
    const away = Math.hypot(spot.x - x, spot.y - y);
    if (away <= closest) {
      closest = away;
      best = spot;
    }
  }
  return best;
}

/** The tooltip of a spot, with its first `number` components. */
export function spotRows({ text, hub: { scene } }, { value, test, color, scores }, number) {
  const name = isRegression(scene) ? significant(value) : className(scene, value);
  return [
    { title: true, label: `${name} · ${text(test ? 'map.test' : 'map.train')}`, color },
    ...scores.slice(0, number).map((score, i) => ({ label: `PC${i + 1}`, value: significant(score) })),
  ];
}
