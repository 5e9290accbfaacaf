/** The cards of the curvature view: gauge, strip, leading eigenvalues, direction. */

import { cardHead } from './cards.js';
import { css } from './colors.js';
import { Raster } from './raster.js';
import { blockName, isLine } from './scene.js';
import { percent, short, significant } from './words.js';

export const TOP = 24;
const LEFT = 42;
export const BOTTOM = 30;
const MOST = 1.6; // share of the limit at the gauge's end
const TICKS = [0.01, 0.1, 0.5, 1];
const raster = new Raster();

// ---- the gauge ---------------------------------------------------------------------------------

/** Where a share of the limit stands on the dial, 0 to 1: small shares are seen as well. */
const onDial = (share) => Math.sqrt(Math.min(Math.max(share, 0), MOST) / MOST);
const angle = (share) => Math.PI * (1 + onDial(share));

export function paintGauge(context, card, { text, theme }) {
  const { item: { facts, share, reading }, width, height } = card;
  cardHead(context, card.item.title, [], card.width, theme);
  const radius = Math.max(20, Math.min(width / 2 - 22, height - TOP - 74));
  const cx = width / 2;
  const cy = TOP + radius + 14;
  const band = 13;
  const arc = (from, to, color) => {
    context.beginPath();
    context.arc(cx, cy, radius - band / 2, from, to);
    context.strokeStyle = color;
    context.lineWidth = band;
    context.stroke();
  };
  arc(Math.PI, 2 * Math.PI, theme.faint);
  if (share != null) {
    arc(Math.PI, angle(Math.min(share, 1)), css(theme.colors.positive, 0.9));
    hatch(context, { cx, cy, radius, band, color: theme.alert });
    if (share > 1) arc(angle(1), angle(share), theme.alert);
    ticks(context, { cx, cy, radius }, theme);
    needle(context, cx, cy, radius, angle(share), theme);
  }
  context.textAlign = 'center';
  context.fillStyle = share > 1 ? theme.alert : theme.text;
  context.font = `600 15px ${theme.font}`;
  context.fillText(`λ₁ = ${facts.value}`, cx, cy + 24, width - 8);
  context.fillStyle = theme.muted;
  context.font = `11.5px ${theme.font}`;
  const lines = share == null
    ? [reading.waiting ? text('curvature.no_step') : text('curvature.no_edge')]
    : [text('curvature.edge', facts), share > 1 ? text('curvature.beyond', facts) : text('curvature.below', facts)];
  lines.forEach((line, i) => context.fillText(line, cx, cy + 42 + 15 * i, width - 8));
}

/** Beyond the edge: hatched, so that it is told without its colour. */
function hatch(context, { cx, cy, radius, band, color }) {
  context.strokeStyle = color;
  context.lineWidth = 1;
  for (let at = angle(1) + 0.03; at < 2 * Math.PI; at += 0.055) {
    const [x, y] = [Math.cos(at), Math.sin(at)];
    context.beginPath();
    context.moveTo(cx + x * (radius - band), cy + y * (radius - band));
    context.lineTo(cx + x * radius, cy + y * radius);
    context.stroke();
  }
}

function ticks(context, { cx, cy, radius }, theme) {
  context.font = `11px ${theme.font}`;
  context.textAlign = 'center';
  for (const tick of TICKS) {
    const [x, y] = [Math.cos(angle(tick)), Math.sin(angle(tick))];
    const edge = tick === 1;
    context.strokeStyle = edge ? theme.alert : theme.line;
    context.lineWidth = edge ? 2.5 : 1;
    context.beginPath();
    context.moveTo(cx + x * (radius - (edge ? 17 : 13)), cy + y * (radius - (edge ? 17 : 13)));
    context.lineTo(cx + x * (radius + 4), cy + y * (radius + 4));
    context.stroke();
    context.fillStyle = theme.muted;
    context.fillText(`${tick * 100} %`, cx + x * (radius + 17), cy + y * (radius + 11) + 4);
  }
}

function needle(context, cx, cy, radius, at, theme) {
  const [x, y] = [Math.cos(at), Math.sin(at)];
  context.strokeStyle = theme.text;
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(cx, cy);
  context.lineTo(cx + x * (radius - 4), cy + y * (radius - 4));
  context.stroke();
  context.beginPath();
  context.arc(cx, cy, 4, 0, 7);
  context.fillStyle = theme.text;
  context.fill();
}

// ---- over time ---------------------------------------------------------------------------------

