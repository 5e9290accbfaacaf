/**
 * Eigenvalues of the square weight matrices in the complex plane, with the unit circle and the
 * trail that each has left since the view was opened.
 */

import { cardHead, Cards, roundStep } from './cards.js';
import { css } from './colors.js';
import { toggle } from './dom.js';
import { recordOf } from './record.js';
import { steadyExtent } from './plot.js';
import { matrixName } from './scene.js';
import { short, signed, significant } from './words.js';

const TOP = 40;
const LEFT = 40;
const BOTTOM = 36;
const NEAR_PX = 12;
const AGES = 5; // shades of a trail, from its pale beginning on

const choices = { trails: true };

export function createEigen(context, body, tools) {
  const { text } = context;
  const book = recordOf(context, 'eigen');
  tools.append(toggle({
    label: text('eigen.trails'), tip: text('eigen.trails_tip'), pressed: choices.trails,
    onChange: (value) => {
      choices.trails = value;
      context.hub.invalidate();
    },
  }));
  const extents = new Map();
  const extentOf = (block, values) => {
    if (!extents.has(block)) extents.set(block, steadyExtent());
    let most = 1;
    for (const value of values) most = Math.max(most, Math.abs(value));
    return extents.get(block)(most);
  };
  return new Cards(context, body, {
    name: 'eigen', width: 236, height: 246,
    find: (hub) => {
      book.take(hub);
      const { header, arrays, scene } = hub;
      return header.eigen?.map((head, order) => {
        const values = arrays[`ev_${head.key}`]?.data ?? new Float32Array();
        return {
          ...head, values, order, book,
          name: matrixName(text, scene, head), extent: extentOf(head.key, values),
        };
      });
    },
    paintCard, probeCard,
    describe: (items) =>
      items.map(({ name, size, values }) =>
        text('eigen.alt', { name, size, radius: significant(spectralRadius(values)) })).join(' '),
    empty: () => text('eigen.empty'),
  });
}

function spectralRadius(values) {
  let radius = 0;
  for (let i = 0; i < values.length; i += 2) radius = Math.max(radius, Math.hypot(values[i], values[i + 1]));
  return radius;
}

/** The square plot area in a card and its scale. */
function frame({ item, width, height }) {
  const side = Math.min(width - LEFT - 8, height - TOP - BOTTOM);
  const left = LEFT + Math.max(0, (width - LEFT - 8 - side) / 2);
  const k = side / 2 / item.extent;
  const cx = left + side / 2;
  const cy = TOP + side / 2;
  return { side, left, k, cx, cy, toX: (re) => cx + re * k, toY: (im) => cy - im * k };
}

function paintCard(context, card, { text, theme }) {
  const { item, width } = card;
  const plot = frame(card);
  const radius = text('eigen.radius', { radius: significant(spectralRadius(item.values)) });
  cardHead(context, `${item.name} · ${item.size} × ${item.size}`, [radius], width, theme);
  paintPlane(context, plot, item, theme, text);
  context.save();
  context.beginPath();
  context.rect(plot.left, TOP, plot.side, plot.side);
  context.clip();
  context.strokeStyle = theme.muted;
  context.lineWidth = 1.25;
  context.setLineDash([4, 4]);
  context.beginPath();
  context.arc(plot.cx, plot.cy, plot.k, 0, 7);
  context.stroke();
  context.setLineDash([]);
  if (choices.trails && item.trails) paintTrails(context, plot, item, theme);
  for (let i = 0; i < item.values.length; i += 2) {
    context.beginPath();
    context.arc(plot.toX(item.values[i]), plot.toY(item.values[i + 1]), 4.5, 0, 7);
    context.fillStyle = css(theme.colors.positive, 0.85);
    context.fill();
    context.strokeStyle = theme.background;
    context.lineWidth = 1;
    context.stroke();
  }
  context.restore();
}

/** The way of each eigenvalue; the older, the paler. Steps below half a pixel are left out. */
function paintTrails(context, { toX, toY }, { book, order, size }, theme) {
  context.lineWidth = 1.4;
  context.lineJoin = 'bevel';
  for (let k = 0; k < size; k++) {
    let [px, py] = [NaN, NaN];
    let age = -1;
    const stroke = () => {
      context.strokeStyle = css(theme.colors.positive, 0.18 + (0.5 * age) / (AGES - 1));
      context.stroke();
    };
    for (let row = 0; row < book.count; row++) {
      const x = toX(book.value(row, order, 2 * k));
      const y = toY(book.value(row, order, 2 * k + 1));
      const now = Math.min(AGES - 1, Math.floor((row / book.count) * AGES));
      if (now !== age) {
        if (age >= 0) stroke();
        age = now;
        context.beginPath();
        context.moveTo(row ? px : x, row ? py : y);
      }
      if (book.broken(row)) context.moveTo(x, y);
      else if (Math.hypot(x - px, y - py) < 0.5 && row + 1 < book.count) continue;
      else context.lineTo(x, y);
      [px, py] = [x, y];
    }
    if (age >= 0) stroke();
  }
}

function paintPlane(context, plot, { extent }, theme, text) {
  const { left, side, cx, cy, toX, toY } = plot;
  const step = roundStep(extent * 2, 4);
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  for (let i = Math.ceil(-extent / step); i <= extent / step; i++) {
    const value = i * step;
    context.strokeStyle = i === 0 ? theme.line : theme.faint;
    const x = Math.round(toX(value)) + 0.5;
    const y = Math.round(toY(value)) + 0.5;
    context.strokeRect(x, TOP, 0, side);
    context.strokeRect(left, y, side, 0);
    context.fillStyle = theme.muted;
    context.textAlign = 'center';
    context.fillText(short(value), x, TOP + side + 13);
    context.textAlign = 'right';
    context.fillText(short(value), left - 5, y + 3.5);
  }
  context.textAlign = 'center';
  context.fillText(text('eigen.real'), cx, TOP + side + 28);
  context.save();
  context.translate(left - 32, cy);
  context.rotate(-Math.PI / 2);
  context.fillText(text('eigen.imaginary'), 0, 0);
  context.restore();
}

function probeCard(card, x, y, { text }) {
  const { values, name } = card.item;
  const plot = frame(card);
  let best = -1;
  let closest = NEAR_PX;
  for (let i = 0; i < values.length; i += 2) {
    const away = Math.hypot(plot.toX(values[i]) - x, plot.toY(values[i + 1]) - y);
    if (away < closest) {
      closest = away;
      best = i;
    }
  }
  if (best < 0) return null;
  const [re, im] = [values[best], values[best + 1]];
  return [
    { title: true, label: name },
    { label: 'λ', value: im ? `${significant(re)} ${signed(im)}i` : significant(re) },
    { label: '|λ|', value: significant(Math.hypot(re, im)) },
    { label: text('eigen.angle'), value: `${Math.round((Math.atan2(im, re) * 180) / Math.PI)}°` },
  ];
}
