/**
 * The landscape from above: colours and labelled contour lines under the path. What stands is
 * painted once on the lower canvas; what moves, path, balls and network, every frame on the upper.
 */

import { Axes } from './axes.js';
import { css } from './colors.js';
import { Grab } from './grab.js';
import { paintBall, paintCross, paintMark, paintPath } from './landscapemarks.js';
import { Raster, refined } from './raster.js';
import { short } from './words.js';

const FINER = 3;
const HATCH = 7; // px between the lines over holes
const GRAB_PX = 14;
const KEY_STEP = 8; // px
const LABEL_PX = 46; // between the middles of two labels
const PATH_PX = 22; // between a label and the path

export class Contours {
  /**
   * @param {object} context of the view
   * @param {{point: Function, press: Function, drag: Function}} calls what the pointer does, in
   *   coordinates of the plane; `point(null)` when it leaves
   */
  constructor(context, calls) {
    this.context = context;
    this.calls = calls;
    this.axes = new Axes(context, () => context.hub.invalidate());
    this.node = this.axes.host;
    this.raster = new Raster();
    this.listen();
  }

  // ---- pointer and keys ----------------------------------------------------------------------

  listen() {
    const { node } = this;
    this.grab = new Grab(this.axes, {
      listens: () => this.axes.fromX && this.calls.ready(), takes: (at) => this.takes(at),
      move: (event) => this.move(event), up: (at, held) => this.up(at, held),
      drop: () => { this.moved = false; },
    });
    node.addEventListener('pointerleave', () => this.calls.point(null));
    node.addEventListener('blur', () => this.calls.point(null));
    node.addEventListener('keydown', (event) => this.key(event));
  }

  place({ x, y }) {
    return { a: this.axes.fromX(x), b: this.axes.fromY(y) };
  }

  takes({ x, y }) {
    const near = this.mark && Math.hypot(x - this.mark.x, y - this.mark.y) <= GRAB_PX;
    if (!near || !this.calls.movable()) return false;
    this.moved = false;
    this.stroke = Date.now(); // the whole movement is one deed to undo
    return true;
  }

  move(event) {
    if (!this.axes.fromX) return;
    const { axes, grab } = this;
    const at = axes.pixel(event);
    if (grab.held) {
      event.stopPropagation();
      if (!axes.inside(at) || (!this.moved && grab.still(at))) return;
      this.calls.drag(this.place(at), this.stroke);
      this.moved = true;
    } else this.calls.point(event.buttons === 0 && axes.inside(at) ? this.place(at) : null, at);
  }

  up(at, held) {
    if (at && !(held && this.moved)) this.calls.press(this.place(at));
  }

