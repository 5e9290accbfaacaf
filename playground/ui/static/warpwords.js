/** What the warped grid is called, and what it says under the pointer. */

import { css } from './colors.js';
import { blockName, className, isLine, isRegression, neuronName } from './scene.js';
import { percent, significant } from './words.js';

export function stageName(text, scene, { block, part }) {
  if (part === 'plane') return text('warp.plane_stage');
  const name = blockName(text, scene, block);
  return part === 'a' ? name : text(`warp.${part}_stage`, { name });
}

/** "PC1 (63 % of variance)", or the unit's name. */
export function axisTitle(text, scene, { block, part, pair, ratios }, side) {
  if (part === 'plane') return sideName(scene, side);
  if (!pair) {
    return text('variance_axis', { name: `PC${side + 1}`, percent: Math.round((ratios[side] ?? 0) * 100) });
  }
  if (pair[side] == null) return '';
  const name = neuronName(text, scene, block, pair[side]);
  return part === 'z' ? text('warp.before_activation', { name }) : name;
}

/** A unit within its stage: short, the stage is named beside it. */
export function unitName(text, scene, block, unit) {
  const { kind } = scene.blocks[block];
  const named = kind === 'input' || kind === 'head';
  return named ? neuronName(text, scene, block, unit) : text('warp.unit', { unit: unit + 1 });
}

function sideName(scene, side) {
  if (side && isLine(scene)) return '';
  return side ? scene.inputs.y_label : scene.inputs.x_label;
}

const present = ({ text }, scene, stage, place) =>
  [0, 1].filter((side) => axisTitle(text, scene, stage, side))
    .map((side) => ({ label: axisTitle(text, scene, stage, side), value: significant(place[side]) }));

export function spotRows(context, { scene }, stage, { value, test, color, place }) {
  const name = isRegression(scene) ? significant(value) : className(scene, value);
  return [
    { title: true, label: `${name} · ${context.text(test ? 'map.test' : 'map.train')}`, color },
    ...present(context, scene, stage, place),
  ];
}

export function vertexRows(context, { scene }, stage, { from, place, answers }) {
  const { text, theme } = context;
  const rows = [
    { title: true, label: text('warp.vertex') },
    { label: sideName(scene, 0), value: significant(from[0]) },
  ];
  if (!isLine(scene)) rows.push({ label: sideName(scene, 1), value: significant(from[1]) });
  if (stage.part !== 'plane') {
    rows.push({ title: true, label: stageName(text, scene, stage) });
    rows.push(...present(context, scene, stage, place));
  }
  rows.push({ title: true, label: text('map.predicted') });
  if (isRegression(scene)) return [...rows, { label: text('map.value'), value: significant(answers[0]) }];
  const classes = scene.class_names.length;
  const shares = answers.length > 1 ? answers : [1 - answers[0], answers[0]];
  return [...rows, ...shares.map((share, k) => ({
    label: className(scene, k), value: percent(share), color: css(theme.colors.classOf(k, classes)),
  }))];
}
