/**
 * How gradients come through: bars over the network's depth, and over the places of a sequence,
 * on scales of powers of ten.
 */

import { cardHead, Cards } from './cards.js';
import { css } from './colors.js';
import { blockName } from './scene.js';
import { significant } from './words.js';

const TOP = 56;
const BOTTOM = 30;
const LEFT = 40;
const DEEPEST = 12; // powers of ten below the largest that are told apart
const FEWEST = 3; // powers of ten on an axis
const WIDE = 5; // blocks from which the card of the depth takes the room of two

export function createGradients(context, body) {
  const { text } = context;
  const ranges = new Map(); // of a card's axis, which moves calmly
  return new Cards(context, body, {
    name: 'gradients', width: 250, height: 226,
    find: ({ header, arrays, scene }) => {
      if (!header.gradients) return null;
      const { rows, points } = header.gradients;
      if (!rows.length) return [];
      const named = rows.map((row) => ({ ...row, name: blockName(text, scene, row.block) }));
      return [depth(named, points, ranges, text), ...named.flatMap((row) =>
        row.courses.map((course) => overPlaces(row, course, arrays, ranges, text)).filter(Boolean))];
    },
    paintCard, probeCard,
    describe: (items) => items.map((item) => item.alt).join(' '),
    empty: () => text('gradients.none'),
  });
}

/** Whole powers of ten about positive values; grown at once, shrunk when two of them are free. */
function decades(ranges, key, values) {
  const positive = values.filter((value) => value > 0);
  const most = positive.length ? Math.max(...positive) : 1;
  const least = positive.length ? Math.max(Math.min(...positive), most / 10 ** DEEPEST) : 0.1;
  const needed = [Math.floor(Math.log10(least) - 0.05), Math.ceil(Math.log10(most) + 0.02)];
  needed[0] = Math.min(needed[0], needed[1] - FEWEST);
  const held = ranges.get(key);
  const fits = held && held[0] <= needed[0] && held[1] >= needed[1] && held[1] - held[0] <= needed[1] - needed[0] + 2;
  if (!fits) ranges.set(key, needed);
  return ranges.get(key);
}

function depth(rows, points, ranges, text) {
  const values = rows.flatMap(({ activation, gradient, weights }) => [activation, gradient, weights]);
  const [first, last] = [rows[0], rows.at(-1)];
  const ratio = last.gradient > 0 ? first.gradient / last.gradient : null;
  const facts = { ratio: ratio == null ? '–' : significant(ratio), first: first.name, last: last.name, points };
  return {
    kind: 'depth', rows, range: decades(ranges, 'depth', values.filter((value) => value != null)),
    span: rows.length >= WIDE ? 2 : 1, title: text('gradients.depth'), note: text('gradients.ratio', facts),
    alt: text('gradients.depth_alt', {
      ...facts, blocks: rows.map(({ name, gradient }) => `${name} ${significant(gradient)}`).join(', '),
    }),
  };
}

function overPlaces(row, { name, start, key }, arrays, ranges, text) {
  const norms = arrays[key]?.data;
  if (!norms?.length) return null;
  const [first, last] = name === 'backward' ? [norms.length - 1, 0] : [0, norms.length - 1];
  const ratio = norms[last] > 0 ? significant(norms[first] / norms[last]) : '–';
  const facts = { block: row.name, first: start + first + 1, last: start + last + 1, ratio };
  const way = { forward: text('gradients.forward'), backward: text('gradients.backward'),
    written: text('gradients.written'), places: text('gradients.places') }[name];
  return {
    kind: 'places', norms, start, range: decades(ranges, key, [...norms]), title: `${row.name} · ${way}`,
    note: text('gradients.ratio_places', facts), alt: text('gradients.places_alt', { ...facts, way }),
  };
}

function frame({ item, width, height }) {
  const [low, high] = item.range;
  const down = height - TOP - BOTTOM;
  const toY = (value) => {
    const share = (Math.log10(Math.max(value, 1e-300)) - low) / (high - low);
    return TOP + (1 - Math.max(0, Math.min(1, share))) * down;
  };
  const number = item.kind === 'depth' ? item.rows.length : item.norms.length;
  const step = (width - LEFT - 6) / number;
  return { low, high, down, toY, step, floor: TOP + down, toX: (i) => LEFT + i * step };
}

function paintCard(context, card, { text, theme }) {
  const { item, width } = card;
  const plot = frame(card);
  cardHead(context, item.title, [item.note], width, theme);
  paintAxis(context, plot, width, theme);
  if (item.kind === 'depth') paintDepth(context, item, plot, { text, theme }, width);
  else paintPlaces(context, item, plot, theme, width);
}

