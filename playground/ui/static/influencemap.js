/**
 * The map of the influence view: every point as large and as strong in colour as what it does,
 * over how the picture changes without the chosen one.
 */

import { Axes } from './axes.js';
import { css } from './colors.js';
import { el } from './dom.js';
import { pointColor } from './points.js';
import { Raster } from './raster.js';
import { Relief } from './relief.js';
import { className, isLine, isRegression } from './scene.js';
import { Tooltip } from './tooltip.js';
import { signed, significant } from './words.js';

const NEAR_PX = 14;
const SMALL = 2.4;
const LARGE = 8;

/** Orange harms, blue helps. */
export function influenceColor(theme, { value }, most) {
  return influenceShade(theme, 0.5 + 0.5 * Math.sign(value) * Math.sqrt(Math.abs(value) / most));
}

export function influenceShade(theme, share) {
  return css(theme.colors.diverging(Math.max(0, Math.min(1, share))));
}

export class InfluenceMap {
  /** @param {(place: number) => void} choose a point was clicked, or stepped to by the keys */
  constructor(context, choose) {
    this.context = context;
    this.choose = choose;
    this.axes = new Axes(context, () => context.hub.invalidate());
    this.node = el('div', { class: 'np-influence-map' }, this.axes.host);
    this.tip = new Tooltip(this.node);
    this.raster = new Raster();
    const { host } = this.axes;
    host.addEventListener('pointermove', (event) => this.point(event));
    host.addEventListener('pointerleave', () => this.unpoint());
    host.addEventListener('blur', () => this.unpoint());
    host.addEventListener('click', () => this.pointed && this.choose(this.pointed.place));
    host.addEventListener('keydown', (event) => this.key(event));
  }

  // ---- pointer and keys ----------------------------------------------------------------------

  point(event) {
    const at = this.axes.pixel(event);
    this.pointed = this.picture && this.axes.toX && this.axes.inside(at) ? this.nearest(at) : null;
    this.axes.host.style.cursor = this.pointed ? 'pointer' : '';
    this.showTip(at);
  }

  unpoint() {
    this.pointed = null;
    this.tip.hide();
  }

  nearest({ x, y }) {
    let best = null;
    let closest = NEAR_PX ** 2;
    for (const point of this.picture.points) {
      const away = (this.axes.toX(point.x) - x) ** 2 + (this.axes.toY(point.y) - y) ** 2;
      if (away < closest) [best, closest] = [point, away];
    }
    return best;
  }

