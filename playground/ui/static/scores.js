/** What the flat and the deep picture of the principal components share. */

import { selectionOf } from './brush.js';
import { pointColor } from './points.js';
import { blockName, className, isRegression, neuronName } from './scene.js';
import { thumbnail } from './thumbnails.js';
import { percent, significant } from './words.js';

const NEAR_PX = 10;
const PALE = 0.25; // of a point that is not brushed, while others are

/** "PC1 (63 % of variance)", or the name of the unit that is shown on this axis. */
export function axisName(text, scene, head, i) {
  if (head.shown) return i in head.shown ? partName(text, scene, head, head.shown[i]) : '';
  return componentTitle(text, head.ratios, i);
}

/** A number of a layer: a neuron, a whole map, or of a flat map its channel, row and column. */
export function partName(text, scene, { block, map }, unit) {
  if (!map) return neuronName(text, scene, block, unit);
  const [, height, width] = map;
  return text('pca.map_part', {
    channel: Math.floor(unit / (height * width)) + 1, row: (Math.floor(unit / width) % height) + 1, column: (unit % width) + 1,
  });
}

/** "PC1 (63 % of variance)" */
export function componentTitle(text, ratios, i) {
  const name = `PC${i + 1}`;
  if (ratios[i] == null) return name;
  return text('variance_axis', { name, percent: Math.round(ratios[i] * 100) });
}

export function describe(text, hub, scene, head) {
  const { size } = selectionOf(hub);
  const brushed = size ? ` ${text('brush.count', { count: size })}.` : '';
  if (head.shown) {
    return text('pca.alt_units', { layer: blockName(text, scene, head.block),
      first: axisName(text, scene, head, 0), second: axisName(text, scene, head, 1) }) + brushed;
  }
  return text('pca.alt', {
    layer: blockName(text, scene, head.block),
    first: percent(head.ratios[0]), second: percent(head.ratios[1] ?? 0),
  }) + brushed;
}

/**
 * The scores as spots {x, y, …, test, value, scores, color}, test points first, so that train
 * points lie on top. Rows are the train points, then the test points, as far as they were sent.
 */
export function spotsOf(hub, { head, points }, theme, project) {
  const { arrays, scene } = hub;
  const { data, shape: [n] } = points;
  const selection = selectionOf(hub);
  const train = Math.min(head.train ?? arrays.points_train?.shape[0] ?? n, n);
  const spots = [];
  const add = (source, from, to, test) => {
    for (let i = from; i < to; i++) {
      const value = source?.data[(i - from) * 3 + 2] ?? 0;
      const scores = [data[i * 3], data[i * 3 + 1], data[i * 3 + 2]];
      const index = i - from;
      spots.push({
        ...project(scores), test, index, value, scores, lit: selection.lit(test, index),
        color: pointColor(scene, theme, value),
      });
    }
  };
  add(arrays.points_test, train, n, true);
  add(arrays.points_train, 0, train, false);
  return litLast(spots);
}

/** Brushed points lie on top. */
export function litLast(spots) {
  return spots.some(({ lit }) => lit) ? spots.sort((a, b) => Number(a.lit) - Number(b.lit)) : spots;
}

/** Train points are discs, test points open diamonds; brushed ones are large and ringed, others pale. */
export function paintSpot(context, { x, y, color, test, lit }, natural, theme) {
  const size = lit ? natural * 1.3 : natural;
  context.globalAlpha = lit === false ? PALE : 1;
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
  if (lit) {
    context.fillStyle = color;
    context.strokeStyle = theme.text;
    context.lineWidth = 1.6;
  }
  context.fill();
  context.stroke();
  context.globalAlpha = 1;
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

/** The tooltip of a spot, with its place on the first `number` axes. */
export function spotRows({ text, hub }, { value, test, index, color, scores }, number, head) {
  const { scene } = hub;
  const name = isRegression(scene) ? significant(value) : className(scene, value);
  const picture = thumbnail(hub, test, index);
  return [
    { title: true, label: `${name} · ${text(test ? 'map.test' : 'map.train')}${picture ? ` ${index + 1}` : ''}`, color },
    ...(picture ? [{ picture }] : []),
    ...scores.slice(0, number).map((score, i) => ({
      label: head.shown ? partName(text, scene, head, head.shown[i]) : `PC${i + 1}`, value: significant(score),
    })),
  ];
}
