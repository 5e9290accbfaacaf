/**
 * The values of the curves at one epoch: a line at the pointer, a dot on each curve, a card.
 *
 * Not Plotly's own hover: that is taken down with every redraw, so it flickers while a run goes on.
 */

import { el } from './dom.js';
import { Tooltip } from './tooltip.js';

const KEY_STEP = 8; // px of one arrow key
const NEAR_PX = 5;

export class Readout {
  /**
   * @param {HTMLElement} root the part, in which the card lies
   * @param {HTMLElement} plot Plotly's element; it gets the keyboard's focus
   * @param {(row: number, near: [number, number]) => {title: string, values: Array<{label: string, value: string,
   *   color: string, y: number, axis: string}>, notes: Array<{label: string, value: string}>}}
   *   describe one row of the history, and what else lies between two places about the pointer
   * @param {() => number} along the history's column that the horizontal axis is of
   */
  constructor({ root, plot, history, describe, along }) {
    Object.assign(this, { plot, history, describe, along });
    this.tip = new Tooltip(root);
    this.line = el('div', { class: 'np-readout', 'aria-hidden': 'true' });
    this.line.hidden = true;
    plot.after(this.line);
    plot.tabIndex = 0;
    plot.addEventListener('pointermove', (event) => this.point(event));
    plot.addEventListener('pointerdown', (event) => this.point(event));
    plot.addEventListener('pointerleave', () => this.leave());
    plot.addEventListener('blur', () => this.leave());
    plot.addEventListener('keydown', (event) => this.key(event));
  }

  /** The rectangle of the plot area in pixels of the plot; both charts share its width. */
  area() {
    const { xaxis, _size: size } = this.plot._fullLayout;
    return { xaxis, left: xaxis._offset, width: xaxis._length, top: size.t, height: size.h };
  }

  point({ clientX, clientY, buttons }) {
    if (!this.plot._fullLayout) return;
    const box = this.plot.getBoundingClientRect();
    const { left, width, top, height } = this.area();
    const x = clientX - box.left - left;
    const y = clientY - box.top - top;
    const inside = x >= 0 && x <= width && y >= 0 && y <= height;
    this.pointer = inside && buttons === 0 ? { x, y } : null;
    this.show();
  }

  key(event) {
    if (!this.plot._fullLayout) return;
    const { width, height } = this.area();
    const at = this.pointer ?? { x: width, y: height / 3 };
    const moves = { ArrowLeft: at.x - KEY_STEP, ArrowRight: at.x + KEY_STEP, Home: 0, End: width };
    if (event.key === 'Escape') this.pointer = null;
    else if (event.key in moves) {
      this.pointer = { ...at, x: Math.max(0, Math.min(width, moves[event.key])) };
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.show();
  }

  leave() {
    this.pointer = null;
    this.show();
  }

  /** Shows the values under the pointer as they are now; called again when they change. */
  show() {
    const { plot, pointer, history, tip, line } = this;
    line.hidden = !pointer || !history.count;
    if (line.hidden) return tip.hide();
    const { xaxis, left, width, top, height } = this.area();
    const row = history.nearest(xaxis.p2d(pointer.x), this.along());
    const near = [pointer.x - NEAR_PX, pointer.x + NEAR_PX].map((at) => xaxis.p2d(at));
    const { title, values, notes } = this.describe(row, near);
    const x = xaxis.d2p(history.value(row, this.along()));
    tip.show(plot.parentElement.offsetLeft + left + pointer.x, plot.parentElement.offsetTop + top + pointer.y, [
      { label: title, title: true },
      ...values.map(({ label, value, color }) => ({ label, value, color })),
      ...notes.map(({ label, value }, i) => ({ label, value, title: i === 0 })),
    ]);
    line.hidden = !(x >= 0 && x <= width);
    line.style.cssText = `left: ${left + x}px; top: ${top}px; height: ${height}px`;
    line.replaceChildren(...values.map((value) => this.dot(value, top)).filter(Boolean));
  }

  dot({ y, axis: name, color }, top) {
    const axis = this.plot._fullLayout[name];
    const at = axis.d2p(y);
    if (!(at >= 0 && at <= axis._length)) return null;
    const dot = el('i');
    dot.style.top = `${axis._offset - top + at}px`;
    dot.style.background = color;
    return dot;
  }
}
