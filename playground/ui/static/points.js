/** The data points on the map's canvas: train as discs, test as diamonds, the wrong ones ringed. */

import { selectionOf } from './brush.js';
import { css } from './colors.js';
import { isLine, isRegression } from './scene.js';

const NEAR_PX = 12;
const PALE = 0.22; // of the points that are not brushed, while others are

export class Points {
  constructor() {
    this.key = '';
    this.wrong = new Uint8Array();
  }

  /** Draws when something changed since the last call; most frames need nothing. */
  paint(axes, hub, theme, { showTest, plain }) {
    const wrong = hub.arrays.wrong?.data ?? new Uint8Array();
    const { version } = selectionOf(hub);
    const key = `${hub.scene.id}|${axes.version}|${showTest}|${plain}|${theme.dark}|${theme.text}|${version}`;
    if (key === this.key && same(wrong, this.wrong) && this.train === hub.arrays.points_train) return;
    this.key = key;
    this.wrong = wrong;
    this.train = hub.arrays.points_train;
    const context = axes.beginOver();
    if (!plain) this.drawAll(context, axes, hub, theme, showTest);
  }

  drawAll(context, axes, hub, theme, showTest) {
    const n = this.train?.shape[0] ?? 0;
    const size = Math.max(2.2, Math.min(3.6, axes.rect.width / 95));
    const selection = selectionOf(hub);
    const { points_test: test } = hub.arrays;
    const all = () => true;
    if (!selection.size) {
      if (showTest && test) this.draw(context, axes, hub, theme, test, { first: n, size, diamond: true, of: all });
      if (this.train) this.draw(context, axes, hub, theme, this.train, { first: 0, size, of: all });
      return;
    }
    // Brushed points light up: the others step back, and test points show themselves.
    const layers = [
      [test, showTest, { first: n, size, diamond: true, of: (i) => !selection.has(true, i) }],
      [this.train, true, { first: 0, size, of: (i) => !selection.has(false, i) }],
    ];
    context.globalAlpha = PALE;
    for (const [points, shown, how] of layers) if (points && shown) this.draw(context, axes, hub, theme, points, how);
    context.globalAlpha = 1;
    for (const [points, , how] of layers) {
      const lit = { ...how, of: (i) => !how.of(i), size: size * 1.25, lit: true };
      if (points) this.draw(context, axes, hub, theme, points, lit);
    }
  }

  /** The points of a part that `of` names by their index. */
  draw(context, axes, { scene }, theme, { data, shape: [n] }, { first, size, diamond, of, lit }) {
    const rings = new Path2D();
    const groups = new Map();
    for (let i = 0; i < n; i++) {
      if (!of(i)) continue;
      const x = axes.toX(data[i * 3]);
      const y = axes.toY(data[i * 3 + 1]);
      const color = pointColor(scene, theme, data[i * 3 + 2]);
      if (!groups.has(color)) groups.set(color, new Path2D());
      shape(groups.get(color), x, y, size, diamond);
      if (this.wrong[first + i]) {
        rings.moveTo(x + size + 2.5, y);
        rings.arc(x, y, size + 2.5, 0, 7);
      }
    }
    context.lineWidth = lit ? 1.6 : 1;
    context.strokeStyle = lit ? theme.text : outline(scene, theme, diamond);
    for (const [color, path] of groups) {
      context.fillStyle = color;
      context.fill(path);
      context.stroke(path);
    }
    context.lineWidth = 1.2;
    context.strokeStyle = theme.text;
    context.stroke(rings);
  }

  /** Where the shown points are, in pixels of the plot. */
  spots(axes, hub, showTest) {
    const found = [];
    [hub.arrays.points_train, showTest ? hub.arrays.points_test : null].forEach((points, test) => {
      for (let i = 0; i < (points?.shape[0] ?? 0); i++) {
        const [x, y] = [axes.toX(points.data[i * 3]), axes.toY(points.data[i * 3 + 1])];
        found.push({ x, y, test: Boolean(test), index: i });
      }
    });
    return found;
  }

  /** The point under the pointer: {test, index, x, y, value, wrong}, or null. */
  nearest(axes, hub, px, py, showTest) {
    let best = null;
    let closest = NEAR_PX ** 2;
    const n = hub.arrays.points_train?.shape[0] ?? 0;
    const sets = [hub.arrays.points_train, showTest ? hub.arrays.points_test : null];
    sets.forEach((points, test) => {
      if (!points) return;
      const { data, shape: [rows] } = points;
      for (let i = 0; i < rows; i++) {
        const away = (axes.toX(data[i * 3]) - px) ** 2 + (axes.toY(data[i * 3 + 1]) - py) ** 2;
        if (away >= closest) continue;
        closest = away;
        const wrong = Boolean(this.wrong[test * n + i]);
        best = { test: Boolean(test), index: i, x: data[i * 3], y: data[i * 3 + 1],
          value: data[i * 3 + 2], wrong };
      }
    });
    return best;
  }
}

/** On a map of values a point has its surroundings' colour, so its edge must tell it apart. */
function outline(scene, theme, diamond) {
  if (diamond) return theme.text;
  if (theme.dark) return 'rgba(0,0,0,.65)';
  return isRegression(scene) && !isLine(scene) ? 'rgba(20,24,32,.6)' : '#fff';
}

/** A point's colour: its class, or its value on the diverging scale. */
export function pointColor(scene, theme, value) {
  const { colors } = theme;
  if (isLine(scene) && isRegression(scene)) return css(colors.positive);
  if (isRegression(scene)) {
    if (!scene.value_range) return theme.muted; // of what is no single value
    const [low, high] = scene.value_range;
    // Sixteen shades are enough for the eye, and keep the paths few.
    const share = Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
    return css(colors.diverging(Math.round(share * 16) / 16));
  }
  return css(colors.classOf(value, scene.class_names.length));
}

function shape(path, x, y, size, diamond) {
  if (!diamond) {
    path.moveTo(x + size, y);
    path.arc(x, y, size, 0, 7);
    return;
  }
  const r = size * 1.25;
  path.moveTo(x, y - r);
  path.lineTo(x + r, y);
  path.lineTo(x, y + r);
  path.lineTo(x - r, y);
  path.closePath();
}

function same(a, b) {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
