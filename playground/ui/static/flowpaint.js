/** What slow motion lights up over the network's picture. */

import { biasAt, curve, weightAt } from './netlayout.js';
import { strength } from './netpaint.js';

const TRAIL = 0.22; // of a link's length
const POINTS = 7;

/** A place on a link's curve, t from 0 to 1. */
function along([x0, y0, bend, x1, y1], t) {
  const s = 1 - t;
  return [
    s * s * s * x0 + 3 * s * t * bend + t * t * t * x1,
    (s * s * s + 3 * s * s * t) * y0 + (3 * s * t * t + t * t * t) * y1,
  ];
}

/** Sparks run along the links between two layers, the neurons that they reach light up. */
export function paintWave(context, { layout, weights, theme }, share, color) {
  const columns = layout.columns.filter(({ neurons }) => neurons.length);
  const at = share * (columns.length - 1);
  columns.forEach((column, i) => glow(context, column.neurons, 1 - Math.abs(at - i) / 0.55, color, theme));
  const from = columns[Math.floor(at)];
  const part = at - Math.floor(at);
  context.strokeStyle = color;
  context.lineCap = 'round';
  for (const link of layout.links) {
    if (link.from !== from || part === 0) continue;
    for (const to of link.to.neurons) {
      for (const one of link.from.neurons) {
        const weight = weights[weightAt(link, to, one)];
        if (!(Math.abs(weight) > 1e-3)) continue;
        const path = curve(one, to);
        context.lineWidth = 1.5 + 3.5 * strength(weight);
        context.globalAlpha = 0.35 + 0.6 * strength(weight);
        context.beginPath();
        for (let k = 0; k < POINTS; k++) {
          const t = Math.max(0, Math.min(1, part - TRAIL / 2 + (TRAIL * k) / (POINTS - 1)));
          context.lineTo(...along(path, t));
        }
        context.stroke();
      }
    }
  }
  context.globalAlpha = 1;
}

function glow(context, neurons, strengthOf, color, theme) {
  if (strengthOf <= 0) return;
  context.globalAlpha = Math.min(1, strengthOf * 1.4);
  for (const { x, y, size } of neurons) {
    for (const [inset, width, style] of [[2, 4.5, theme.background], [2, 2.5, color]]) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.beginPath();
      context.roundRect(x - size / 2 - inset, y - size / 2 - inset, size + 2 * inset, size + 2 * inset, 6);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

/** Rings leave the output: here answers and targets are compared. */
export function paintLoss(context, { layout, theme }, share) {
  const head = layout.columns.at(-1).neurons;
  glow(context, head, 1, theme.test, theme);
  context.strokeStyle = theme.test;
  context.lineWidth = 2;
  context.globalAlpha = 1 - share;
  for (const { x, y, size } of head) {
    context.beginPath();
    context.arc(x, y, size * (0.6 + 0.5 * share), 0, 7);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Every link and bias flashes by the size of its change, in the colour of its sign. */
export function paintChange(context, { layout }, { change, largest, share, colors }) {
  if (!(largest > 0)) return;
  context.lineCap = 'butt';
  const fade = 1 - share * share;
  for (const link of layout.links) {
    for (const to of link.to.neurons) {
      for (const from of link.from.neurons) {
        const value = change[weightAt(link, to, from)];
        const size = Math.abs(value) / largest;
        if (!(size > 0.02)) continue;
        const [x0, y0, bend, x1, y1] = curve(from, to);
        context.globalAlpha = fade * (0.25 + 0.7 * size);
        context.lineWidth = 1 + 8 * size;
        context.strokeStyle = colors[Number(value > 0)];
        context.beginPath();
        context.moveTo(x0, y0);
        context.bezierCurveTo(bend, y0, bend, y1, x1, y1);
        context.stroke();
      }
      const value = change[biasAt(link, to)];
      const size = Math.abs(value) / largest;
      if (!(size > 0.02)) continue;
      context.globalAlpha = fade * (0.25 + 0.7 * size);
      context.lineWidth = 1 + 3 * size;
      context.strokeStyle = colors[Number(value > 0)];
      context.strokeRect(to.x - to.size / 2 - 7, to.y + to.size / 2 - 7, 14, 14);
    }
  }
  context.globalAlpha = 1;
}
