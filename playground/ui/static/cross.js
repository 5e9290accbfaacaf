/**
 * The cross on the map that marks the traced point: a click moves it to a point or a place, and
 * it can be dragged. It is there while "One point" is the open analysis.
 */

import { el } from './dom.js';
import { isLine } from './scene.js';

const GRAB_PX = 16;
const CLICK_PX = 4;

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
    const { host } = axes;
    // Plotly zooms by drags that begin anywhere: those that begin on the cross are ours.
    for (const kind of ['pointerdown', 'mousedown', 'touchstart']) {
      host.addEventListener(kind, (event) => this.down(event), { capture: true, passive: false });
    }
    host.addEventListener('pointermove', (event) => this.move(event), true);
    // While a button is down, Plotly covers the page: releases are heard by the document.
    this.onUp = (event) => this.up(event);
    this.onCancel = () => this.drop();
    document.addEventListener('pointerup', this.onUp, true);
    document.addEventListener('pointercancel', this.onCancel, true);
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
    if (this.node.hidden || this.held) return;
    const { x, y } = this.hub.header.trace;
    this.put(this.axes.toX(x), this.axes.toY(y));
  }

  put(x, y) {
    const { left, top, width, height } = this.axes.rect;
    this.at = { x, y };
    this.node.hidden = x < -1 || y < -1 || x > width + 1 || y > height + 1;
    this.node.style.transform = `translate(${left + x}px, ${top + y}px)`;
  }

  pixel({ clientX, clientY }) {
    const box = this.axes.host.getBoundingClientRect();
    const { left, top } = this.axes.rect;
    return { x: clientX - box.left - left, y: clientY - box.top - top };
  }

  inside({ x, y }) {
    const { width, height } = this.axes.rect;
    return x >= 0 && y >= 0 && x <= width && y <= height;
  }

  down(event) {
    if (!this.listens) return;
    if (event.type !== 'pointerdown') {
      if (!this.held) return;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.button !== 0) return;
    const at = this.pixel(event);
    if (!this.inside(at)) return;
    this.began = at;
    if (this.node.hidden || Math.hypot(at.x - this.at.x, at.y - this.at.y) > GRAB_PX) return;
    this.held = true;
    this.node.classList.add('np-held');
    this.axes.host.setPointerCapture(event.pointerId);
    event.preventDefault();
    event.stopPropagation();
  }

  move(event) {
    if (!this.held) return;
    event.stopPropagation();
    const { width, height } = this.axes.rect;
    const at = this.pixel(event);
    const x = Math.max(0, Math.min(width, at.x));
    const y = Math.max(0, Math.min(height, at.y));
    this.put(x, y);
    this.choosePlace(x, y);
  }

  up(event) {
    const { began, held } = this;
    this.drop();
    if (!this.shown || !began) return;
    const at = this.pixel(event);
    if (Math.hypot(at.x - began.x, at.y - began.y) > CLICK_PX || !this.inside(at)) return;
    if (!held) this.press(at);
  }

  /** A click: the data point at this pixel of the map, or the place. */
  press({ x, y }) {
    const point = this.nearest(x, y);
    if (!point) return this.choosePlace(x, y);
    choose(this.hub, { part: point.test ? 'test' : 'train', index: point.index });
  }

  destroy() {
    document.removeEventListener('pointerup', this.onUp, true);
    document.removeEventListener('pointercancel', this.onCancel, true);
  }

  drop() {
    this.held = false;
    this.began = null;
    this.node.classList.remove('np-held');
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
