/**
 * Where everything in the network's picture is: pure geometry from the scene and the space.
 *
 * Block i stands at (i + 0.5) / number of blocks of the width, so that the columns line up with
 * the editor above. A column shows no more neurons than leave each a place of 26 pixels.
 */

import { neuronBlocks } from './scene.js';

const PITCH = 26;
const LARGEST = 58;
const TOP = 10;
const LABEL = 14;
const LINE = 15;
const PAD = 6;
/** Room for the shapes' boxes, of data that are more than numbers in a row. */
const BOX = 26;
/** Columns of few neurons are drawn larger, up to this factor. */
const EASE = 1.5;

/**
 * @returns {{width, height, columns: Array, links: Array, neurons: Array, footer: number}}
 *   footer: where what stands below the columns begins: boxes, as high as `boxes`, then lines
 *   neurons: {block, unit, place, map, x, y, size}; `map` is its number among the frame's maps
 *   links: per block with weights {block, from, to, rows, cols, weights, biases}, offsets into the
 *   frame's links; from and to are columns
 */
export function arrange(scene, width, height) {
  const { blocks } = scene;
  const top = blocks.some(({ shown }) => !shown.length) ? TOP + LABEL : TOP;
  const sampled = blocks.map(({ shown, units }) => (shown?.length ?? 0) < units);
  const lines = sampled.some((one, i) => one && blocks[i].shown.length) ||
    blocks.some(({ frozen }) => frozen) ? 3 : 2;
  const boxes = scene.kind === 'points' ? 0 : BOX;
  const footer = lines * LINE + PAD + boxes;
  const space = Math.max(PITCH, height - top - footer);
  const most = Math.max(1, Math.floor(space / PITCH));
  const columnWidth = width / blocks.length;
  const columns = blocks.map((block, i) => column(block, i, (i + 0.5) * columnWidth, most));
  const tallest = Math.max(...columns.map(({ places }) => places.length), 1);
  const densest = space / tallest;
  for (const one of columns) {
    const pitch = Math.min(space / Math.max(1, one.places.length), densest * EASE, LARGEST + 20);
    one.pitch = pitch;
    one.size = 2 * Math.round(
      Math.max(12, Math.min(pitch - Math.max(4, pitch * 0.16), LARGEST, columnWidth * 0.54)) / 2
    );
  }
  const neurons = place(scene, columns, top + space / 2);
  return {
    width, height, columns, neurons, columnWidth, links: wires(scene, columns),
    top, footer: height - footer + PAD, line: LINE, boxes,
  };
}

/** A column and the places of `shown` that fit it, spread evenly. */
function column(block, index, x, most) {
  const shown = block.shown?.length ?? 0;
  const number = Math.min(shown, most);
  const places = Array.from({ length: number }, (_, i) =>
    number === shown ? i : Math.round((i * (shown - 1)) / Math.max(1, number - 1)));
  return { block, index, x, places, neurons: [] };
}

function place(scene, columns, middle) {
  const neurons = [];
  let first = 0;
  for (const index of neuronBlocks(scene)) {
    const { block, x, places, pitch, size, neurons: own } = columns[index];
    places.forEach((placed, i) => {
      const y = middle + (i - (places.length - 1) / 2) * pitch;
      const neuron = {
        block: index, unit: block.shown[placed], place: placed, map: first + placed,
        x: Math.round(x), y: Math.round(y), size,
      };
      own.push(neuron);
      neurons.push(neuron);
    });
    first += block.shown.length;
  }
  return neurons;
}

function wires(scene, columns) {
  const links = [];
  let offset = 0;
  let from = null;
  for (const index of neuronBlocks(scene)) {
    const to = columns[index];
    if (from) {
      const rows = to.block.shown.length;
      const cols = from.block.shown.length;
      links.push({
        block: index, from, to, rows, cols, weights: offset, biases: offset + rows * cols,
      });
      offset += rows * cols + rows;
    }
    from = to;
  }
  return links;
}

/** Whether a line is drawn: a block without weights of its own joins units to their sources alone. */
export const joined = (scene, link, to, from, weights) =>
  scene.blocks[link.block].linear || Boolean(weights?.[weightAt(link, to, from)]);

/** The weight of the link between two neurons, and a neuron's bias, in the frame's links. */
export const weightAt = (link, to, from) => link.weights + to.place * link.cols + from.place;
export const biasAt = (link, to) => link.biases + to.place;

/** A link's curve: leaves and arrives horizontally. Returns [x0, y0, bend, x1, y1]. */
export function curve(from, to) {
  const x0 = from.x + from.size / 2;
  const x1 = to.x - to.size / 2;
  return [x0, from.y, (x0 + x1) / 2, x1, to.y];
}

/** The distance in pixels from a place to a link's curve, by walking along it. */
export function distance(from, to, px, py) {
  const [x0, y0, bend, x1, y1] = curve(from, to);
  if (px < x0 - 4 || px > x1 + 4) return Infinity;
  let best = Infinity;
  for (let i = 0; i <= 24; i++) {
    const t = i / 24;
    const s = 1 - t;
    const x = s * s * s * x0 + 3 * s * t * bend + t * t * t * x1;
    const y = (s * s * s + 3 * s * s * t) * y0 + (3 * s * t * t + t * t * t) * y1;
    best = Math.min(best, Math.hypot(px - x, py - y));
  }
  return best;
}
