/** The network's picture on one canvas: links, neuron maps, labels. */

import { commonScale, paintBox } from './shapebox.js';
import { css } from './colors.js';
import { biasAt, curve, weightAt } from './netlayout.js';
import { isLine } from './scene.js';
import { count, short } from './words.js';

const LEVELS = 12;
/** Weights whose strength is below this are lines of one pixel: below about ±0.2. */
const THIN = 0.22;
const RADIUS = 4;

/** How much of a full line a weight is: 0 at zero, one half at ±0.7, never beyond 1. */
export const strength = (weight) => {
  const size = Math.abs(weight);
  return size / (size + 0.7);
};

/** All neuron maps of a frame as one picture, a tile each, so that they go up in one piece. */
export class Atlas {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.context = this.canvas.getContext('2d');
  }

  /** @param {{data: Uint8Array, shape: number[]}} maps (K, r, r) @param {Uint32Array} table */
  fill({ data, shape: [tiles, side] }, table) {
    const across = Math.ceil(Math.sqrt(tiles));
    const width = across * side;
    const height = Math.ceil(tiles / across) * side;
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.context.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    for (let tile = 0; tile < tiles; tile++) {
      const left = (tile % across) * side;
      const bottom = (Math.floor(tile / across) + 1) * side - 1;
      for (let row = 0; row < side; row++) {
        const target = (bottom - row) * width + left;
        const source = (tile * side + row) * side;
        for (let c = 0; c < side; c++) this.pixels[target + c] = table[data[source + c]];
      }
      this.round(left, bottom - side + 1, side, width);
    }
    this.context.putImageData(this.image, 0, 0);
    this.side = side;
    this.across = across;
  }

  /** Clears the corners of a tile: cheaper than a rounded clip for each neuron of each frame. */
  round(left, top, side, width) {
    const radius = Math.max(1, Math.round(side * 0.09));
    for (let row = 0; row < radius; row++) {
      for (let c = 0; c < radius; c++) {
        const away = Math.hypot(radius - c - 0.5, radius - row - 0.5) - radius + 0.5;
        if (away <= 0) continue;
        const alpha = Math.round(255 * Math.max(0, 1 - away));
        for (const y of [top + row, top + side - 1 - row]) {
          for (const x of [left + c, left + side - 1 - c]) {
            const at = y * width + x;
            this.pixels[at] = ((this.pixels[at] & 0xffffff) | (alpha << 24)) >>> 0;
          }
        }
      }
    }
  }

  draw(context, tile, x, y, size) {
    const { side, across } = this;
    context.drawImage(
      this.canvas, (tile % across) * side, Math.floor(tile / across) * side, side, side,
      x, y, size, size
    );
  }
}

/**
 * All links, weak ones below strong ones, each a stroke of its own: without a GPU one path of many
 * curves takes twice the time of the curves alone, and lines of one pixel take a fifth of wider
 * ones, so a weak weight is a thin line.
 * @param {object} accent the neuron under the pointer, whose links stand out
 */
export function paintLinks(context, layout, weights, theme, accent) {
  const tightest = Math.min(...layout.columns.map(({ pitch }) => pitch));
  const widest = 5.5 * Math.min(1, tightest / 44);
  const levels = Array.from({ length: LEVELS * 2 }, () => []);
  for (const link of layout.links) {
    for (const to of link.to.neurons) {
      for (const from of link.from.neurons) {
        const weight = weights[weightAt(link, to, from)];
        if (!(Math.abs(weight) > 1e-3)) continue;
        const lit = !accent || accent === to || accent === from;
        const level = Math.min(LEVELS - 1, Math.floor(strength(weight) * LEVELS));
        levels[lit ? LEVELS + level : level].push(from, to, weight > 0);
      }
    }
  }
  const { positive, negative } = theme.colors;
  levels.forEach((drawn, i) => {
    const share = ((i % LEVELS) + 0.5) / LEVELS;
    const alpha = i < LEVELS ? 0.12 : 0.3 + 0.6 * share;
    const colors = [css(negative, alpha), css(positive, alpha)];
    context.lineWidth = Math.max(1, 1 + (widest - 1) * (share - THIN) / (1 - THIN));
    for (let k = 0; k < drawn.length; k += 3) {
      const [x0, y0, bend, x1, y1] = curve(drawn[k], drawn[k + 1]);
      context.strokeStyle = colors[Number(drawn[k + 2])];
      context.beginPath();
      context.moveTo(x0, y0);
      context.bezierCurveTo(bend, y0, bend, y1, x1, y1);
      context.stroke();
    }
  });
}

