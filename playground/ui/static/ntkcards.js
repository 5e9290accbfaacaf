/** The cards of the tangent kernel: one for each leading mode, and the eigenvalues. */

import { cardHead } from './cards.js';
import { css } from './colors.js';
import { paintDots, paintMap } from './curvaturecards.js';
import { Raster } from './raster.js';
import { isLine } from './scene.js';
import { short, significant } from './words.js';

const TOP = 36;
const CURVE = 62; // pixels for the curve under a map
const FOOT = 15;
const raster = new Raster();

// ---- a mode ------------------------------------------------------------------------------------

function mapFrame({ item, width, height }) {
  const space = height - TOP - CURVE - FOOT - 10;
  const line = isLine(item.scene);
  const w = line ? width - 12 : Math.min(space, width - 12);
  const left = Math.round((width - w) / 2);
  const [x0, x1, y0, y1] = item.scene.domain;
  return {
    left, top: TOP, w, h: line ? space : w,
    toX: (x) => left + ((x - x0) / (x1 - x0)) * w,
    toY: (y) => TOP + (1 - (y - y0) / (y1 - y0)) * w,
  };
}

export function paintMode(context, card, { text, theme }) {
  const { item, width, height } = card;
  cardHead(context, text('ntk.mode', item.facts), [text('ntk.share', item.facts)], width, theme);
  const frame = mapFrame(card);
  if (isLine(item.scene)) paintShape(context, item.map.data, frame, theme);
  else {
    raster.values(item.map, theme.colors.neurons);
    paintMap(context, raster.canvas, frame);
    paintDots(context, item.points, frame, theme);
  }
  paintCurves(context, card, theme);
  context.textAlign = 'center';
  context.fillStyle = theme.muted;
  context.font = `11px ${theme.font}`;
  context.fillText(text('ntk.halves', item.facts), width / 2, height - 3, width - 8);
}

/** A mode over one input. */
function paintShape(context, data, { left, top, w, h }, theme) {
  let most = 1e-12;
  for (const value of data) most = Math.max(most, Math.abs(value));
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(left, Math.round(top + h / 2) + 0.5, w, 0);
  context.beginPath();
  data.forEach((value, i) => {
    context.lineTo(left + (i / (data.length - 1)) * w, top + h / 2 - (value / most) * (h / 2 - 3));
  });
  context.strokeStyle = css(theme.colors.positive);
  context.lineWidth = 2;
  context.stroke();
}

/** Steps on a logarithmic axis from 0 and 1 on; what is missing as a share of what was at first. */
function curveFrame({ item, width, height }) {
  const { predicted, real, seen } = item;
  const first = Math.abs(real?.values[0] ?? 0) || 1;
  const last = Math.max(10, predicted?.steps.at(-1) ?? 0, real?.steps.at(-1) ?? 0);
  let [low, high] = [-0.1, 1.1];
  for (const one of [predicted, real]) {
    for (const value of one?.values ?? []) {
      low = Math.min(low, Math.max(value / first, -2));
      high = Math.max(high, Math.min(value / first, 2));
    }
  }
  const top = height - CURVE - FOOT;
  const left = 26;
  const right = width - 6;
  const bottom = height - FOOT - 12;
  return {
    first, last, left, right, top, bottom,
    toX: (step) => left + (Math.log10(1 + step) / Math.log10(1 + last)) * (right - left),
    toY: (value) => bottom - ((Math.min(Math.max(value / first, low), high) - low) / (high - low)) * (bottom - top),
    fromX: (x) => 10 ** (((x - left) / (right - left)) * Math.log10(1 + last)) - 1,
  };
}

function paintCurves(context, card, theme) {
  const { predicted, real, seen } = card.item;
  const frame = curveFrame(card);
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  context.textAlign = 'right';
  for (const share of [0, 1]) {
    const y = Math.round(frame.toY(share * frame.first)) + 0.5;
    context.strokeStyle = share ? theme.faint : theme.line;
    context.strokeRect(frame.left, y, frame.right - frame.left, 0);
    context.fillStyle = theme.muted;
    context.fillText(share ? '1' : '0', frame.left - 4, y + 3.5);
  }
  context.textAlign = 'center';
  const powers = Math.floor(Math.log10(frame.last));
  const each = Math.ceil((powers * 34) / (frame.right - frame.left));
  for (let power = 0; power <= powers; power += each) {
    context.fillText(short(10 ** power), frame.toX(10 ** power), frame.bottom + 11);
  }
  const draw = (one, color, width, dash) => {
    if (!one) return;
    context.beginPath();
    one.steps.forEach((step, i) => context.lineTo(frame.toX(step), frame.toY(one.values[i])));
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  };
  draw(real, css(theme.colors.positive), 2.25, []);
  draw(predicted, theme.text, 1.5, [4, 3]);
  paintNow(context, seen, frame, theme);
}

