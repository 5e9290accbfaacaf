/** The cards of the certainty view: a map of how unsure one way is, and its reliability. */

import { cardHead, roundStep } from './cards.js';
import { css } from './colors.js';
import { paintDots } from './curvaturecards.js';
import { Raster } from './raster.js';
import { Relief } from './relief.js';
import { className, isRegression } from './scene.js';
import { percent, short, significant } from './words.js';

const TOP = 36;
const LEFT = 34;
const BOTTOM = 30;
const NEAR = 16;
const raster = new Raster();

// ---- maps --------------------------------------------------------------------------------------

function mapFrame({ item, width, height }) {
  const { line, domain } = item.head;
  const space = height - TOP - 4;
  const equal = item.scene.inputs.kind === 'xy';
  const w = line || !equal ? width - 8 : Math.min(space, width - 8);
  const h = line || !equal ? space : w;
  const left = Math.round((width - w) / 2);
  const [x0, x1, y0, y1] = domain;
  return {
    left, top: TOP, w, h,
    toX: (x) => left + ((x - x0) / (x1 - x0)) * w, toY: (y) => TOP + (1 - (y - y0) / (y1 - y0)) * h,
    fromX: (x) => x0 + ((x - left) / w) * (x1 - x0), fromY: (y) => y0 + (1 - (y - TOP) / h) * (y1 - y0),
  };
}

export function paintSure(context, card, { theme }) {
  const { item, width } = card;
  cardHead(context, item.title, item.missing ? [] : [item.note], width, theme);
  const frame = mapFrame(card);
  if (item.missing) return paintMissing(context, item.missing, frame, theme);
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.w, frame.h);
  context.clip();
  if (item.head.line) paintBand(context, item, frame, theme);
  else {
    raster.values(item.shades, theme.colors.sureTable);
    context.imageSmoothingEnabled = true;
    context.drawImage(raster.canvas, frame.left, frame.top, frame.w, frame.h);
    if (item.scene.task === 'binary') paintBorder(context, item, frame, theme);
  }
  paintDots(context, item.points, frame, theme);
  paintWindow(context, item, frame, theme);
  context.restore();
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.strokeRect(frame.left + 0.5, frame.top + 0.5, frame.w - 1, frame.h - 1);
}

function paintMissing(context, missing, { left, top, w, h }, theme) {
  context.strokeStyle = theme.line;
  context.setLineDash([4, 4]);
  context.lineWidth = 1;
  context.strokeRect(left + 0.5, top + 0.5, w - 1, h - 1);
  context.setLineDash([]);
  context.fillStyle = theme.muted;
  context.font = `12px ${theme.font}`;
  context.textAlign = 'center';
  wrapped(context, missing, w - 16).forEach((line, i) => context.fillText(line, left + w / 2, top + 26 + 16 * i));
}

