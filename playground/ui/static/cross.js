/**
 * The cross on the map that marks the traced point: a click moves it to a point or a place, and
 * it can be dragged. It is there while "One point" is the open analysis.
 */

import { el } from './dom.js';
import { Grab } from './grab.js';
import { isLine } from './scene.js';

const GRAB_PX = 16;

export class Cross {
  /**
   * @param {object} context of the view
   * @param {Axes} axes of the map
   * @param {(x: number, y: number) => object|null} nearest the data point near a pixel
   * @param {() => boolean} busy whether clicks on the map mean something else
   */
  constructor(context, axes, nearest, busy) {
    this.hub = context.hub;
    this.axes = axes;
    this.nearest = nearest;
    this.busy = busy;
    this.node = el('div', { class: 'np-cross', 'aria-hidden': 'true' });
    this.node.hidden = true;
    axes.host.append(this.node);
    this.grab = new Grab(axes, {
      listens: () => this.listens, takes: (at) => this.takes(at), move: (event) => this.move(event),
      up: (at, held) => this.shown && at && !held && this.press(at),
      drop: () => this.node.classList.remove('np-held'),
    });
  }

  get shown() {
    return this.hub.wants.analysis.includes('trace') && Boolean(this.hub.header?.trace && this.axes.toX);
  }

  get listens() {
    return this.shown && !this.busy();
  }

  /** Puts the cross where the traced point is, unless the visitor holds it. */
  place() {
    this.node.hidden = !this.shown;
    if (this.node.hidden || this.grab.held) return;
    const { x, y } = this.hub.header.trace;
    this.put(this.axes.toX(x), this.axes.toY(y));
  }

  put(x, y) {
    const { left, top, width, height } = this.axes.rect;
    this.at = { x, y };
    this.node.hidden = x < -1 || y < -1 || x > width + 1 || y > height + 1;
    this.node.style.transform = `translate(${left + x}px, ${top + y}px)`;
  }

  takes({ x, y }) {
    if (this.node.hidden || Math.hypot(x - this.at.x, y - this.at.y) > GRAB_PX) return false;
    this.node.classList.add('np-held');
    return true;
  }

  move(event) {
    if (!this.grab.held) return;
    event.stopPropagation();
    const { width, height } = this.axes.rect;
    const at = this.axes.pixel(event);
    const x = Math.max(0, Math.min(width, at.x));
    const y = Math.max(0, Math.min(height, at.y));
    this.put(x, y);
    this.choosePlace(x, y);
  }

  /** A click: the data point at this pixel of the map, or the place. */
  press({ x, y }) {
    const point = this.nearest(x, y);
    if (!point) return this.choosePlace(x, y);
    choose(this.hub, { part: point.test ? 'test' : 'train', index: point.index });
  }

  destroy() {
    this.grab.destroy();
  }

  choosePlace(px, py) {
    const [x, y] = [this.axes.fromX(px), this.axes.fromY(py)];
    // On one input the height is the value that is aimed at.
    choose(this.hub, { x, y, target: isLine(this.hub.scene) ? y : null });
  }
}

/** Asks for another point to be traced. */
export function choose(hub, point) {
  hub.want({ trace: point });
  hub.invalidate();
}
