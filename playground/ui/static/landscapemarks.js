/** What moves on the landscape, on either of its pictures: path, balls, the network's mark. */

import { css, parse } from './colors.js';
import { timeColor } from './relief.js';

const CASING = 'rgba(10,16,36,0.75)';

/**
 * The path from its first to its last point, coloured by time; where a hand put the network
 * elsewhere there is a gap.
 *
 * @param {Array<{a, b, begins, time}>} path @param {(a, b) => number[]} to pixels
 */
export function paintPath(context, path, to) {
  const at = path.map(({ a, b }) => to(a, b));
  context.lineCap = context.lineJoin = 'round';
  context.beginPath();
  at.forEach(([x, y], i) => (i && !path[i].begins ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.strokeStyle = CASING;
  context.lineWidth = 4.5;
  context.stroke();
  context.lineWidth = 2.5;
  for (let i = 1; i < at.length; i++) {
    if (path[i].begins) continue;
    context.beginPath();
    context.moveTo(...at[i - 1]);
    context.lineTo(...at[i]);
    context.strokeStyle = timeColor(path[i].time);
    context.stroke();
  }
  if (!at.length) return;
  context.beginPath();
  context.rect(at[0][0] - 3.5, at[0][1] - 3.5, 7, 7);
  context.fillStyle = timeColor(0);
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = CASING;
  context.stroke();
}

/** One optimizer's way, with its number at its end. */
export function paintBall(context, { track, color, name }, to, theme) {
  if (!track.length) return;
  const at = track.map(([a, b]) => to(a, b));
  context.lineCap = context.lineJoin = 'round';
  for (const [style, width] of [[CASING, 4.5], [color, 2.25]]) {
    context.beginPath();
    at.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
  const [x, y] = at.at(-1);
  context.beginPath();
  context.arc(x, y, 8, 0, 7);
  context.fillStyle = color;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = CASING;
  context.stroke();
  context.fillStyle = '#10162a';
  context.font = `700 11px ${theme.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(name, x, y + 0.5);
}

/** Where the network is now; a ring if it is really farther away. */
export function paintMark(context, x, y, theme, away = false) {
  context.beginPath();
  context.arc(x, y, away ? 5 : 7, 0, 7);
  context.fillStyle = timeColor(1);
  if (!away) context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = '#ffffff';
  context.stroke();
  context.beginPath();
  context.arc(x, y, 8.75, 0, 7);
  context.lineWidth = 1.25;
  context.strokeStyle = css(parse(theme.dark ? '#000000' : '#10162a'));
  context.stroke();
}

/** The pointed place, drawn as a cross that leaves its middle free. */
export function paintCross(context, x, y, theme) {
  for (const [style, width] of [[theme.background, 3.5], [theme.text, 1.5]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [0, 1]]) {
      context.moveTo(x - 10 * dx, y - 10 * dy);
      context.lineTo(x - 3 * dx, y - 3 * dy);
      context.moveTo(x + 3 * dx, y + 3 * dy);
      context.lineTo(x + 10 * dx, y + 10 * dy);
    }
    context.stroke();
  }
}
