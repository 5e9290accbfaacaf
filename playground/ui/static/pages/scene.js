/**
 * A plane or a space on a canvas, with handles that are dragged or moved by arrow keys.
 *
 * What is drawn is given in the coordinates of the world; a lens draws with `line`, `arrow`, `dot`,
 * `label` and need not know whether there are two dimensions or three.
 */

import { el, fitCanvas } from '../dom.js';
import { Tooltip } from '../tooltip.js';

const HANDLE_STEP = 0.05;
const TURN = 0.08;
const AWAY = 5;

class Scene {
  /**
   * @param {object} context of the stage
   * @param {{alt: () => string, paint: () => void}} picture
   */
  constructor(context, picture) {
    this.context = context;
    this.picture = picture;
    this.extent = 3;
    this.handles = new Map();
    this.canvas = el('canvas', { role: 'img', class: 'np-scene-canvas' });
    this.node = el('div', { class: 'np-scene' }, this.canvas);
    this.sizes = new ResizeObserver(() => this.invalidate());
    this.sizes.observe(this.node);
  }

  /** Paints before the next frame, however often it is asked. */
  invalidate() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.paint();
    });
  }

  paint() {
    this.width = this.node.clientWidth;
    this.height = this.node.clientHeight;
    if (!this.width || !this.height) return;
    this.pen = fitCanvas(this.canvas, this.width, this.height);
    this.pen.clearRect(0, 0, this.width, this.height);
    this.pen.lineJoin = this.pen.lineCap = 'round';
    this.picture.paint(this);
    this.placeHandles();
    this.canvas.setAttribute('aria-label', this.picture.alt());
  }

  /** Grows at once to hold a vector of this length; shrinks only at rest. */
  hold(length) {
    const steps = [2.4, 3.2, 4.5, 6.5, 10, 16, 26, 45];
    const needed = steps.find((step) => step >= length * 1.12) ?? steps.at(-1);
    if (this.dragging) return;
    this.extent = needed;
  }

  // ---- drawing ---------------------------------------------------------------------------------

  line(points, color, { width = 1.5, dash = [], fill = null, alpha = 1 } = {}) {
    const { pen } = this;
    pen.save();
    pen.globalAlpha = alpha;
    pen.setLineDash(dash);
    pen.lineWidth = width;
    pen.strokeStyle = color;
    pen.beginPath();
    for (const point of points) {
      const { x, y } = this.project(point);
      pen.lineTo(x, y);
    }
    if (fill) {
      pen.closePath();
      pen.fillStyle = fill;
      pen.fill();
    }
    if (color) pen.stroke();
    pen.restore();
  }

  arrow(from, to, color, { width = 3, dash = [], alpha = 1, head = 11 } = {}) {
    const { pen } = this;
    const [a, b] = [this.project(from), this.project(to)];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    pen.save();
    pen.globalAlpha = alpha;
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    const angle = Math.atan2(b.y - a.y, b.x - a.x);
    const size = Math.min(head, length * 0.6);
    pen.beginPath();
    pen.moveTo(a.x, a.y);
    pen.lineTo(b.x - Math.cos(angle) * size * 0.8, b.y - Math.sin(angle) * size * 0.8);
    pen.stroke();
    pen.setLineDash([]);
    pen.beginPath();
    pen.moveTo(b.x, b.y);
    for (const side of [-0.42, 0.42]) {
      pen.lineTo(b.x - Math.cos(angle + side) * size, b.y - Math.sin(angle + side) * size);
    }
    pen.closePath();
    pen.fill();
    pen.restore();
  }

  dot(point, color, radius = 4) {
    const { pen, context: { theme } } = this;
    const { x, y } = this.project(point);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 7);
    pen.fillStyle = color;
    pen.fill();
    pen.lineWidth = 1.2;
    pen.strokeStyle = theme.background;
    pen.stroke();
  }

  /** Words beside a point, with the page's ground around them so that lines do not cross them. */
  label(point, words, color, { dx = 0, dy = -14 } = {}) {
    const { pen, context: { theme } } = this;
    const { x, y } = this.project(point);
    pen.font = `600 13px ${theme.font}`;
    const half = pen.measureText(words).width / 2;
    const at = [Math.max(half + 3, Math.min(this.width - half - 3, x + dx)),
      Math.max(9, Math.min(this.height - 9, y + dy))];
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.lineWidth = 4;
    pen.strokeStyle = theme.background;
    pen.strokeText(words, ...at);
    pen.fillStyle = color;
    pen.fillText(words, ...at);
  }

  /**
   * Values under the pointer.
   * @param {(point: number[]) => object[]|null} rowsOf rows of a Tooltip for a point of the plane
   */
  readOut(rowsOf) {
    this.tip = new Tooltip(this.node);
    this.canvas.addEventListener('pointermove', ({ offsetX, offsetY, buttons }) => {
      const rows = buttons ? null : rowsOf(this.unproject(offsetX, offsetY));
      if (rows) this.tip.show(offsetX, offsetY, rows);
      else this.tip.hide();
    });
    this.canvas.addEventListener('pointerleave', () => this.tip.hide());
  }

  // ---- handles ---------------------------------------------------------------------------------

  /**
   * @param {{id: string, label: () => string, get: () => number[], set: (to: number[]) => void,
   *   color: () => string, turn?: (angles: number[]) => void, key?: (event: KeyboardEvent) => boolean,
   *   release?: () => void}[]} wanted `turn`: arrow keys turn instead of moving; `key`: takes a key
   *   of its own; `release`: the pointer lets go
   */
  setHandles(wanted) {
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { node }] of this.handles) {
      if (!ids.has(id)) {
        node.remove();
        this.handles.delete(id);
      }
    }
    for (const handle of wanted) {
      const known = this.handles.get(handle.id);
      if (known) Object.assign(known, handle);
      else this.handles.set(handle.id, this.makeHandle(handle));
    }
  }

  makeHandle(given) {
    const node = el('button', { type: 'button', class: 'np-handle', 'data-handle': given.id });
    const handle = { ...given, node };
    node.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      node.focus();
      node.setPointerCapture(event.pointerId);
      const at = this.project(handle.get());
      const box = this.node.getBoundingClientRect();
      this.dragging = { depth: at.depth, dx: event.clientX - box.left - at.x, dy: event.clientY - box.top - at.y };
    });
    node.addEventListener('pointermove', (event) => {
      if (!this.dragging || !node.hasPointerCapture(event.pointerId)) return;
      const box = this.node.getBoundingClientRect();
      const { depth, dx, dy } = this.dragging;
      handle.set(this.unproject(event.clientX - box.left - dx, event.clientY - box.top - dy, depth));
      this.invalidate();
    });
    const release = () => {
      this.dragging = null;
      handle.release?.();
      this.invalidate();
    };
    node.addEventListener('pointerup', release);
    node.addEventListener('pointercancel', release);
    node.addEventListener('keydown', (event) => {
      if (handle.key?.(event)) return event.preventDefault();
      const move = this.keyMove(event);
      if (!move) return;
      event.preventDefault();
      const step = event.shiftKey ? 5 : 1;
      if (handle.turn) handle.turn(move.map((value) => value * step));
      else {
        const now = handle.get();
        handle.set(now.map((value, i) => value + move[i] * this.keyStep(i) * step));
      }
      this.invalidate();
    });
    this.node.append(node);
    return handle;
  }

  /** How far an arrow key moves a handle along a coordinate. */
  keyStep() {
    return HANDLE_STEP;
  }

  placeHandles() {
    for (const { node, get, label, color } of this.handles.values()) {
      const { x, y } = this.project(get());
      node.style.transform = `translate(${x}px, ${y}px)`;
      node.style.setProperty('--np-color', color());
      const words = label();
      if (node.getAttribute('aria-label') !== words) node.setAttribute('aria-label', words);
    }
  }

  destroy() {
    cancelAnimationFrame(this.asked);
    this.sizes.disconnect();
    this.node.remove();
  }
}

