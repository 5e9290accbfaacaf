/** The whole spectrum of the Hessian as a density, with a stroke for every eigenvalue. */

import { cardHead, roundStep } from './cards.js';
import { css } from './colors.js';
import { BOTTOM, TOP } from './curvaturecards.js';
import { short, significant } from './words.js';

const BINS = 40;

function spectrumFrame({ item: { density, head: { flat } , log }, width, height }) {
  const count = density.shape[1];
  const places = density.data.subarray(0, count);
  const values = density.data.subarray(count);
  const [low, high] = [places[0], places[count - 1]];
  // So many eigenvalues as there are in one of BINS equal parts of the axis
  const part = (high - low) / BINS;
  let most = 1;
  for (const value of values) most = Math.max(most, value * part);
  const top = TOP + 34;
  const space = height - top - BOTTOM - 6;
  const right = width - 6;
  const left = 30;
  const rise = (value) => Math.log10(1 + Math.max(value, 0)) / Math.log10(1 + most);
  return {
    places, values, part, low, high, top, space, left, right, most,
    toX: (place) => left + ((place - low) / (high - low || 1)) * (right - left),
    toY: (value) => top + space * (1 - rise(value)),
    fromX: (x) => low + ((x - left) / (right - left)) * (high - low),
    value: (place) => (log ? Math.sign(place) * flat * (10 ** Math.abs(place) - 1) : place),
    onAxis: (value) => (log ? Math.sign(value) * Math.log10(1 + Math.abs(value) / flat) : value),
  };
}

export function paintSpectrum(context, card, { text, theme }) {
  const { item, width, height } = card;
  const lines = [text('curvature.counts', item.facts), text('curvature.counts_low', item.facts)];
  cardHead(context, item.title, lines, card.width, theme);
  const frame = spectrumFrame(card);
  paintCounts(context, frame, theme);
  const zero = frame.toX(0);
  // A density leaks over 0: where there is nothing negative, its foot is not painted as if there were.
  const below = item.head.negative > 0.5 ? theme.colors.negative : theme.colors.positive;
  for (const [side, color] of [[-1, below], [1, theme.colors.positive]]) {
    context.beginPath();
    context.moveTo(side < 0 ? frame.left : zero, frame.top + frame.space);
    frame.places.forEach((place, i) => {
      if (place * side >= 0) context.lineTo(frame.toX(place), frame.toY(frame.values[i] * frame.part));
    });
    context.lineTo(side < 0 ? zero : frame.right, frame.top + frame.space);
    context.fillStyle = css(color, 0.75);
    context.fill();
  }
  paintRug(context, item, frame, theme);
  context.textAlign = 'center';
  context.fillStyle = theme.muted;
  for (const value of axisTicks(item, frame)) {
    const x = frame.toX(frame.onAxis(value));
    if (x > frame.left + 8 && x < width - 12) context.fillText(short(value), x, height - 16);
  }
  context.fillText(text('curvature.eigenvalue'), (frame.left + frame.right) / 2, height - 3);
}

function paintCounts(context, frame, theme) {
  context.font = `11px ${theme.font}`;
  context.textAlign = 'right';
  for (const count of [0, 1, 10, 100, 1000]) {
    if (count > frame.most) continue;
    const y = Math.round(frame.toY(count)) + 0.5;
    context.strokeStyle = count ? theme.faint : theme.line;
    context.lineWidth = 1;
    context.strokeRect(frame.left, y, frame.right - frame.left, 0);
    context.fillStyle = theme.muted;
    context.fillText(String(count), frame.left - 4, y + 3.5);
  }
}

/** Every eigenvalue as a short stroke under the density; of a quadrature nothing is that sure. */
function paintRug(context, { values, head: { exact } }, frame, theme) {
  if (!exact) return;
  const count = values.shape[1];
  context.strokeStyle = theme.text;
  context.lineWidth = 1;
  context.globalAlpha = 0.5;
  for (let i = 0; i < count; i++) {
    const x = frame.toX(frame.onAxis(values.data[i]));
    context.strokeRect(x, frame.top + frame.space + 1, 0, 6);
  }
  context.globalAlpha = 1;
}

function axisTicks({ log, head: { flat, largest, lowest } }, frame) {
  if (!log) {
    const step = roundStep(frame.high - frame.low || 1, 4);
    const from = Math.ceil(frame.low / step);
    return Array.from({ length: Math.floor(frame.high / step) - from + 1 }, (_, i) => (from + i) * step);
  }
  const found = [0];
  for (let power = Math.ceil(Math.log10(flat)) + 1; 10 ** power <= largest * 1.5; power++) found.push(10 ** power);
  if (-lowest > flat) found.push(-(10 ** Math.floor(Math.log10(-lowest))));
  return found;
}

export function probeSpectrum(card, x, y, text) {
  const frame = spectrumFrame(card);
  if (x < frame.left || x > frame.right) return [{ label: text('curvature.flat_below'), value: card.item.facts.flat }];
  const place = frame.fromX(x);
  const i = Math.round(((place - frame.low) / (frame.high - frame.low)) * (frame.places.length - 1));
  return [
    { label: text('curvature.eigenvalue'), value: significant(frame.value(place)) },
    { label: text('curvature.about'), value: significant(frame.values[i] * frame.part) },
    { label: text('curvature.flat_below'), value: card.item.facts.flat },
  ];
}