/** Links that were cut: a thin broken line shows where one can be mended. */
export function paintCuts(context, layout, cut, theme) {
  context.lineWidth = 1;
  context.strokeStyle = theme.muted;
  context.setLineDash([2, 4]);
  context.beginPath();
  for (const link of layout.links) {
    for (const to of link.to.neurons) {
      for (const from of link.from.neurons) {
        if (!cut[weightAt(link, to, from)]) continue;
        const [x0, y0, bend, x1, y1] = curve(from, to);
        context.moveTo(x0, y0);
        context.bezierCurveTo(bend, y0, bend, y1, x1, y1);
      }
    }
  }
  context.stroke();
  context.setLineDash([]);
}

/** One link in full, under the pointer. */
export function paintLink(context, { from, to, weight }, theme) {
  const [x0, y0, bend, x1, y1] = curve(from, to);
  const path = new Path2D();
  path.moveTo(x0, y0);
  path.bezierCurveTo(bend, y0, bend, y1, x1, y1);
  const width = 2 + 5 * strength(weight);
  context.lineWidth = width + 3;
  context.strokeStyle = theme.text;
  context.stroke(path);
  context.lineWidth = width;
  context.strokeStyle = css(weight > 0 ? theme.colors.positive : theme.colors.negative);
  context.stroke(path);
}

/** Maps (or small curves) of all neurons, their frames, and a mark for each bias. */
export function paintNeurons(context, layout, { scene, arrays }, theme, atlas, focus) {
  const frames = new Path2D();
  const frozen = new Path2D();
  const line = isLine(scene);
  const maps = arrays.neurons;
  if (maps && !line) atlas.fill(maps, theme.colors.neurons);
  for (const neuron of layout.neurons) {
    const { size } = neuron;
    const x = neuron.x - size / 2;
    const y = neuron.y - size / 2;
    if (maps && !line) atlas.draw(context, neuron.map, x, y, size);
    else {
      context.fillStyle = theme.soft;
      context.beginPath();
      context.roundRect(x, y, size, size, RADIUS);
      context.fill();
    }
    if (maps && line) paintSmallCurve(context, maps, neuron.map, arrays.neuron_scale, { x, y, size }, theme);
    const fixed = scene.blocks[neuron.block].frozen;
    (fixed ? frozen : frames).roundRect(x + 0.5, y + 0.5, size - 1, size - 1, RADIUS);
    if (focus && focus[0] === neuron.block && focus[1] === neuron.unit) ring(context, x, y, size, theme);
  }
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.stroke(frames);
  context.lineWidth = 2;
  context.strokeStyle = theme.text;
  context.setLineDash([3, 3]);
  context.stroke(frozen);
  context.setLineDash([]);
  if (arrays.links) paintBiases(context, layout, arrays.links.data, theme);
}

/** What the network reads at the places that are drawn: tokens are names, not quantities. */
export function paintTokens(context, layout, tokens, theme) {
  context.fillStyle = theme.text;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const { x, y, size, place } of layout.columns[0].neurons) {
    const words = tokens[place] ?? '';
    const length = Math.max(1, words.length);
    context.font = `600 ${Math.max(9, Math.min(size * 0.6, (size * 1.5) / length))}px ${theme.font}`;
    context.fillText(fitted(context, words === ' ' ? '␣' : words, size - 2), x, y + 0.5);
  }
}

function ring(context, x, y, size, theme) {
  context.lineWidth = 2.5;
  context.strokeStyle = theme.text;
  context.beginPath();
  context.roundRect(x - 3, y - 3, size + 6, size + 6, RADIUS + 3);
  context.stroke();
}

function paintSmallCurve(context, { data, shape: [, points] }, row, scale, { x, y, size }, theme) {
  context.fillStyle = theme.line;
  context.fillRect(x, Math.round(y + size / 2), size, 1);
  const most = scale?.data[row] || 1;
  context.beginPath();
  for (let i = 0; i < points; i++) {
    const value = data[row * points + i] / most;
    context.lineTo(x + (size * i) / (points - 1), y + size / 2 - value * size * 0.42);
  }
  context.strokeStyle = css(theme.colors.positive);
  context.lineWidth = 1.75;
  context.stroke();
}

function paintBiases(context, layout, values, theme) {
  for (const link of layout.links) {
    if (!link.to.block.bias) continue;
    for (const neuron of link.to.neurons) {
      const bias = values[biasAt(link, neuron)];
      const side = neuron.size >= 28 ? 6 : 4;
      const x = neuron.x - neuron.size / 2 - side / 2;
      const y = neuron.y + neuron.size / 2 - side / 2;
      context.fillStyle = theme.background;
      context.fillRect(x - 1, y - 1, side + 2, side + 2);
      const color = bias > 0 ? theme.colors.positive : theme.colors.negative;
      context.fillStyle = css(color, 0.2 + 0.8 * strength(bias * 2));
      context.fillRect(x, y, side, side);
    }
  }
}