function stripFrame({ item, width, height }) {
  const { rows } = item;
  let [low, high, first, last] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < rows.length; i += 4) {
    first = Math.min(first, rows[i]);
    last = Math.max(last, rows[i]);
    for (const value of [rows[i + 1], rows[i + 2]]) {
      if (!(value > 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (!(high > 0)) [low, high] = [0.1, 1];
  const bottom = Math.floor(Math.log10(low * 0.95));
  const top = Math.max(bottom + 1, Math.ceil(Math.log10(high * 1.05)));
  const space = height - TOP - BOTTOM;
  const span = Math.max(last - first, 1e-9);
  return {
    bottom, top, first, last, space,
    toX: (epoch) => LEFT + ((epoch - first) / span) * (width - LEFT - 10),
    toY: (value) => TOP + (1 - (Math.log10(value) - bottom) / (top - bottom)) * space,
  };
}

export function paintStrip(context, card, { text, theme }) {
  const { item: { rows }, width, height } = card;
  cardHead(context, card.item.title, [], card.width, theme);
  const frame = stripFrame(card);
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  for (let power = frame.bottom; power <= frame.top; power++) {
    const y = Math.round(frame.toY(10 ** power)) + 0.5;
    context.strokeStyle = theme.faint;
    context.strokeRect(LEFT, y, width - LEFT - 6, 0);
    context.fillStyle = theme.muted;
    context.textAlign = 'right';
    context.fillText(short(10 ** power), LEFT - 5, y + 3.5);
  }
  context.fillStyle = theme.muted;
  context.textAlign = 'left';
  context.fillText(short(frame.first), LEFT, height - 14);
  context.textAlign = 'right';
  context.fillText(short(frame.last), width - 8, height - 14);
  context.textAlign = 'center';
  context.fillText(text('curvature.epoch'), LEFT + (width - LEFT) / 2, height - 3);
  line(context, rows, 2, frame, { color: theme.alert, width: 1.5, dash: [5, 4] });
  line(context, rows, 1, frame, { color: css(theme.colors.positive), width: 2 });
}

/** One column of the strip; the line is broken where it was not measured. */
function line(context, rows, column, frame, look) {
  context.strokeStyle = look.color;
  context.lineWidth = look.width;
  context.setLineDash(look.dash ?? []);
  context.beginPath();
  let pen = false;
  for (let i = 0; i < rows.length; i += 4) {
    const value = rows[i + column];
    if (!(value > 0)) {
      pen = false;
      continue;
    }
    const [x, y] = [frame.toX(rows[i]), frame.toY(value)];
    if (pen && !rows[i + 3]) context.lineTo(x, y);
    else context.moveTo(x, y);
    if (rows.length === 4) context.lineTo(x + 3, y);
    pen = true;
  }
  context.stroke();
  context.setLineDash([]);
}

// ---- the leading eigenvalues -------------------------------------------------------------------

const names = ({ values }) => [...values.map((_, i) => `λ${'₁₂₃₄₅₆₇₈₉'[i]}`), 'λₘᵢₙ'];

function leadingFrame({ item, width, height }) {
  const { values, lowest } = item.reading;
  const all = [...values, lowest];
  const most = Math.max(...all.map(Math.abs), 1e-12);
  const known = item.tops.leading;
  // Grows at once, shrinks when half of it is empty: bars move, the scale rests.
  if (!known || most > known || most < known / 2.5) item.tops.leading = most * 1.15;
  const top = item.tops.leading;
  const left = 34;
  const room = width - left - 58;
  const low = Math.min(0, ...all) < -0.01 * top ? 0.3 : 0.02;
  const zero = left + room * low;
  const step = Math.min(26, (height - TOP - 8) / all.length);
  return { all, step, zero, toX: (value) => zero + (value / top) * room * (1 - low), left, right: left + room };
}

export function paintLeading(context, card, { theme }) {
  const { item, width } = card;
  cardHead(context, card.item.title, [], card.width, theme);
  const frame = leadingFrame(card);
  context.font = `12px ${theme.font}`;
  names(item.reading).forEach((name, i) => {
    const value = frame.all[i];
    const y = TOP + frame.step * (i + 0.5);
    const drawn = item.reading.direction === (i < item.reading.values.length ? i : -1);
    context.fillStyle = drawn ? theme.text : theme.muted;
    context.font = `${drawn ? '600 ' : ''}12px ${theme.font}`;
    context.textAlign = 'left';
    context.fillText(name, 4, y + 4);
    context.fillStyle = css(value < 0 ? theme.colors.negative : theme.colors.positive, 0.9);
    const x = Math.max(frame.left - 2, frame.toX(value));
    context.fillRect(Math.min(x, frame.zero), y - 6, Math.max(Math.abs(x - frame.zero), 1), 12);
    context.fillStyle = theme.text;
    context.textAlign = 'right';
    context.fillText(significant(value), width - 4, y + 4);
  });
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(Math.round(frame.zero) + 0.5, TOP, 0, frame.step * frame.all.length);
}

// ---- what a direction changes ------------------------------------------------------------------

function directionFrame({ item, width, height }) {
  const top = TOP + 4;
  const space = height - top - 48;
  const line = isLine(item.scene);
  const w = line ? width - LEFT - 8 : Math.min(space, width - 16);
  const left = line ? LEFT : Math.round((width - w) / 2);
  const [x0, x1, y0, y1] = item.scene.domain;
  return {
    top, left, w, h: line ? space : w, line,
    toX: (x) => left + ((x - x0) / (x1 - x0)) * w,
    toY: (y) => top + (1 - (y - y0) / (y1 - y0)) * (line ? space : w),
  };
}

export function paintDirection(context, card, { text, theme }) {
  const { item, width, height } = card;
  cardHead(context, card.item.title, [], card.width, theme);
  const frame = directionFrame(card);
  if (frame.line) paintLine(context, item, frame, theme);
  else {
    raster.values(item.map, theme.colors.neurons);
    paintMap(context, raster.canvas, frame);
    paintDots(context, item.points, frame, theme);
  }
  const [block, most] = item.reading.shares.reduce((best, one) => (one[1] > best[1] ? one : best), [0, -1]);
  const name = blockName(text, item.scene, block);
  context.textAlign = 'center';
  context.fillStyle = theme.muted;
  context.font = `11.5px ${theme.font}`;
  context.fillText(text('curvature.up_to', { scale: significant(item.reading.scale) }), width / 2, height - 24, width - 8);
  context.fillText(text('curvature.mostly', { name, share: percent(most) }), width / 2, height - 8, width - 8);
}

export function paintMap(context, picture, { left, top, w, h }) {
  context.imageSmoothingEnabled = true;
  context.drawImage(picture, left, top, w, h);
}

/** The training points, faintly: where they lie is what a map is read by. */
export function paintDots(context, points, frame, theme) {
  if (!points) return;
  const { data, shape: [n, columns] } = points;
  const every = Math.max(1, Math.ceil(n / 150));
  context.fillStyle = theme.dark ? 'rgba(255,255,255,0.4)' : 'rgba(0,0,0,0.32)';
  for (let i = 0; i < n; i += every) {
    const x = frame.toX(data[i * columns]);
    const y = frame.toY(data[i * columns + 1]);
    if (x < frame.left || x > frame.left + frame.w || y < frame.top || y > frame.top + frame.h) continue;
    context.fillRect(x - 1, y - 1, 2, 2);
  }
}

/** A curve over one input, between plus and minus the largest change. */
export function paintLine(context, { map: { data }, reading }, { left, top, w, h }, theme) {
  const most = Math.max(reading.scale, 1e-12) * 1.1;
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.strokeRect(left, Math.round(top + h / 2) + 0.5, w, 0);
  context.fillStyle = theme.muted;
  context.font = `11px ${theme.font}`;
  context.textAlign = 'right';
  for (const value of [reading.scale, 0, -reading.scale]) {
    context.fillText(short(value), left - 5, top + h / 2 - (value / most) * (h / 2) + 4);
  }
  context.beginPath();
  data.forEach((value, i) => {
    context.lineTo(left + (i / (data.length - 1)) * w, top + h / 2 - (value / most) * (h / 2));
  });
  context.strokeStyle = css(theme.colors.positive);
  context.lineWidth = 2;
  context.stroke();
}

// ---- the pointer -------------------------------------------------------------------------------

export const PROBES = {
  gauge: ({ item: { facts, share } }, x, y, text) => [
    { label: text('curvature.largest'), value: facts.value },
    { label: text('curvature.limit'), value: facts.limit },
    { label: text('curvature.share'), value: share == null ? '–' : facts.share },
  ],
  strip: (card, x, y, text) => {
    const { rows } = card.item;
    const frame = stripFrame(card);
    let best = -1;
    for (let i = 0; i < rows.length; i += 4) {
      if (best < 0 || Math.abs(frame.toX(rows[i]) - x) < Math.abs(frame.toX(rows[best]) - x)) best = i;
    }
    if (best < 0) return null;
    return [
      { label: text('curvature.epoch'), value: short(rows[best]) },
      { label: text('curvature.largest'), value: significant(rows[best + 1]) },
      { label: text('curvature.limit'), value: rows[best + 2] ? significant(rows[best + 2]) : '–' },
    ];
  },
  leading: (card, x, y, text) => {
    const { reading } = card.item;
    const i = Math.floor((y - TOP) / leadingFrame(card).step);
    if (i < 0 || i > reading.values.length) return null;
    if (i === reading.values.length) return [{ label: text('curvature.lowest'), value: significant(reading.lowest) }];
    return [
      { label: names(reading)[i], value: significant(reading.values[i]) },
      { label: text('curvature.within'), value: `± ${significant(reading.residuals[i])}` },
    ];
  },
  direction: ({ item: { reading, scene, value } }, x, y, text) => [
    { label: text('curvature.eigenvalue'), value: significant(value) },
    ...reading.shares.map(([block, share]) => ({ label: blockName(text, scene, block), value: percent(share) })),
  ],
};
