/**
 * The landscape as a surface on a plain canvas, turned by dragging or by the arrow keys. The
 * surface is painted when it turns; path, balls and network lie over it, every frame.
 */

import { css } from './colors.js';
import { el, fitCanvas } from './dom.js';
import { paintBall, paintMark, paintPath } from './landscapemarks.js';
import { Turntable } from './turntable.js';
import { short } from './words.js';

/** The view's angles outlive a change of tab. */
const angle = { yaw: 0.6, pitch: 0.7, low: 0.05, high: 1.5 };
const HEIGHT = 0.55; // half of the surface's, its sides being 2 long
const ROOM = 18; // px around it, for the names of the axes
const LIGHT = [-0.45, -0.35, 0.82];

export class Surface {
  /** @param {{press: Function, point: Function}} calls as of `Contours` */
  constructor(context, calls) {
    this.context = context;
    this.calls = calls;
    this.ground = document.createElement('canvas');
    this.canvas = el('canvas', {
      class: 'np-layer np-turn', role: 'img', tabindex: '0', title: context.text('landscape.turn_tip'),
    });
    this.node = el('div', { class: 'np-plot' }, this.canvas);
    this.listen();
  }

  listen() {
    const { canvas, calls } = this;
    this.table = new Turntable(canvas, angle, {
      turned: () => this.context.hub.invalidate(),
      taken: () => calls.point(null),
      clicked: (event) => {
        const place = this.hit(event);
        if (place) calls.press(place);
      },
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!this.table.held) calls.point(this.hit(event), { x: event.offsetX, y: event.offsetY });
    });
    canvas.addEventListener('pointerleave', () => calls.point(null));
  }

  projection(width, height) {
    return this.table.fitting(width, height, ROOM, HEIGHT);
  }

  paint(picture) {
    const width = this.node.clientWidth;
    const height = this.node.clientHeight;
    if (!width) return;
    const key = [picture.version, picture.relief.log, width, height, angle.yaw, angle.pitch,
      this.context.theme.background].join('|');
    const project = this.projection(width, height);
    if (key !== this.painted) {
      this.painted = key;
      const ground = fitCanvas(this.ground, width, height);
      ground.clearRect(0, 0, width, height);
      this.paintGround(ground, picture, project);
    }
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    context.drawImage(this.ground, 0, 0, width, height);
    this.paintMoving(context, picture, project);
  }

  /** The quads of the surface from the farthest to the nearest. */
  paintGround(context, picture, project) {
    const { relief, colors } = picture;
    const { side, shares } = relief;
    this.paintBase(context, picture, project);
    const x = (column) => (column / (side - 1)) * 2 - 1;
    const spots = Array.from(shares, (share, i) =>
      project(x(i % side), x(Math.floor(i / side)), (share * 2 - 1) * HEIGHT));
    this.quads = [];
    for (let row = 0; row < side - 1; row++) {
      for (let column = 0; column < side - 1; column++) {
        const i = row * side + column;
        const corners = [i, i + 1, i + side + 1, i + side];
        if (corners.some((corner) => Number.isNaN(shares[corner]))) continue;
        const depth = corners.reduce((sum, corner) => sum + spots[corner].depth, 0);
        this.quads.push({ i, depth, corners: corners.map((corner) => spots[corner]) });
      }
    }
    this.quads.sort((one, other) => other.depth - one.depth);
    for (const { i, corners } of this.quads) {
      const share = (shares[i] + shares[i + 1] + shares[i + side] + shares[i + side + 1]) / 4;
      const shade = css(colors(share).map((part) => part * shading(shares, side, i)));
      context.beginPath();
      corners.forEach((spot, k) => (k ? context.lineTo(spot.x, spot.y) : context.moveTo(spot.x, spot.y)));
      context.closePath();
      context.fillStyle = context.strokeStyle = shade;
      context.lineWidth = 0.6;
      context.fill();
      context.stroke();
    }
  }

  /** The floor's edges with the names of the axes at those that face the eye. */
  paintBase(context, { relief, labels, heightLabel }, project) {
    const { theme } = this.context;
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) => [x, y, -HEIGHT]);
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.beginPath();
    corners.forEach((corner, i) => {
      const [from, to] = [project(...corner), project(...corners[(i + 1) % 4])];
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    });
    const back = corners.reduce((far, corner) =>
      (project(...corner).depth > project(...far).depth ? corner : far));
    const [foot, top] = [project(...back), project(back[0], back[1], HEIGHT)];
    context.moveTo(foot.x, foot.y);
    context.lineTo(top.x, top.y);
    context.stroke();
    context.fillStyle = theme.muted;
    context.font = `11.5px ${theme.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const near = (one, other) => (project(...one).depth < project(...other).depth ? one : other);
    const places = [near([0, -1.22, -HEIGHT], [0, 1.22, -HEIGHT]), near([-1.22, 0, -HEIGHT], [1.22, 0, -HEIGHT])];
    places.forEach((place, i) => {
      const spot = project(...place);
      const half = context.measureText(labels[i]).width / 2;
      context.fillText(labels[i], Math.max(half, Math.min(this.node.clientWidth - half, spot.x)), spot.y + 6);
    });
    const words = `${heightLabel} ${short(relief.low)} – ${short(relief.high)}`;
    const half = context.measureText(words).width / 2;
    context.fillText(words, Math.max(half, Math.min(this.node.clientWidth - half, top.x)), top.y - 8);
  }

  paintMoving(context, { relief, path, balls, point }, project) {
    const { theme } = this.context;
    const last = relief.side - 1;
    const to = (a, b) => {
      const [column, row] = relief.toLattice(a, b);
      const share = relief.at(relief.shares, a, b);
      const spot = project((column / last) * 2 - 1, (row / last) * 2 - 1,
        ((Number.isNaN(share) ? 1 : share) * 2 - 1) * HEIGHT);
      return [spot.x, spot.y];
    };
    const inside = ({ a, b }) => !Number.isNaN(relief.at(relief.shares, a, b));
    // What leaves the window, or a hole, has no height: the path is cut there.
    paintPath(context, path.filter(inside).map((one, i, all) =>
      (i && all[i - 1].index + 1 !== one.index ? { ...one, begins: true } : one)), to);
    for (const ball of balls) {
      const track = ball.track.filter(([a, b]) => inside({ a, b }));
      paintBall(context, { ...ball, track }, to, theme);
    }
    if (point && inside(point)) paintMark(context, ...to(point.a, point.b), theme);
  }

  /** The place of the surface under the pointer: that of the nearest quad that holds it. */
  hit({ offsetX: x, offsetY: y }) {
    const { relief } = this.calls.picture() ?? {};
    if (!relief || !this.quads) return null;
    for (let k = this.quads.length - 1; k >= 0; k--) {
      const { i, corners } = this.quads[k];
      const share = within(corners, x, y);
      if (!share) continue;
      const [a, b] = relief.fromLattice((i % relief.side) + share[0], Math.floor(i / relief.side) + share[1]);
      return { a, b };
    }
    return null;
  }

  async paintOn(canvas, picture) {
    const { clientWidth: width, clientHeight: height } = this.node;
    const project = this.projection(width, height);
    this.paintGround(canvas, picture, project);
    this.paintMoving(canvas, picture, project);
  }

  themed() {
    this.painted = '';
  }

  destroy() {
    this.node.remove();
  }
}

/** How bright a quad is, by the slope of its diagonals. */
function shading(shares, side, i) {
  const k = HEIGHT * (side - 1);
  const slopeX = (shares[i + 1] - shares[i] + shares[i + side + 1] - shares[i + side]) * 0.5 * k;
  const slopeY = (shares[i + side] - shares[i] + shares[i + side + 1] - shares[i + 1]) * 0.5 * k;
  const length = Math.hypot(slopeX, slopeY, 1);
  const cos = (-slopeX * LIGHT[0] - slopeY * LIGHT[1] + LIGHT[2]) / length;
  return 0.72 + 0.28 * Math.max(0, cos);
}

/** Where a pixel lies in a quad, as shares of its sides; null outside. Found in its two triangles. */
function within([p, q, r, s], x, y) {
  const inTriangle = (o, u, v) => {
    const det = (u.x - o.x) * (v.y - o.y) - (v.x - o.x) * (u.y - o.y);
    if (!det) return null;
    const m = ((x - o.x) * (v.y - o.y) - (v.x - o.x) * (y - o.y)) / det;
    const n = ((u.x - o.x) * (y - o.y) - (x - o.x) * (u.y - o.y)) / det;
    return m >= -1e-9 && n >= -1e-9 && m + n <= 1 + 1e-9 ? [m, n] : null;
  };
  const low = inTriangle(p, q, s);
  if (low) return low;
  const high = inTriangle(r, s, q);
  return high && [1 - high[0], 1 - high[1]];
}