/** Where the visitor's own run stands, as long as that is within the picture. */
function paintNow(context, seen, frame, theme) {
  const step = seen?.steps.at(-1);
  if (step == null || step > frame.last) return;
  context.beginPath();
  context.arc(frame.toX(step), frame.toY(seen.values.at(-1)), 4, 0, 7);
  context.fillStyle = css(theme.colors.positive);
  context.fill();
  context.strokeStyle = theme.background;
  context.lineWidth = 1.5;
  context.stroke();
}

export function probeMode(card, x, y, { text }) {
  const { item } = card;
  const rows = [
    { title: true, label: text('ntk.mode', item.facts) },
    { label: text('ntk.eigenvalue'), value: item.facts.value },
  ];
  const frame = curveFrame(card);
  if (y < frame.top || x < frame.left || x > frame.right) {
    return [...rows, { label: text('ntk.part'), value: item.facts.share }];
  }
  const step = frame.fromX(x);
  const at = (one) => {
    if (!one || step > one.steps.at(-1) * 1.02 + 1) return '–';
    let best = 0;
    one.steps.forEach((value, i) => {
      if (Math.abs(value - step) < Math.abs(one.steps[best] - step)) best = i;
    });
    return significant(one.values[best] / frame.first);
  };
  return [
    ...rows,
    { label: text('ntk.after'), value: short(Math.round(step)) },
    { label: text('ntk.predicted'), value: at(item.predicted) },
    { label: text('ntk.seen'), value: at(item.real) },
  ];
}

// ---- the eigenvalues ---------------------------------------------------------------------------

function kernelFrame({ item, width, height }) {
  const { values } = item;
  const most = Math.max(values[0], 1e-30);
  const top = Math.ceil(Math.log10(most));
  let least = most;
  for (const value of values) if (value > most * 1e-10) least = Math.min(least, value);
  const bottom = Math.min(top - 1, Math.floor(Math.log10(least)));
  const left = 44;
  const space = height - TOP - 32;
  return {
    top, bottom, left, right: width - 6, space,
    toX: (i) => left + 4 + (Math.log10(i + 1) / Math.log10(Math.max(values.length, 2))) * (width - left - 14),
    toY: (value) => TOP + 4 + (1 - (Math.log10(Math.max(value, 10 ** bottom)) - bottom) / (top - bottom)) * space,
  };
}

export function paintKernel(context, card, { text, theme }) {
  const { item, width, height } = card;
  cardHead(context, item.title, [text('ntk.range', item.facts)], width, theme);
  const frame = kernelFrame(card);
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  const every = Math.max(1, Math.ceil((frame.top - frame.bottom) / 5));
  for (let power = frame.top; power >= frame.bottom; power -= every) {
    const y = Math.round(frame.toY(10 ** power)) + 0.5;
    context.strokeStyle = theme.faint;
    context.strokeRect(frame.left, y, frame.right - frame.left, 0);
    context.fillStyle = theme.muted;
    context.textAlign = 'right';
    context.fillText(short(10 ** power), frame.left - 4, y + 3.5);
  }
  item.values.forEach((value, i) => {
    const leading = i < item.shown;
    context.beginPath();
    context.arc(frame.toX(i), frame.toY(value), leading ? 3.4 : 2, 0, 7);
    context.fillStyle = leading ? css(theme.colors.positive) : theme.muted;
    context.fill();
  });
  context.textAlign = 'center';
  context.fillStyle = theme.muted;
  for (let number = 1; number <= item.values.length; number *= 10) {
    context.fillText(String(number), frame.toX(number - 1), height - 16);
  }
  context.fillText(text('ntk.number'), (frame.left + frame.right) / 2, height - 3);
}

export function probeKernel(card, x, y, { text }) {
  const frame = kernelFrame(card);
  const { values, title: name } = card.item;
  let best = 0;
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(frame.toX(i) - x) < Math.abs(frame.toX(best) - x)) best = i;
  }
  return [
    { title: true, label: name },
    { label: `λ ${best + 1}`, value: significant(values[best]) },
  ];
}
