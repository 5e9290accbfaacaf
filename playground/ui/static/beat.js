/**
 * Numbers that change thirty times a second cannot be read: they are written at intervals, and at
 * once where the run's state changes.
 */

export class Beat {
  /** @param {number} rest milliseconds between two writings */
  constructor(rest) {
    this.rest = rest;
    this.written = -Infinity;
  }

  /** @returns {boolean} whether to write now; where not, the hub paints again when it is time */
  due(hub) {
    const now = performance.now();
    const { state } = hub.header;
    if (now - this.written < this.rest && state === this.state) {
      this.later ??= setTimeout(() => {
        this.later = null;
        hub.invalidate();
      }, this.rest);
      return false;
    }
    this.written = now;
    this.state = state;
    return true;
  }

  /** The next is due at once. */
  reset() {
    this.written = -Infinity;
  }

  stop() {
    clearTimeout(this.later);
  }
}
