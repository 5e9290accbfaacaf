/** Names and questions about what a scene shows. */

import { shownToken } from './tokens.js';

/** What classes are called in the page's language, by the names that the data give them. */
let classWords = {};
export function callClasses(words) {
  classWords = words ?? {};
}
/** A character that cannot be seen, as of a text, is called by its sign. */
export const called = (name) => classWords[name] ?? (String(name).length === 1 ? shownToken(String(name)) : name);

export const isRegression = (scene) => scene.task === 'regression';
export const isLine = (scene) => scene.inputs.kind === 'line';

/** "Dense 2", counted among blocks of one kind; "Input" and "Output" for the ends. */
export function blockName(text, scene, index) {
  const block = scene.blocks[index];
  const number = scene.blocks.slice(0, index + 1).filter(({ kind }) => kind === block.kind).length;
  return text(`block.${block.kind}`, { number });
}

/** "LSTM 1 · from the state": which matrix of its block, where a block has several. */
export function matrixName(text, scene, { block, part }) {
  const name = blockName(text, scene, block);
  return part ? `${name} · ${text(`parts.${part}`)}` : name;
}

/** "Dense 1, neuron 3", or an input's own label. Units count from 0 in frames, from 1 in words. */
export function neuronName(text, scene, index, unit) {
  const block = scene.blocks[index];
  const place = block.shown.indexOf(unit);
  if (block.kind === 'input') return block.labels?.[place] ?? `${unit + 1}`;
  if (block.kind === 'head') {
    if (block.units === 1) return text('block.head');
    const name = className(scene, unit, unit + 1);
    return text('block.output_unit', { name });
  }
  return text('block.neuron', { block: blockName(text, scene, index), unit: unit + 1 });
}

export function className(scene, index, otherwise = index) {
  return String(called(scene.class_names?.[index] ?? otherwise));
}

/** Places of the blocks whose neurons are drawn; dropout and noise have none of their own. */
export function neuronBlocks(scene) {
  return scene.blocks.map((_, i) => i).filter((i) => scene.blocks[i].shown.length);
}

/** Of these blocks those between input and output in which points are looked at first. */
export function hiddenBlocks(scene, blocks) {
  const kinds = ({ kind }) => (scene.kind === 'pictures' ? kind !== 'head' && kind !== 'input' : kind === 'dense');
  return blocks.filter((index) => kinds(scene.blocks[index]));
}

/** The names of all units of a block, drawn or not. */
export function unitNames(text, scene, index) {
  return Array.from({ length: scene.blocks[index].units }, (_, unit) => neuronName(text, scene, index, unit));
}

/** A unit's name as short as it can be: its number, or its class. */
export function shortUnit(text, scene, index, unit) {
  const block = scene.blocks[index];
  if (block.kind === 'head' && block.units > 1) return className(scene, unit, unit + 1);
  return String(unit + 1);
}
