/**
 * One weight matrix' singular values: on the left as lines through the epochs, on the right as
 * bars now, both on one scale, and behind them the band that chance would fill.
 */

import { cardHead, roundStep } from './cards.js';
import { css, mix, parse } from './colors.js';
import { count, short, significant } from './words.js';

const LEFT = 40;
const RIGHT = 6;
const TOP = 56;
const BOTTOM = 22;
const GAP = 8;
const DECADES = 6;
const STRIP_SHARE = 0.56;
const NEAR_PX = 9;

/** Where things lie in a card, and how values become heights. */
export function geometry({ item, width, height }, log) {
  const inner = width - LEFT - RIGHT;
  const strip = { left: LEFT, width: Math.round(inner * STRIP_SHARE) };
  const bars = { left: LEFT + strip.width + GAP, width: inner - strip.width - GAP };
  const space = height - TOP - BOTTOM;
  const { top, values } = item;
  const share = (value) => {
    if (!log) return value / top;
    return value <= 0 ? 0 : Math.max(0, 1 + Math.log10(value / top) / DECADES);
  };
  const step = bars.width / Math.max(values.length, 3);
  return {
    strip, bars, space, step, log,
    floor: TOP + space,
    bar: Math.max(1, Math.min(30, step * 0.72)),
    toY: (value) => TOP + space - Math.min(1.02, share(value)) * space,
    fromY: (y) => {
      const part = Math.max(0, Math.min(1, (TOP + space - y) / space));
      if (!log) return part * top;
      return part === 0 ? 0 : top * 10 ** ((part - 1) * DECADES);
    },
    barX: (i) => bars.left + step * (i + 0.5),
  };
}

/** Epochs of a record as places across the strip. */
function across({ strip }, book, logarithmic) {
  const first = book.epoch(0);
  const last = book.epoch(book.count - 1);
  const place = (epoch) => (logarithmic ? Math.log1p(epoch) : epoch);
  const [from, to] = [place(first), place(last)];
  const scale = to > from ? strip.width / (to - from) : 0;
  return {
    first, last,
    toX: (epoch) => strip.left + (scale ? (place(epoch) - from) * scale : strip.width),
    fromX: (x) => {
      const found = scale ? from + (x - strip.left) / scale : to;
      return logarithmic ? Math.expm1(found) : found;
    },
  };
}

export function paintCard(context, card, { text, theme, lang }, choices) {
  const place = geometry(card, choices.log);
  paintFacts(context, card, text, theme, lang);
  paintAxis(context, card, place, theme);
  paintBand(context, card, place, theme);
  paintStrip(context, card, place, theme, choices);
  paintBars(context, card, place, theme);
}

/** What follows from the values, as words may have it. */
export function facts({ name, rows, cols, rank, condition, norm, stable_rank: stable, count: all, values, band }, lang) {
  const above = band ? values.filter((value) => value > band[1] * (1 + 1e-6)).length : 0;
  return {
    name, rows, cols, rank: rank ?? '–', norm: significant(norm), stable: significant(stable), above,
    condition: rank == null ? '–' : condition == null ? '∞' : significant(condition),
    shown: values.length, all: count(all, lang),
  };
}

function paintFacts(context, { item, width }, text, theme, lang) {
  const found = facts(item, lang);
  const partial = item.values.length < item.count;
  const first = partial ? text('spectra.top', found) : text('spectra.first', found);
  const lines = [item.band ? `${first} · ${text('spectra.above', found)}` : first, text('spectra.second', found)];
  cardHead(context, `${item.name} · ${item.rows} × ${item.cols}`, lines, width, theme);
}

function paintAxis(context, { item, width }, place, theme) {
  const ticks = place.log
    ? [0, 2, 4, 6].map((decades) => item.top * 10 ** -decades)
    : steps(item.top, Math.max(2, Math.min(4, Math.floor(place.space / 34))));
  context.font = `11px ${theme.font}`;
  context.textAlign = 'right';
  context.lineWidth = 1;
  for (const tick of ticks) {
    const y = Math.round(place.toY(tick)) + 0.5;
    context.strokeStyle = tick === 0 ? theme.line : theme.faint;
    for (const { left, width: wide } of [place.strip, place.bars]) {
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(Math.min(left + wide, width - RIGHT), y);
      context.stroke();
    }
    context.fillStyle = theme.muted;
    context.fillText(short(tick), LEFT - 5, y + 3.5);
  }
}

function steps(top, number) {
  const step = roundStep(top, number);
  return Array.from({ length: Math.floor(top / step + 1e-6) + 1 }, (_, i) => i * step);
}

/** The band of chance, behind strip and bars alike, its edges drawn. */
function paintBand(context, { item }, place, theme) {
  if (!item.band) return;
  const [low, high] = item.band.map((value) => Math.max(TOP, place.toY(value)));
  for (const { left, width } of [place.strip, place.bars]) {
    context.fillStyle = css(parse(theme.text), theme.dark ? 0.14 : 0.085);
    context.fillRect(left, high, width, Math.max(1, low - high));
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.beginPath();
    for (const y of [low, high]) {
      context.moveTo(left, Math.round(y) + 0.5);
      context.lineTo(left + width, Math.round(y) + 0.5);
    }
    context.stroke();
  }
}

const lineColor = (theme, i, number) =>
  css(mix(theme.colors.positive, parse(theme.muted), number < 2 ? 0 : (0.7 * i) / (number - 1)), number > 16 ? 0.6 : 0.95);