/** Labels of inputs, shapes and parameters below the columns, dashed columns without neurons. */
export function paintLabels(context, layout, { text, lang, theme }) {
  context.textBaseline = 'middle';
  const sizes = layout.columns.map(({ block }) => block.size);
  const scale = layout.boxes ? commonScale(sizes, layout.boxes - 4) : 0;
  for (const column of layout.columns) {
    const { block, x } = column;
    if (!block.shown.length) paintEmpty(context, layout, column, { text, theme });
    if (block.kind === 'input') paintInputLabels(context, layout, column, theme);
    const room = layout.columnWidth - 6;
    const numbers = { count: count(block.parameters, lang) };
    context.font = `11.5px ${theme.font}`;
    const lines = folded(context, block.shape ?? '', room);
    const roomy = lines.length === 1;
    if (block.parameters && roomy) {
      const full = text('network.parameters', numbers);
      const fits = context.measureText(full).width <= room;
      lines.push(fits ? full : text('network.parameters_short', numbers));
    }
    if (block.frozen) lines.push(text('network.frozen'));
    if (block.shown.length && column.places.length < block.units && roomy) {
      lines.push(text('network.sampled', { shown: column.places.length, units: block.units }));
    }
    if (layout.boxes) {
      const space = { width: room, scale };
      paintBox(context, block, x, layout.footer + layout.boxes / 2 - 2, space, theme);
    }
    context.textAlign = 'center';
    context.fillStyle = theme.muted;
    const below = layout.footer + layout.boxes;
    lines.forEach((words, i) => {
      context.font = `11.5px ${theme.font}`;
      context.fillText(fitted(context, words, room), x, below + layout.line * (i + 0.5));
    });
  }
}

/** A shape that is too wide: 16×8×8 on two lines, its channels and its sides, (n, 64) as 64. */
function folded(context, shape, room) {
  const parts = shape.split('×');
  if (context.measureText(shape).width <= room) return [shape];
  if (parts.length < 2) return [shape.replace(/^\(n, (\d+)\)$/, '$1')];
  return [`${parts[0]}×`, parts.slice(1).join('×')];
}

/** A block without pictures of its own; of dropout and noise, what they do to what passes. */
function paintEmpty(context, layout, { block, x }, { text, theme }) {
  context.save();
  context.setLineDash([3, 4]);
  context.strokeStyle = theme.muted;
  context.lineWidth = 1.5;
  context.strokeRect(Math.round(x) - 7.5, layout.top + 2, 15, layout.footer - layout.top - 14);
  context.restore();
  context.textAlign = 'center';
  context.fillStyle = theme.muted;
  context.font = `11.5px ${theme.font}`;
  const words = block.kind === 'dropout' ? text('network.dropout', { rate: Math.round(block.rate * 100) })
    : block.kind === 'noise' ? text('network.noise', { deviation: short(block.deviation) }) : '';
  context.fillText(fitted(context, words, layout.columnWidth - 4), x, layout.top - 10);
}

function paintInputLabels(context, layout, { block, neurons, x, size }, theme) {
  const right = x - size / 2 - 6;
  const room = right - 2;
  context.font = `500 12px ${theme.font}`;
  for (const neuron of neurons) {
    const label = block.labels?.[neuron.place] ?? '';
    if (context.measureText(label).width <= room) {
      context.textAlign = 'right';
      context.fillStyle = theme.text;
      context.fillText(label, right, neuron.y);
    } else if (room > 44) {
      context.textAlign = 'right';
      context.fillStyle = theme.text;
      context.fillText(fitted(context, label, room), right, neuron.y);
    } else paintPill(context, layout, neuron, label, theme);
  }
}

/** No room at the side: the label lies on the lower edge of the neuron's map. */
function paintPill(context, layout, neuron, label, theme) {
  context.font = `500 10.5px ${theme.font}`;
  const words = fitted(context, label, layout.columnWidth - 4);
  const width = context.measureText(words).width + 4;
  const y = neuron.y + neuron.size / 2 - 2;
  context.fillStyle = theme.background;
  context.beginPath();
  context.roundRect(neuron.x - width / 2, y - 6, width, 12, 3);
  context.fill();
  context.textAlign = 'center';
  context.fillStyle = theme.text;
  context.fillText(words, neuron.x, y + 0.5);
}

function fitted(context, words, room) {
  if (context.measureText(words).width <= room) return words;
  let length = words.length - 1;
  while (length > 1 && context.measureText(`${words.slice(0, length)}…`).width > room) length -= 1;
  return `${words.slice(0, length)}…`;
}
