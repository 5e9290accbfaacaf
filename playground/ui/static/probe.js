/** What the map says about the place under the pointer. */

import { css } from './colors.js';
import { className, isLine, isRegression } from './scene.js';
import { percent, significant } from './words.js';

/**
 * Rows for the tooltip.
 * @param {object} context of the view
 * @param {object} hub
 * @param {{x: number, y: number}} at in data coordinates
 * @param {object|null} point the nearest point
 */
export function describe(context, hub, at, point) {
  const { scene } = hub;
  const { x_label: xLabel, y_label: yLabel } = scene.inputs;
  const rows = [{ label: xLabel, value: significant(at.x) }];
  if (!isLine(scene)) rows.push({ label: yLabel, value: significant(at.y) });
  rows.push(...modelRows(context, hub, at));
  if (point) rows.push(...pointRows(context, scene, point));
  return rows;
}

function modelRows(context, hub, at) {
  const { text } = context;
  const { scene, header } = hub;
  if (header.focus && hub.arrays.focus) {
    const value = sample(hub.arrays.focus, scene, at);
    const output = isLine(scene) ? value : ((value - 128) / 127) * header.focus.scale;
    return [{ label: text('map.output'), value: significant(output) }];
  }
  return answerRows(context, scene, isLine(scene) ? hub.arrays.curve : hub.arrays.map, at);
}

/** What an array of answers says at a place: a value, or the probability of each class. */
export function answerRows({ text, theme }, scene, map, at) {
  if (!map) return [];
  if (isLine(scene)) return [{ label: text('map.predicted'), value: significant(sample(map, scene, at)) }];
  if (isRegression(scene)) {
    const [low, high] = scene.value_range;
    const value = low + (sample(map, scene, at) / 255) * (high - low);
    return [{ label: text('map.predicted'), value: significant(value) }];
  }
  const classes = scene.class_names.length;
  const probability = (k) => {
    if (map.shape.length === 3) return sample(map, scene, at, k) / 255;
    const one = sample(map, scene, at) / 255;
    return k ? one : 1 - one;
  };
  return Array.from({ length: classes }, (_, k) => ({
    label: className(scene, k),
    value: percent(probability(k)),
    color: css(theme.colors.classOf(k, classes)),
  }));
}

/**
 * The same as one word or two: the value, of two classes how probable the second one is, of more
 * the most probable one and how probable it is. `answerName` says which of them.
 */
export function answerWords(scene, map, at) {
  const value = sample(map, scene, at);
  if (!Number.isFinite(value)) return '–';
  if (isRegression(scene)) {
    const [low, high] = scene.value_range;
    return significant(isLine(scene) ? value : low + (value / 255) * (high - low));
  }
  if (map.shape.length !== 3) return percent(isLine(scene) ? value : value / 255, 1);
  const shares = Array.from({ length: map.shape[0] }, (_, k) => sample(map, scene, at, k) / 255);
  const top = shares.indexOf(Math.max(...shares));
  return `${className(scene, top)} · ${percent(shares[top], 1)}`;
}

export function answerName(text, scene) {
  if (isRegression(scene)) return text('map.predicted');
  if (scene.class_names.length > 2) return text('map.most_probable');
  return text('map.probability', { name: className(scene, 1) });
}

function pointRows({ text }, scene, point) {
  const kind = text(point.test ? 'map.test_point' : 'map.train_point');
  const value = isRegression(scene) ? significant(point.value) : className(scene, point.value);
  const rows = [
    { title: true, label: `${kind} (${significant(point.x)}, ${significant(point.y)})` },
    { label: text(isRegression(scene) ? 'map.value' : 'map.class'), value },
  ];
  if (isLine(scene)) rows.pop();
  if (point.wrong) rows.push({ label: text('map.wrong_point') });
  return rows;
}

/** The array's value at the sample nearest to this place, or NaN outside the domain. */
export function sample(array, scene, at, plane = 0) {
  if (!array) return NaN;
  const [x0, x1, y0, y1] = scene.domain;
  const columns = array.shape.at(-1);
  const column = Math.round(((at.x - x0) / (x1 - x0)) * (columns - 1));
  if (column < 0 || column >= columns) return NaN;
  if (isLine(scene)) return array.data[column];
  const rows = array.shape.at(-2);
  const row = Math.round(((at.y - y0) / (y1 - y0)) * (rows - 1));
  if (row < 0 || row >= rows) return NaN;
  return array.data[(plane * rows + row) * columns + column];
}
