/** The line under the map: what its colours and marks mean. */

import { css } from './colors.js';
import { el, setText } from './dom.js';
import { className, isLine, isRegression } from './scene.js';
import { short } from './words.js';

/**
 * Rebuilds the legend when its meaning changes; else only its numbers. A map that is `bare` says
 * what its colours mean and nothing about marks.
 */
export function buildLegend(map, hub) {
  const { context: { text, theme }, focused, legend } = map;
  const { scene } = hub;
  const key = [scene.id, Boolean(focused), map.showTest, theme.dark, theme.text].join('|');
  if (key !== map.legendKey) {
    map.legendKey = key;
    legend.replaceChildren(
      el('span', { class: 'np-keys' }, ...colorKeys(map, scene)), marks(map, scene));
  }
  if (focused && map.scaleEnds && !isLine(scene)) {
    setText(map.scaleEnds[0], short(-focused.scale));
    setText(map.scaleEnds[1], short(focused.scale));
  }
  if (map.wrongCount) {
    // What is ringed on the map is what is counted.
    const train = hub.arrays.points_train?.shape[0] ?? 0;
    const wrong = hub.arrays.wrong?.data.subarray(0, map.showTest ? undefined : train) ?? [];
    let number = 0;
    for (const flag of wrong) number += flag;
    setText(map.wrongCount, text('map.wrong', { count: number }));
  }
}

function colorKeys(map, scene) {
  const { theme } = map.context;
  map.scaleEnds = null;
  if (isLine(scene)) return map.focused ? [] : [chip(css(theme.colors.negative), map.context.text('map.fit'))];
  const classes = scene.class_names?.length ?? 0;
  if (!map.focused && !isRegression(scene) && classes > 2) {
    return Array.from({ length: classes }, (_, k) =>
      chip(css(theme.colors.classOf(k, classes)), className(scene, k)));
  }
  return [gradient(map, scene)];
}

function gradient(map, scene) {
  const bar = el('span', { class: 'np-gradient' });
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => map.shade(share));
  bar.style.background = `linear-gradient(90deg, ${stops.join(',')})`;
  let ends = [className(scene, 0), className(scene, 1)];
  if (isRegression(scene)) ends = scene.value_range.map(short);
  const [low, high] = ends.map((name) => el('span', { text: name, title: name }));
  map.scaleEnds = [low, high];
  return el('span', { class: 'np-scale' }, low, bar, high);
}

function marks(map, scene) {
  const { text } = map.context;
  map.wrongCount = null;
  const list = el('span', { class: 'np-marks' });
  if (map.bare || (map.focused && isLine(scene))) return list;
  if (map.showTest) list.append(mark('test', text('map.test')));
  if (!isRegression(scene)) {
    map.wrongCount = el('span');
    list.append(el('span', { class: 'np-mark' }, el('i', { class: 'np-mark-wrong' }), map.wrongCount));
  }
  return list;
}

const chip = (color, name) => {
  const swatch = el('i', { class: 'np-swatch' });
  swatch.style.background = color;
  return el('span', { class: 'np-chip', title: name }, swatch, el('span', { text: name }));
};

const mark = (kind, name) =>
  el('span', { class: 'np-mark' }, el('i', { class: `np-mark-${kind}` }), el('span', { text: name }));
