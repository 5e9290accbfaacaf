/**
 * A mark on a plot that the pointer takes hold of. Plotly zooms by drags that begin anywhere, so
 * presses are looked at before it sees them: those that begin on the mark are ours.
 */

const CLICK_PX = 4;

export class Grab {
  /**
   * @param {Axes} axes of the plot
   * @param {object} calls
   *   `listens()`: whether presses mean anything now;
   *   `takes(at)`: whether a press at this pixel of the area holds the mark;
   *   `move(event)`: the pointer moves, held or not;
   *   `up(at, held)`: released where it was pressed, or `null` where that is elsewhere;
   *   `drop()`: whatever was held is let go
   */
  constructor(axes, calls) {
    this.axes = axes;
    this.calls = calls;
    for (const kind of ['pointerdown', 'mousedown', 'touchstart']) {
      axes.host.addEventListener(kind, (event) => this.down(event), { capture: true, passive: false });
    }
    axes.host.addEventListener('pointermove', (event) => calls.move(event), true);
    // While a button is down, Plotly covers the page: releases are heard by the document.
    this.onUp = (event) => this.up(event);
    this.onCancel = () => this.drop();
    document.addEventListener('pointerup', this.onUp, true);
    document.addEventListener('pointercancel', this.onCancel, true);
  }

  down(event) {
    if (!this.calls.listens()) return;
    if (event.type !== 'pointerdown') {
      if (this.held) keep(event);
      return;
    }
    if (event.button !== 0) return;
    const at = this.axes.pixel(event);
    if (!this.axes.inside(at)) return;
    this.began = at;
    if (!this.calls.takes(at)) return;
    this.held = true;
    this.axes.host.setPointerCapture(event.pointerId);
    keep(event);
  }

  /** Whether the pointer is where it was pressed, as a hand holds still. */
  still({ x, y }) {
    return Math.hypot(x - this.began.x, y - this.began.y) <= CLICK_PX;
  }

  up(event) {
    const { began, held } = this;
    if (began) {
      const at = this.axes.pixel(event);
      this.calls.up(this.still(at) && this.axes.inside(at) ? at : null, held);
    }
    this.drop();
  }

  drop() {
    this.held = false;
    this.began = null;
    this.calls.drop();
  }

  destroy() {
    document.removeEventListener('pointerup', this.onUp, true);
    document.removeEventListener('pointercancel', this.onCancel, true);
  }
}

function keep(event) {
  event.preventDefault();
  event.stopPropagation();
}