/** Lines no wider than `width`: broken between words, or anywhere where there are no spaces. */
function wrapped(context, words, width) {
  const lines = [''];
  for (const piece of words.match(/[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s?/g) ?? []) {
    if (lines.at(-1) && context.measureText(lines.at(-1) + piece).width > width) lines.push('');
    lines[lines.length - 1] += piece;
  }
  return lines;
}

/** Where the two classes meet. */
function paintBorder(context, item, frame, theme) {
  const relief = new Relief(item.share.data, item.head.domain, false);
  if (!(relief.min < 0.5 && relief.max > 0.5)) return;
  [relief.low, relief.high] = [0, 1];
  relief.shares = item.share.data;
  context.strokeStyle = theme.text;
  context.lineWidth = 1.4;
  for (const line of relief.lines(0.5)) {
    context.beginPath();
    for (const [x, y] of line) {
      const [a, b] = relief.fromLattice(x, y);
      context.lineTo(frame.toX(a), frame.toY(b));
    }
    context.stroke();
  }
}

/** The data's own window, where the map is wider. */
function paintWindow(context, { scene, head }, frame, theme) {
  if (head.window === 1) return;
  const [x0, x1, y0, y1] = scene.domain;
  context.setLineDash([3, 3]);
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  const top = head.line ? frame.top - 2 : frame.toY(y1);
  const bottom = head.line ? frame.top + frame.h + 2 : frame.toY(y0);
  context.strokeRect(frame.toX(x0), top, frame.toX(x1) - frame.toX(x0), bottom - top);
  context.setLineDash([]);
}

/** Over one input: the answer, and twice its spread on both sides. */
function paintBand(context, item, frame, theme) {
  const { value, share, spread, head } = item;
  const data = (value ?? share)?.data;
  if (!data) return;
  const n = data.length;
  const x = (i) => frame.left + (i / (n - 1)) * frame.w;
  const off = (i) => 2 * (spread.data[i] / 255) * head.scale;
  context.beginPath();
  for (let i = 0; i < n; i++) context.lineTo(x(i), frame.toY(data[i] + off(i)));
  for (let i = n - 1; i >= 0; i--) context.lineTo(x(i), frame.toY(data[i] - off(i)));
  context.closePath();
  context.fillStyle = css(theme.colors.sure(0.45), 0.6);
  context.fill();
  context.beginPath();
  for (let i = 0; i < n; i++) context.lineTo(x(i), frame.toY(data[i]));
  context.strokeStyle = css(theme.colors.positive);
  context.lineWidth = 2;
  context.stroke();
}

export function probeSure(card, x, y, { text, theme }) {
  const { item } = card;
  const frame = mapFrame(card);
  if (item.missing || x < frame.left || x > frame.left + frame.w || y < frame.top || y > frame.top + frame.h) return null;
  const { scene, head } = item;
  const [a, b] = [frame.fromX(x), frame.fromY(y)];
  const shape = item.spread.shape;
  const columns = shape.at(-1);
  const column = Math.round(((x - frame.left) / frame.w) * (columns - 1));
  const row = head.line ? 0 : Math.round((1 - (y - frame.top) / frame.h) * (shape[0] - 1));
  const at = row * columns + column;
  const spread = (item.spread.data[at] / 255) * head.scale;
  const rows = [
    { title: true, label: item.title },
    { label: scene.inputs.x_label, value: significant(a) },
    ...(head.line ? [] : [{ label: scene.inputs.y_label, value: significant(b) }]),
  ];
  if (isRegression(scene)) {
    rows.push({ label: text('map.predicted'), value: significant(item.value.data[at]) });
  } else {
    const classes = scene.class_names.length;
    const best = item.best.data[at];
    const share = classes === 2 && best === 0 ? 1 - item.share.data[at] : item.share.data[at];
    rows.push({ label: className(scene, best), value: percent(share, 1), color: css(theme.colors.classOf(best, classes)) },
      { label: text('certainty.measure_entropy'), value: significant(item.entropy.data[at] / 255) });
  }
  rows.push({ label: text('certainty.measure_spread'), value: item.name === 'plain' ? text('certainty.no_spread') : significant(spread) });
  return rows;
}

// ---- calibration -------------------------------------------------------------------------------

function chart({ width, height }) {
  const across = width - LEFT - 6;
  const down = height - TOP - 23 - BOTTOM;
  return { across, down, top: TOP + 19, toX: (share) => LEFT + share * across, toY: (share) => TOP + 19 + (1 - share) * down };
}

export function paintReliability(context, card, { text, theme }) {
  const { item, width, height } = card;
  cardHead(context, item.title, item.missing ? [] : item.lines, width, theme);
  const frame = chart(card);
  if (item.missing) {
    return paintMissing(context, item.missing, { left: 4, top: TOP, w: width - 8, h: height - TOP - 4 }, theme);
  }
  paintFrame(context, card, frame, { text, theme });
  const { data, shape: [, n] } = item.rows;
  const total = item.regression ? 0 : data.slice(2 * n).reduce((sum, value) => sum + value, 0);
  context.fillStyle = css(theme.colors.positive, 0.22);
  if (!item.regression) {
    // How many points stand behind every bin.
    for (let i = 0; i < n; i++) {
      const share = data[2 * n + i] / total;
      const x = frame.toX(Math.min(0.95, Math.max(0.05, (Math.ceil(data[i] * 10) - 0.5) / 10)));
      context.fillRect(x - frame.across / 20 + 1, frame.toY(share), frame.across / 10 - 2, frame.toY(0) - frame.toY(share));
    }
  }
  context.strokeStyle = css(theme.colors.positive);
  context.lineWidth = 2;
  context.beginPath();
  for (let i = 0; i < n; i++) context.lineTo(frame.toX(data[i]), frame.toY(data[n + i]));
  context.stroke();
  context.fillStyle = css(theme.colors.positive);
  for (let i = 0; i < n; i++) {
    context.beginPath();
    context.arc(frame.toX(data[i]), frame.toY(data[n + i]), 3, 0, 7);
    context.fill();
  }
}

function paintFrame(context, { item, width, height }, frame, { text, theme }) {
  context.font = `10.5px ${theme.font}`;
  context.lineWidth = 1;
  const step = roundStep(1, frame.across > 120 ? 5 : 2);
  for (let share = 0; share <= 1.001; share += step) {
    context.strokeStyle = theme.faint;
    const [x, y] = [Math.round(frame.toX(share)) + 0.5, Math.round(frame.toY(share)) + 0.5];
    context.strokeRect(LEFT, y, frame.across, 0);
    context.strokeRect(x, frame.top, 0, frame.down);
    context.fillStyle = theme.muted;
    context.textAlign = 'right';
    context.fillText(short(share), LEFT - 4, y + 3.5);
    context.textAlign = 'center';
    context.fillText(short(share), x, frame.toY(0) + 12);
  }
  context.fillText(item.regression ? text('certainty.nominal') : text('certainty.confidence'),
    LEFT + frame.across / 2, height - 4, width - LEFT);
  context.save();
  context.translate(9, frame.top + frame.down / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(item.regression ? text('certainty.covered') : text('certainty.came_true'), 0, 0, frame.down);
  context.restore();
  context.setLineDash([4, 4]);
  context.strokeStyle = theme.muted;
  context.beginPath();
  context.moveTo(frame.toX(0), frame.toY(0));
  context.lineTo(frame.toX(1), frame.toY(1));
  context.stroke();
  context.setLineDash([]);
}

export function probeReliability(card, x, y, { text }) {
  const { item } = card;
  if (item.missing) return null;
  const frame = chart(card);
  const { data, shape: [, n] } = item.rows;
  let best = -1;
  let nearest = NEAR ** 2;
  for (let i = 0; i < n; i++) {
    const off = (frame.toX(data[i]) - x) ** 2 + (frame.toY(data[n + i]) - y) ** 2;
    if (off < nearest) [best, nearest] = [i, off];
  }
  if (best < 0) return null;
  const rows = [{ title: true, label: item.title },
    { label: text(item.regression ? 'certainty.nominal' : 'certainty.confidence'), value: percent(data[best], 1) },
    { label: text(item.regression ? 'certainty.covered' : 'certainty.came_true'), value: percent(data[n + best], 1) }];
  if (!item.regression) rows.push({ label: text('certainty.points'), value: String(Math.round(data[2 * n + best])) });
  return rows;
}
