/** The two pictures of "Least squares and gradient descent", painted from what the page holds. */

import { css, mix } from '../colors.js';
import { short, significant } from '../words.js';
import { contour, lineOf, lossAbove } from './bowl.js';
import { vectorWords } from './kit.js';
import { difference, norm } from './matrix.js';

/** The windows of both pictures, which hold still while something is dragged. */
function findHome(page) {
  if (page.home || !page.points) return;
  const range = (values) => [Math.min(...values), Math.max(...values)];
  const padded = ([low, high], least) => {
    const pad = Math.max(0.12 * (high - low), least);
    return [low - pad, high + pad];
  };
  const x = padded(range(page.points.map(([value]) => value)), 0.5);
  const y = padded(range(page.points.map(([, value]) => value)), 1);
  const { optimum } = page.problem;
  const away = Math.max(0.5, 1.2 * norm(difference(page.start, optimum)));
  page.home = { data: [...x, ...y], bowl: [optimum[0] - away, optimum[0] + away, optimum[1] - away, optimum[1] + away], away };
}

/** Points, residuals and lines: where descent is, where it ought to come to, where they came from. */
export function paintData(page) {
  const { data, colors, context: { text } } = page;
  if (!page.points) return data.look(-1, 1, -1, 1);
  findHome(page);
  data.look(...page.home.data);
  data.framed('x', 'y', () => {
    data.paintGrid(colors.faint);
    const ends = [data.middle[0] - data.half[0], data.middle[0] + data.half[0]];
    const lineAt = ([slope, intercept]) => ends.map((x) => [x, slope * x + intercept]);
    const now = lineOf(page.problem, page.walk.path[page.shown]);
    const best = lineOf(page.problem, page.problem.optimum);
    for (const [x, y] of page.points) {
      data.line([[x, y], [x, now[0] * x + now[1]]], colors.residual, { width: 1.4, alpha: 0.7 });
    }
    data.line(lineAt([3, 2]), colors.muted, { width: 1.4, dash: [3, 4] });
    data.line(lineAt(best), colors.best, { width: 1.8, dash: [9, 4] });
    data.line(lineAt(now), colors.path, { width: 2.6 });
  });
  legend(data, [
    [text('descent.line_now'), colors.path, []],
    [text('descent.line_best'), colors.best, [9, 4]],
    ['y = 3x + 2', colors.muted, [3, 4]],
  ]);
}

/** Contours of the loss, the walk upon them, and the bowl's own directions. */
export function paintBowl(page) {
  const { bowl, colors, problem, context: { text } } = page;
  if (!page.points) return bowl.look(-1, 1, -1, 1);
  findHome(page);
  bowl.look(...page.home.bowl, true);
  const standard = page.scaling === 'raw' ? ['descent.slope', 'descent.intercept'] : ['descent.slope_scaled', 'descent.intercept_scaled'];
  bowl.framed(text(standard[0]), text(standard[1]), () => {
    const distance = 2 * Math.hypot(...bowl.half) + norm(difference(problem.optimum, bowl.middle));
    const levels = 9;
    const top = Math.max(lossAbove(problem, page.start), 0.5 * problem.eigenvalues[0] * page.home.away ** 2 * 0.3);
    for (let k = levels; k >= 0; k--) {
      bowl.line(contour(problem, top * 2.2 ** (k - levels + 2), distance), colors.contour, { width: 1, fill: colors.level(1 - k / levels) });
    }
    const [steep, shallow] = problem.directions;
    bowl.line([steep, shallow].flatMap((direction, i) => {
      const size = page.home.away * (i ? 0.5 : 0.25);
      return [problem.optimum, problem.optimum.map((value, axis) => value + direction[axis] * size), problem.optimum];
    }), colors.muted, { width: 1.2, dash: [2, 3] });
    const path = page.walk.path.slice(0, page.shown + 1);
    const seen = path.filter((weights) => norm(difference(weights, bowl.middle)) < 50 * page.home.away);
    bowl.line(seen, colors.path, { width: 1.8 });
    for (const weights of seen.slice(0, 120)) bowl.dot(weights, colors.path, 2.8);
    bowl.dot(problem.optimum, colors.best, 5);
    if (seen.length) bowl.dot(seen.at(-1), colors.path, 5.5);
  });
}

export function altData(page) {
  if (!page.points) return '';
  const best = lineOf(page.problem, page.problem.optimum);
  const now = lineOf(page.problem, page.walk.path[page.shown]);
  return page.context.text('descent.alt_data', { points: page.points.length, slope: short(best[0]), intercept: short(best[1]),
    slope_now: short(now[0]), intercept_now: short(now[1]), step: page.shown });
}

export function altBowl(page) {
  if (!page.points) return '';
  return page.context.text('descent.alt_bowl', { optimum: vectorWords(page.problem.optimum), start: vectorWords(page.start),
    step: page.shown, now: vectorWords(page.walk.path[page.shown]), loss: significant(page.walk.loss[page.shown]) });
}

export function pageColors({ colors: { classes, positive }, dark, text, muted, faint, background }) {
  const shade = (color) => css(dark ? mix(color, [255, 255, 255], 0.4) : mix(color, [0, 0, 0], 0.12));
  return {
    path: shade(classes[6]), best: shade(classes[0]), point: text, residual: shade(classes[3]), muted, faint,
    contour: dark ? 'rgba(255,255,255,0.22)' : 'rgba(12,22,31,0.2)',
    level: (share) => css(mix(dark ? [18, 22, 27] : [255, 255, 255], positive, 0.04 + 0.3 * share)),
    background,
  };
}

/** Names of lines in the upper left corner. */
function legend(scene, rows) {
  const { pen, context: { theme } } = scene;
  pen.save();
  pen.font = `12px ${theme.font}`;
  pen.textBaseline = 'middle';
  pen.textAlign = 'left';
  const width = Math.max(...rows.map(([words]) => pen.measureText(words).width)) + 46;
  pen.globalAlpha = 0.86;
  pen.fillStyle = theme.background;
  pen.fillRect(56, 15, width, rows.length * 17 + 6);
  pen.globalAlpha = 1;
  rows.forEach(([words, color, dash], k) => {
    const y = 27 + 17 * k;
    pen.strokeStyle = color;
    pen.lineWidth = 2.2;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(62, y);
    pen.lineTo(90, y);
    pen.stroke();
    pen.fillStyle = theme.text;
    pen.fillText(words, 97, y);
  });
  pen.restore();
}
