/** Every layer's health on a card: gradient, update, rank, failing units, two histograms. */

import { cardHead, Cards, roundStep } from './cards.js';
import { css } from './colors.js';
import { blockName } from './scene.js';
import { percent, short, significant } from './words.js';

const HEAD = 68; // pixels for name and numbers
const LABEL = 17;
const AXIS = 15;
const SIDE = 6;
const KINDS = ['weights', 'values'];
const MOST_NAMED = 6;

export function createHealth(context, body) {
  const { text } = context;
  const tops = new Map(); // "block kind" -> the top of its histogram, which moves calmly
  return new Cards(context, body, {
    name: 'health', width: 236, height: 226,
    find: ({ header, arrays, scene }) =>
      header.health?.map((layer) => ({
        ...layer,
        name: blockName(text, scene, layer.block),
        activation: scene.blocks[layer.block]?.activation,
        bars: Object.fromEntries(KINDS.map((kind) => {
          const shares = layer[kind] && arrays[`${kind === 'weights' ? 'hw' : 'ha'}_${layer.block}`]?.data;
          return [kind, shares && { shares, ends: layer[kind], most: topOf(tops, `${layer.block} ${kind}`, shares) }];
        })),
      })),
    paintCard, probeCard,
    describe: (items) => items.map((item) => text('health.alt', numbers(item))).join(' '),
    empty: () => '',
  });
}

/** Grows at once, shrinks when the largest share has sunk below half of it. */
function topOf(tops, key, shares) {
  const needed = Math.max(...shares, 1e-3);
  const top = tops.get(key) ?? 0;
  if (needed > top || needed < top / 2) {
    const step = roundStep(needed, 4);
    tops.set(key, Math.ceil(needed / step) * step);
  }
  return tops.get(key);
}

const numbers = ({ name, units, gradient, update, rank, dead, saturated }) => ({
  name, units,
  gradient: gradient == null ? '–' : significant(gradient),
  update: update == null ? '–' : significant(update),
  rank: rank.toFixed(1), dead: dead.length, saturated: saturated.length,
});

/** Where the two histograms stand in a card: name, top and height of the bars. */
function places({ item, height }) {
  const shown = KINDS.filter((kind) => item.bars[kind]);
  const each = (height - HEAD) / Math.max(shown.length, 1);
  return shown.map((kind, i) => ({
    kind, top: HEAD + i * each + LABEL, space: each - LABEL - AXIS, ...item.bars[kind],
  }));
}

function paintCard(context, card, { text, theme }) {
  const { item, width } = card;
  const facts = numbers(item);
  const lines = [text('health.first', facts), text('health.second', facts)];
  cardHead(context, text('health.title', facts), lines, width, theme);
  if (item.gates) {
    const ill = item.dead.length + item.saturated.length > 0;
    context.fillStyle = ill ? theme.alert : theme.muted;
    context.font = `${ill ? '600 ' : ''}11.5px ${theme.font}`;
    context.fillText(text('health.third', facts), 4, 60, width - 8);
  }
  for (const place of places(card)) paintBars(context, place, width, text(`health.${place.kind}`), theme);
}

function paintBars(context, { shares, ends: [low, high], most, top, space }, width, label, theme) {
  const step = (width - 2 * SIDE) / shares.length;
  context.font = `11px ${theme.font}`;
  context.textAlign = 'left';
  context.fillStyle = theme.muted;
  context.fillText(label, SIDE, top - 4);
  for (let i = 0; i < shares.length; i++) {
    if (!shares[i]) continue;
    const middle = low + ((i + 0.5) / shares.length) * (high - low);
    const h = Math.max(1, (shares[i] / most) * space);
    context.fillStyle = css(middle < 0 ? theme.colors.negative : theme.colors.positive, 0.9);
    context.fillRect(SIDE + i * step + 0.5, top + space - h, Math.max(step - 1, 1), h);
  }
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(SIDE, Math.round(top + space) + 0.5, width - 2 * SIDE, 0);
  context.fillStyle = theme.muted;
  context.fillText(short(low), SIDE, top + space + 12);
  context.textAlign = 'right';
  context.fillText(short(high), width - SIDE, top + space + 12);
  if (low < 0) {
    context.textAlign = 'center';
    context.fillText('0', width / 2, top + space + 12);
  }
}

function probeCard(card, x, y, { text }) {
  const { item, width } = card;
  const place = places(card).find(({ top, space }) => y >= top && y <= top + space);
  if (!place) return summary(item, text);
  const { shares, ends: [low, high], kind } = place;
  const i = Math.floor((x - SIDE) / ((width - 2 * SIDE) / shares.length));
  if (i < 0 || i >= shares.length) return null;
  const at = (k) => significant(low + (k / shares.length) * (high - low));
  return [
    { title: true, label: `${item.name} · ${text(`health.${kind}`)}` },
    { label: text('health.between', { low: at(i), high: at(i + 1) }), value: percent(shares[i], 1) },
  ];
}

function summary(item, text) {
  const named = (units) => {
    const shown = units.slice(0, MOST_NAMED).map((unit) => `#${unit + 1}`).join(', ');
    return units.length > MOST_NAMED ? `${shown} …` : shown || '–';
  };
  const facts = numbers(item);
  const rows = [
    { title: true, label: item.name },
    { label: text('health.gradient'), value: facts.gradient },
    { label: text('health.update'), value: facts.update },
    { label: text('health.rank'), value: facts.rank },
  ];
  if (item.gates) {
    rows.push({ label: text('health.dead'), value: named(item.dead) });
    rows.push({ label: text('health.saturated'), value: named(item.saturated) });
  }
  return rows;
}