/** Every value as a line through the epochs; broken where nobody looked. */
function paintStrip(context, { item }, place, theme, { logX }) {
  const { book, order, lines } = item;
  const { strip, floor, toY } = place;
  context.fillStyle = theme.muted;
  context.font = `11px ${theme.font}`;
  if (book.count) {
    const { first, last } = across(place, book, logX);
    context.textAlign = 'left';
    if (last > first) context.fillText(short(first), strip.left, floor + 15);
    context.textAlign = 'right';
    context.fillText(short(last), strip.left + strip.width, floor + 15);
  }
  context.textAlign = 'center';
  context.fillText(item.epochLabel, strip.left + strip.width / 2, floor + 15);
  if (book.count < 2) return;
  const { toX } = across(place, book, logX);
  const rows = thinned(book, toX);
  context.save();
  context.beginPath();
  context.rect(strip.left, TOP - 2, strip.width, place.space + 4);
  context.clip();
  context.lineJoin = 'bevel'; // round ones are slow without a GPU
  context.lineWidth = lines.length > 16 ? 0.9 : 1.5;
  for (let k = lines.length - 1; k >= 0; k--) {
    context.beginPath();
    rows.forEach(({ row, x, broken }, i) => {
      const y = toY(book.value(row, order, k));
      if (i === 0 || broken) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    context.strokeStyle = lineColor(theme, lines[k], item.values.length);
    context.stroke();
  }
  context.restore();
}

/** One row for every pixel at most; jumps at one moment keep both their ends. */
function thinned(book, toX) {
  const found = [];
  let broken = false;
  for (let row = 0; row < book.count; row++) {
    const x = toX(book.epoch(row));
    broken ||= book.broken(row);
    const next = row + 1 < book.count ? toX(book.epoch(row + 1)) : Infinity;
    const jump = row + 1 < book.count && book.epoch(row + 1) === book.epoch(row);
    const before = found.at(-1);
    if (before && x - before.x < 1 && next - x < 1 && !jump) continue;
    found.push({ row, x, broken });
    broken = false;
  }
  return found;
}

function paintBars(context, card, place, theme) {
  const { item } = card;
  const { values, expected } = item;
  const { floor, bar, step, toY, barX } = place;
  values.forEach((value, i) => {
    const y = toY(value);
    const dead = item.rank != null && i >= item.rank;
    context.fillStyle = css(theme.colors.positive, dead ? 0.35 : 0.9);
    context.fillRect(barX(i) - bar / 2, y, bar, Math.max(floor - y, 1));
  });
  if (expected && item.deviation > 0) {
    // Where each value would lie by chance: a short line with an outline, over bar or ground.
    const half = Math.min(step * 0.48, bar / 2 + 3);
    for (const [color, width] of [[theme.background, 3.5], [theme.text, 1.5]]) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      for (let i = 0; i < values.length; i++) {
        const y = toY(expected[i] * item.deviation);
        if (y < TOP - 2) continue;
        context.moveTo(barX(i) - half, y);
        context.lineTo(barX(i) + half, y);
      }
      context.stroke();
    }
  }
  context.fillStyle = theme.muted;
  context.font = `11px ${theme.font}`;
  context.textAlign = 'center';
  const every = Math.ceil(values.length / Math.max(1, Math.floor(place.bars.width / 26)));
  for (let i = 0; i < values.length; i += every) {
    context.fillText(`σ${subscript(i + 1)}`, barX(i), floor + 15);
  }
}

/** What lies under the pointer: a bar now, or a line at an epoch. */
export function probeCard(card, x, y, { text }, choices) {
  const place = geometry(card, choices.log);
  if (y < TOP - 4 || y > place.floor + 18) return null;
  const { item } = card;
  const chance = item.band
    ? [{ label: text('spectra.band'), value: item.band.map(significant).join(' – ') }] : [];
  if (x >= place.bars.left) {
    const i = Math.floor((x - place.bars.left) / place.step);
    if (i < 0 || i >= item.values.length) return null;
    const energy = (item.stable_rank * item.norm ** 2) || 0;
    return [
      { title: true, label: `${item.name} · σ${subscript(i + 1)}` },
      { label: text('spectra.value'), value: significant(item.values[i]) },
      { label: text('spectra.share'), value: `${((item.values[i] ** 2 / energy) * 100 || 0).toFixed(1)} %` },
      ...(item.band ? [{ label: text('spectra.expected'), value: significant(item.expected[i] * item.deviation) }] : []),
      ...chance,
    ];
  }
  const { book, order, lines } = item;
  if (x < place.strip.left || x > place.strip.left + place.strip.width || !book.count) return null;
  const row = book.nearest(across(place, book, choices.logX).fromX(x));
  let best = -1;
  let closest = NEAR_PX;
  lines.forEach((_, k) => {
    const away = Math.abs(place.toY(book.value(row, order, k)) - y);
    if (away < closest) [best, closest] = [k, away];
  });
  if (best < 0) return chance.length ? chance : null;
  return [
    { title: true, label: `${item.name} · σ${subscript(lines[best] + 1)}` },
    { label: text('spectra.at'), value: short(book.epoch(row)) },
    { label: text('spectra.value'), value: significant(book.value(row, order, best)) },
    ...chance,
  ];
}

export const subscript = (number) =>
  [...String(number)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[digit]).join('');