  key(event) {
    if (!this.axes.fromX) return;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const arrow = arrows[event.key];
    const { cursor } = this;
    if (arrow && event.shiftKey) this.axes.panBy(...arrow);
    else if (arrow) this.step(...arrow);
    else if (event.key === '+' || event.key === '=') this.axes.zoomIn(cursor && { x: cursor.a, y: cursor.b });
    else if (event.key === '-') this.axes.zoomOut(cursor && { x: cursor.a, y: cursor.b });
    else if (event.key === '0') this.axes.reset();
    else if (event.key === 'Escape') this.calls.point(null);
    else if (event.key === 'Enter' && cursor) this.calls.press(cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The cross by arrow keys; it starts where the network is. */
  step(right, up) {
    const { width, height } = this.axes.rect;
    const { cursor } = this;
    const from = cursor
      ? { x: this.axes.toX(cursor.a), y: this.axes.toY(cursor.b) }
      : this.mark ?? { x: width / 2, y: height / 2 };
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    const at = { x: clamp(from.x + right * KEY_STEP, width), y: clamp(from.y - up * KEY_STEP, height) };
    this.calls.point(this.place(at), at, true);
  }

  // ---- painting ------------------------------------------------------------------------------

  /**
   * @param {object} picture {relief, colors, version, labels: [x, y], path, balls, point, cursor}
   */
  paint(picture) {
    if (!this.node.clientWidth) return;
    const { relief: { window: [a0, a1, b0, b1] }, labels: [xLabel, yLabel] } = picture;
    this.axes.setHome({
      scene: picture.version, x: [a0, a1], y: [b0, b1], xLabel, yLabel, equal: false,
    });
    const context = this.axes.begin();
    const { width, height } = this.axes.rect;
    const key = [picture.version, picture.relief.log, this.axes.version, width, height,
      this.context.theme.background].join('|');
    if (key !== this.painted) {
      this.painted = key;
      context.clearRect(0, 0, width, height);
      this.paintGround(context, picture);
    }
    this.paintMoving(this.axes.beginOver(), picture);
  }

  paintGround(context, { relief, colors, path }) {
    const bytes = Uint8Array.from(relief.shares, (share) => Math.round((share || 0) * 255));
    const source = refined({ data: bytes, shape: [relief.side, relief.side] }, FINER);
    const table = Uint32Array.from({ length: 256 }, (_, i) => {
      const [r, g, b] = colors(i / 255);
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    });
    this.raster.values(source, table);
    const [a0, a1, b0, b1] = relief.window;
    this.raster.draw(context, this.axes, [a0, a1, b0, b1]);
    this.paintHoles(context, relief);
    this.paintLines(context, { relief, colors, path });
  }

  /** Places without a finite loss, hatched. */
  paintHoles(context, relief) {
    if (!relief.holes) return;
    const { axes, context: { theme } } = this;
    const { side } = relief;
    context.save();
    context.beginPath();
    relief.values.forEach((value, i) => {
      if (Number.isFinite(value)) return;
      const [left, low] = relief.fromLattice((i % side) - 0.5, Math.floor(i / side) - 0.5);
      const [right, high] = relief.fromLattice((i % side) + 0.5, Math.floor(i / side) + 0.5);
      const [x, y] = [axes.toX(left), axes.toY(high)];
      context.rect(x, y, axes.toX(right) - x, axes.toY(low) - y);
    });
    context.clip();
    const { width, height } = axes.rect;
    context.fillStyle = theme.background;
    context.fillRect(0, 0, width, height);
    context.strokeStyle = theme.muted;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = -height; x < width; x += HATCH) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    context.restore();
  }

  paintLines(context, { relief, colors, path }) {
    const { axes, context: { theme } } = this;
    const taken = path.map(({ a, b }) => [axes.toX(a), axes.toY(b), PATH_PX]);
    context.lineJoin = 'round';
    context.font = `10.5px ${theme.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const labels = [];
    for (const level of relief.levels) {
      const pale = relief.share(level) > 0.55;
      const ink = pale ? 'rgba(20,28,48,0.62)' : 'rgba(255,255,255,0.5)';
      let longest = [];
      context.strokeStyle = ink;
      context.lineWidth = 1;
      for (const line of relief.lines(level)) {
        const pixels = line.map(([x, y]) => {
          const [a, b] = relief.fromLattice(x, y);
          return [axes.toX(a), axes.toY(b)];
        });
        context.beginPath();
        pixels.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.stroke();
        if (pixels.length > longest.length) longest = pixels;
      }
      labels.push({ level, line: longest, pale });
    }
    for (const label of labels) this.paintLabel(context, label, colors, relief, taken);
  }

  /** A level's value on its longest line, where it lies over no other. */
  paintLabel(context, { level, line, pale }, colors, relief, taken) {
    const { width, height } = this.axes.rect;
    const free = ([x, y]) => x > 22 && y > 10 && x < width - 22 && y < height - 10 &&
      taken.every(([u, v, room = LABEL_PX]) => Math.abs(u - x) > room || Math.abs(v - y) > 15);
    const middle = Math.floor(line.length / 2);
    for (let i = 0; i < line.length; i++) {
      const at = line[(middle + (i % 2 ? -1 : 1) * Math.ceil(i / 2) + line.length) % line.length];
      if (!free(at)) continue;
      taken.push(at);
      context.lineWidth = 3.5;
      context.strokeStyle = css(colors(relief.share(level)));
      context.strokeText(short(level), ...at);
      context.fillStyle = pale ? '#141c30' : '#ffffff';
      context.fillText(short(level), ...at);
      return;
    }
  }

  paintMoving(context, { path, balls, point, cursor }) {
    const { axes, context: { theme } } = this;
    this.cursor = cursor;
    const to = (a, b) => [axes.toX(a), axes.toY(b)];
    paintPath(context, path, to);
    for (const ball of balls) paintBall(context, ball, to, theme);
    this.mark = null;
    if (point) {
      const [x, y] = to(point.a, point.b);
      this.mark = { x, y };
      const { width, height } = axes.rect;
      const [u, v] = [Math.max(8, Math.min(width - 8, x)), Math.max(8, Math.min(height - 8, y))];
      // A network outside the picture is marked at the edge, by a ring.
      paintMark(context, u, v, theme, u !== x || v !== y);
    }
    if (cursor) paintCross(context, ...to(cursor.a, cursor.b), theme);
  }

  paintOn(canvas, picture) {
    return this.axes.paintOn(canvas, () => {
      this.paintGround(canvas, picture);
      this.paintMoving(canvas, { ...picture, cursor: null });
    });
  }

  themed() {
    this.painted = '';
    this.axes.themed();
  }

  destroy() {
    this.grab.destroy();
    this.axes.destroy();
    this.node.remove();
  }
}