/** Two dimensions; one unit is as long up as across. */
export class Plane extends Scene {
  get unitPx() {
    return Math.min(this.width, this.height) / 2 / this.extent;
  }

  project([x, y]) {
    return { x: this.width / 2 + x * this.unitPx, y: this.height / 2 - y * this.unitPx, depth: 0 };
  }

  unproject(x, y) {
    return [(x - this.width / 2) / this.unitPx, (this.height / 2 - y) / this.unitPx];
  }

  keyMove({ key }) {
    return { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
  }

  /** How far the picture reaches from its middle, across and up. */
  get reach() {
    return [this.width / 2 / this.unitPx, this.height / 2 / this.unitPx];
  }
}

/** The angles outlive a change of lens or language. */
const angle = { yaw: 0.62, pitch: 0.36 };

/** Three dimensions, turned by dragging the ground or by the arrow keys. */
export class Space extends Scene {
  constructor(context, picture) {
    super(context, picture);
    this.canvas.classList.add('np-turn');
    this.canvas.tabIndex = 0;
    let from = null;
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      from = event;
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (!from) return;
      this.turn((event.clientX - from.clientX) * 0.01, (event.clientY - from.clientY) * 0.01);
      from = event;
    });
    for (const end of ['pointerup', 'pointercancel']) {
      this.canvas.addEventListener(end, () => (from = null));
    }
    this.canvas.addEventListener('keydown', (event) => {
      const turns = { ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] };
      if (!turns[event.key]) return;
      event.preventDefault();
      this.turn(...turns[event.key]);
    });
  }

  turn(yaw, pitch) {
    angle.yaw -= yaw;
    angle.pitch = Math.max(-1.5, Math.min(1.5, angle.pitch + pitch));
    this.invalidate();
  }

  /** What lies to the right, away from the visitor, and up, for a direction of the world. */
  turned([x, y, z]) {
    const [cy, sy, cp, sp] = [Math.cos(angle.yaw), Math.sin(angle.yaw), Math.cos(angle.pitch), Math.sin(angle.pitch)];
    const [across, back] = [x * cy + y * sy, -x * sy + y * cy];
    return [across, back * cp - z * sp, z * cp + back * sp];
  }

  turnedBack([across, away, up]) {
    const [cy, sy, cp, sp] = [Math.cos(angle.yaw), Math.sin(angle.yaw), Math.cos(angle.pitch), Math.sin(angle.pitch)];
    const [back, z] = [away * cp + up * sp, up * cp - away * sp];
    return [across * cy - back * sy, across * sy + back * cy, z];
  }

  get unitPx() {
    return Math.min(this.width, this.height) * 0.5 / this.extent;
  }

  project(point) {
    const [across, away, up] = this.turned(point);
    const distance = AWAY * this.extent;
    const zoom = this.unitPx * (distance / Math.max(0.1 * distance, distance + away));
    return { x: this.width / 2 + across * zoom, y: this.height / 2 - up * zoom, depth: away };
  }

  /** The point at this depth, so that what is dragged stays as far away as it was. */
  unproject(x, y, depth) {
    const distance = AWAY * this.extent;
    const zoom = this.unitPx * (distance / (distance + depth));
    return this.turnedBack([(x - this.width / 2) / zoom, depth, (this.height / 2 - y) / zoom]);
  }

  /** Left and right along x, up and down along z, page keys along y. */
  keyMove({ key }) {
    const move = { ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, 0, 1], ArrowDown: [0, 0, -1],
      PageUp: [0, 1, 0], PageDown: [0, -1, 0] }[key];
    return move;
  }
}