function paintAxis(context, { low, high, toY }, width, theme) {
  const each = Math.ceil((high - low) / 5);
  context.font = `11px ${theme.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  for (let power = high; power >= low; power -= each) {
    const y = Math.round(toY(10 ** power)) + 0.5;
    context.beginPath();
    context.moveTo(LEFT, y);
    context.lineTo(width - 6, y);
    context.stroke();
    context.fillStyle = theme.muted;
    context.fillText(power > -4 && power < 4 ? String(Number((10 ** power).toPrecision(1))) : `1e${power}`.replace('-', '−'), LEFT - 4, y);
  }
}

/** Filled: gradients; outlined: activations; a dot: gradients of the weights. */
function paintDepth(context, { rows }, plot, { text, theme }, width) {
  paintLegend(context, text, theme, width);
  const bar = Math.min(16, plot.step * 0.34);
  context.textAlign = 'center';
  context.font = `11px ${theme.font}`;
  const tight = rows.some(({ name }) => context.measureText(name).width > plot.step - 8);
  rows.forEach(({ name, activation, gradient, weights }, i) => {
    const middle = plot.toX(i) + plot.step / 2;
    context.fillStyle = theme.muted;
    context.textBaseline = 'top';
    if (activation > 0) {
      const y = plot.toY(activation);
      context.strokeStyle = theme.muted;
      context.lineWidth = 1.25;
      context.strokeRect(middle - bar - 0.5, y, bar - 1, plot.floor - y);
    }
    if (gradient > 0) {
      const y = plot.toY(gradient);
      context.fillStyle = theme.accent;
      context.fillRect(middle + 1, y, bar, plot.floor - y);
    }
    if (gradient === 0) context.fillText('0', middle + 1 + bar / 2, plot.floor - 14);
    if (weights > 0) dot(context, middle + 1 + bar / 2, plot.toY(weights), theme);
    context.fillStyle = theme.muted;
    const room = Math.max(plot.step * (tight ? 2 : 1) - 8, 12);
    context.fillText(name, middle, plot.floor + (tight && i % 2 ? 16 : 4), room);
  });
}

function dot(context, x, y, theme) {
  context.beginPath();
  context.arc(x, y, 3.5, 0, 7);
  context.fillStyle = theme.background;
  context.fill();
  context.lineWidth = 1.75;
  context.strokeStyle = theme.text;
  context.stroke();
}

function paintLegend(context, text, theme, width) {
  context.font = `11px ${theme.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  let x = 4;
  const y = 44;
  const sign = {
    activation: () => { context.strokeStyle = theme.muted; context.lineWidth = 1.25; context.strokeRect(x + 0.5, y - 4, 8, 8); },
    gradient: () => { context.fillStyle = theme.accent; context.fillRect(x, y - 4, 9, 9); },
    weights: () => dot(context, x + 4, y, theme),
  };
  const names = { activation: text('gradients.activation'), gradient: text('gradients.gradient'), weights: text('gradients.weights') };
  for (const [key, name] of Object.entries(names)) {
    const room = context.measureText(name).width;
    if (x + room + 16 > width) return;
    sign[key]();
    context.fillStyle = theme.muted;
    context.fillText(name, x + 14, y);
    x += room + 26;
  }
}

function paintPlaces(context, { norms, start }, plot, theme, width) {
  context.fillStyle = css(theme.colors.positive, 0.9);
  norms.forEach((value, i) => {
    if (!(value > 0)) return;
    const y = plot.toY(value);
    context.fillRect(plot.toX(i) + (plot.step > 3 ? 0.5 : 0), y, Math.max(plot.step - (plot.step > 3 ? 1 : 0), 0.75), plot.floor - y);
  });
  context.fillStyle = theme.muted;
  context.font = `11px ${theme.font}`;
  context.textBaseline = 'top';
  context.textAlign = 'left';
  context.fillText(String(start + 1), LEFT, plot.floor + 4);
  context.textAlign = 'right';
  context.fillText(String(start + norms.length), width - 6, plot.floor + 4);
}

function probeCard(card, x, y, { text }) {
  const { item } = card;
  const plot = frame(card);
  const i = Math.floor((x - LEFT) / plot.step);
  if (y < TOP || i < 0) return null;
  if (item.kind === 'places') {
    if (i >= item.norms.length) return null;
    return [
      { title: true, label: item.title },
      { label: text('gradients.place', { place: item.start + i + 1 }), value: significant(item.norms[i]) },
    ];
  }
  const row = item.rows[i];
  return row && [
    { title: true, label: row.name },
    { label: text('gradients.activation'), value: significant(row.activation) },
    { label: text('gradients.gradient'), value: significant(row.gradient) },
    { label: text('gradients.weights'), value: row.weights == null ? '–' : significant(row.weights) },
  ];
}