  /** Left and right step through the points by what they do; with shift the window moves. */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { ranked = [], chosen } = this.picture ?? {};
    if (step && !event.shiftKey && ranked.length) {
      const at = chosen ? ranked.indexOf(chosen) + step : 0;
      const next = ranked[Math.max(0, Math.min(ranked.length - 1, at))];
      if (next !== chosen) this.choose(next.place);
      event.preventDefault();
    } else if (event.key === 'Escape' && chosen) this.choose(chosen.place);
    else if (!this.axes.key(event)) return;
    event.stopPropagation();
  }

  showTip(at) {
    const { pointed, context: { text, hub } } = this;
    if (!pointed) return this.tip.hide();
    const { scene } = hub;
    const { rect, host } = this.axes;
    const kinds = ['', 'mislabelled', 'outlying', 'painted'];
    const regression = isRegression(scene);
    this.tip.show(host.offsetLeft + rect.left + at.x, host.offsetTop + rect.top + at.y, [
      { title: true, label: text('influence.number', { number: pointed.place + 1 }) },
      { label: text(regression ? 'map.value' : 'map.class'),
        value: regression ? significant(pointed.target) : className(scene, pointed.target) },
      { label: text('influence.measure_test'), value: signed(pointed.test) },
      { label: text('influence.measure_own'),
        value: regression ? signed(pointed.own) : text('influence.percent_points', { value: signed(100 * pointed.own) }) },
      ...(pointed.kind ? [{ label: text(`influence.kind_${kinds[pointed.kind]}`) }] : []),
      ...(pointed.sure ? [] : [{ label: text('influence.may_be_luck') }]),
    ]);
  }

  // ---- painting ------------------------------------------------------------------------------

  /** @param {object} picture {points, ranked, most, chosen, change, leftOut, version, key} */
  paint(hub, picture) {
    this.picture = picture;
    const { scene } = hub;
    const { inputs, domain: [x0, x1, y0, y1] } = scene;
    if (!this.axes.host.clientWidth) return;
    this.axes.setHome({ scene: scene.id, x: [x0, x1], y: [y0, y1], xLabel: inputs.x_label, yLabel: inputs.y_label,
      equal: inputs.kind === 'xy' });
    const { width, height } = this.axes.rect;
    const under = this.axes.begin();
    under.clearRect(0, 0, width, height);
    this.paintGround(under, scene);
    this.paintPoints(this.axes.beginOver(), scene);
  }

  paintGround(context, scene) {
    const { change } = this.picture;
    const { theme } = this.context;
    if (isLine(scene)) return this.paintLines(context, scene);
    if (!change?.change) {
      context.fillStyle = css(theme.colors.middle, 0.5);
      context.fillRect(0, 0, this.axes.rect.width, this.axes.rect.height);
      return;
    }
    this.raster.values(change.change, theme.colors.map);
    this.raster.draw(context, this.axes, scene.domain);
    if (scene.task === 'binary') this.paintBorders(context, scene);
  }

  /** Where the two classes meet, with the point (solid) and without it (dashed). */
  paintBorders(context, scene) {
    const { both } = this.picture.change;
    if (!both || both.shape.length !== 3) return;
    const [, rows, columns] = both.shape;
    context.lineWidth = 1.5;
    context.strokeStyle = this.context.theme.text;
    for (const number of [0, 1]) {
      const values = Float32Array.from(both.data.subarray(number * rows * columns, (number + 1) * rows * columns));
      const relief = new Relief(values, scene.domain, false);
      if (!(relief.min < 0.5 && relief.max > 0.5)) continue;
      [relief.low, relief.high] = [0, 1]; // probabilities, whatever their range
      relief.shares = values;
      context.setLineDash(number ? [4, 4] : []);
      for (const line of relief.lines(0.5)) {
        context.beginPath();
        for (const [x, y] of line) {
          const [a, b] = relief.fromLattice(x, y);
          context.lineTo(this.axes.toX(a), this.axes.toY(b));
        }
        context.stroke();
      }
    }
    context.setLineDash([]);
  }

  /** Over one input: the answer with the point and without it. */
  paintLines(context, scene) {
    const { both } = this.picture.change ?? {};
    if (!both) return;
    const [x0, x1] = scene.domain;
    const n = both.shape.at(-1);
    context.strokeStyle = this.context.theme.text;
    context.lineWidth = 2;
    for (const number of [0, 1]) {
      context.setLineDash(number ? [5, 4] : []);
      context.beginPath();
      for (let i = 0; i < n; i++) {
        context.lineTo(this.axes.toX(x0 + ((x1 - x0) * i) / (n - 1)), this.axes.toY(both.data[number * n + i]));
      }
      context.stroke();
    }
    context.setLineDash([]);
  }

  paintPoints(context, scene) {
    const { points, most, chosen, leftOut } = this.picture;
    const { theme } = this.context;
    if (!points.length) return this.paintPlain(context, scene);
    const two = !isRegression(scene) && scene.class_names.length === 2;
    // The strongest last, so that nothing weak hides them.
    for (const point of [...points].sort((a, b) => Math.abs(a.value) - Math.abs(b.value))) {
      const x = this.axes.toX(point.x);
      const y = this.axes.toY(point.y);
      const size = SMALL + (LARGE - SMALL) * Math.sqrt(Math.abs(point.value) / most);
      const color = influenceColor(theme, point, most);
      context.beginPath();
      if (two && point.target === 0) context.rect(x - size * 0.88, y - size * 0.88, size * 1.76, size * 1.76);
      else context.arc(x, y, size, 0, 7);
      context.lineWidth = point.sure ? 1 : 1.6;
      context.fillStyle = point.sure ? color : css(theme.colors.middle, 0.55);
      context.strokeStyle = point.sure ? theme.text : color;
      context.fill();
      context.stroke();
      if (leftOut.has(point.place)) this.paintCross(context, x, y, size + 2, theme);
      if (point === chosen) {
        context.lineWidth = 2;
        context.strokeStyle = theme.text;
        context.beginPath();
        context.arc(x, y, size + 5, 0, 7);
        context.stroke();
      }
    }
  }

  /** Nothing is known of them yet: the training points as they are. */
  paintPlain(context, scene) {
    const { theme, hub } = this.context;
    const { data, shape: [n] } = hub.arrays.points_train;
    for (let i = 0; i < n; i++) {
      const [x, y, target] = data.subarray(3 * i, 3 * i + 3);
      context.fillStyle = pointColor(scene, theme, target);
      context.beginPath();
      context.arc(this.axes.toX(x), this.axes.toY(y), SMALL, 0, 7);
      context.fill();
    }
  }

  paintCross(context, x, y, size, theme) {
    context.lineWidth = 2;
    context.strokeStyle = theme.text;
    context.beginPath();
    for (const side of [-1, 1]) {
      context.moveTo(x - size, y - side * size);
      context.lineTo(x + size, y + side * size);
    }
    context.stroke();
  }

  get size() {
    return this.axes.size;
  }

  paintOn(canvas) {
    const { scene } = this.context.hub;
    return this.axes.paintOn(canvas, () => {
      this.paintGround(canvas, scene);
      this.paintPoints(canvas, scene);
    }, { axesOver: true });
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.axes.destroy();
  }
}
