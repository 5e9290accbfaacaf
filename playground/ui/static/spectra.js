/** Singular values of every weight matrix as moving bars, with what follows from them. */

import { Cards, roundStep } from './cards.js';
import { css } from './colors.js';
import { toggle } from './dom.js';
import { blockName } from './scene.js';
import { short, significant } from './words.js';

const choices = { log: false };
const LEFT = 40;
const TOP = 56;
const BOTTOM = 22;
const DECADES = 6;

export function createSpectra(context, body, tools) {
  const { text } = context;
  const tops = new Map(); // block -> the top of its axis, which moves calmly
  tools.append(toggle({
    label: text('curves.log_y'), tip: text('curves.log_y_tip'), pressed: choices.log,
    onChange: (value) => {
      choices.log = value;
      context.hub.invalidate();
    },
  }));
  return new Cards(context, body, {
    name: 'singular', width: 210, height: 190,
    find: ({ header, arrays, scene }) =>
      header.spectra?.map((head) => ({
        ...head, name: blockName(text, scene, head.block),
        values: arrays[`sv_${head.block}`]?.data ?? [], top: axisTop(tops, head),
      })),
    paintCard, probeCard,
    describe: (items) => items.map((item) => text('spectra.alt', numbers(item))).join(' '),
    empty: () => '',
  });
}

/** Grows at once, shrinks when the largest value has sunk below half: bars move, axes rest. */
function axisTop(tops, { block, norm }) {
  const needed = Math.max(norm ?? 0, 1e-9);
  const top = tops.get(block) ?? 0;
  if (needed > top || needed < top * 0.5) {
    const step = roundStep(needed * 1.15, 3);
    tops.set(block, Math.ceil((needed * 1.05) / step) * step);
  }
  return tops.get(block);
}

const numbers = ({ name, rows, cols, rank, condition, norm, stable_rank: stable }) => ({
  name, rows, cols, rank, norm: significant(norm), stable: significant(stable),
  condition: condition == null ? '∞' : significant(condition),
});

function height(value, top, space) {
  if (!choices.log) return (value / top) * space;
  if (value <= 0) return 0;
  return Math.max(0, 1 + Math.log10(value / top) / DECADES) * space;
}

function paintCard(context, card, { text, theme }) {
  const { item, width, height: tall } = card;
  const facts = numbers(item);
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  context.fillStyle = theme.text;
  context.font = `600 12.5px ${theme.font}`;
  context.fillText(`${item.name} · ${item.rows} × ${item.cols}`, 4, 13, width - 8);
  context.fillStyle = theme.muted;
  context.font = `11.5px ${theme.font}`;
  context.fillText(text('spectra.first', facts), 4, 30, width - 8);
  context.fillText(text('spectra.second', facts), 4, 45, width - 8);
  const space = tall - TOP - BOTTOM;
  paintAxis(context, item.top, width, space, theme);
  const n = item.values.length;
  const step = (width - LEFT - 6) / Math.max(n, 4);
  const bar = Math.max(1, Math.min(34, step * 0.72));
  item.values.forEach((value, i) => {
    const h = height(value, item.top, space);
    const dead = i >= item.rank;
    context.fillStyle = css(theme.colors.positive, dead ? 0.35 : 0.9);
    context.fillRect(LEFT + step * (i + 0.5) - bar / 2, TOP + space - h, bar, Math.max(h, 1));
  });
  context.fillStyle = theme.muted;
  context.font = `11px ${theme.font}`;
  context.textAlign = 'center';
  const every = Math.ceil(n / Math.max(1, Math.floor((width - LEFT) / 26)));
  for (let i = 0; i < n; i += every) {
    context.fillText(`σ${subscript(i + 1)}`, LEFT + step * (i + 0.5), tall - 6);
  }
}

function paintAxis(context, top, width, space, theme) {
  context.font = `11px ${theme.font}`;
  context.textAlign = 'right';
  context.lineWidth = 1;
  const ticks = choices.log
    ? [0, 2, 4, 6].map((decades) => top * 10 ** -decades)
    : steps(top);
  for (const tick of ticks) {
    const y = Math.round(TOP + space - height(tick, top, space)) + 0.5;
    context.strokeStyle = tick === 0 ? theme.line : theme.faint;
    context.beginPath();
    context.moveTo(LEFT, y);
    context.lineTo(width - 4, y);
    context.stroke();
    context.fillStyle = theme.muted;
    context.fillText(short(tick), LEFT - 5, y + 3.5);
  }
}

function steps(top) {
  const step = roundStep(top, 3);
  return Array.from({ length: Math.floor(top / step + 1e-6) + 1 }, (_, i) => i * step);
}

function probeCard({ item, width }, x, y, { text }) {
  const n = item.values.length;
  const i = Math.floor((x - LEFT) / ((width - LEFT - 6) / Math.max(n, 4)));
  if (x < LEFT || i < 0 || i >= n || y < TOP) return null;
  const total = item.values.reduce((sum, value) => sum + value * value, 0);
  return [
    { title: true, label: `${item.name} · σ${subscript(i + 1)}` },
    { label: text('spectra.value'), value: significant(item.values[i]) },
    { label: text('spectra.share'), value: `${((item.values[i] ** 2 / total) * 100 || 0).toFixed(1)} %` },
  ];
}

const subscript = (number) =>
  [...String(number)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[digit]).join('');
