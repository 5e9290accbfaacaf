/**
 * A view's record through time, grown from the deltas that frames carry; its counterpart is
 * core/analysis/record.py. A row is (epoch, 1 where nobody looked before it, values …).
 */

const TELL_EVERY = 32; // rows; in between the last few are sent once more

/** What was told outlives the view: opened again, it asks for the rest only. */
const books = new Map();

export function recordOf(context, name) {
  const key = `${context.hub.token}|${name}`;
  if (!books.has(key)) books.set(key, new Book());
  const book = books.get(key);
  book.introduce(context.hub, name);
  return book;
}

class Book {
  constructor() {
    this.clear(null);
  }

  clear(version) {
    this.version = version;
    this.rows = new Float32Array();
    this.count = 0;
    this.told = 0;
    this.width = 2;
    this.starts = [];
  }

  introduce(hub, name) {
    this.hub = hub;
    this.name = name;
    this.told = this.count;
    hub.option(name, { have: [this.version ?? 0, this.count] });
  }

  /** Takes what a frame brings. */
  take({ header, arrays }) {
    const head = header[`${this.name}_record`];
    const rows = arrays[`${this.name}_record`];
    if (!head || !rows || this.last === rows) return;
    this.last = rows;
    if (head.version !== this.version) this.clear(head.version);
    if (head.start > this.count) return; // told to somebody else
    [, this.width] = rows.shape;
    this.starts = head.widths.map((_, i) => head.widths.slice(0, i).reduce((sum, one) => sum + one, 2));
    const needed = (head.start + rows.shape[0]) * this.width;
    if (needed > this.rows.length) {
      const grown = new Float32Array(Math.max(needed, this.rows.length * 2));
      grown.set(this.rows.subarray(0, this.count * this.width));
      this.rows = grown;
    }
    this.rows.set(rows.data, head.start * this.width);
    this.count = head.start + rows.shape[0];
    if (this.count < this.told || this.count >= this.told + TELL_EVERY) this.introduce(this.hub, this.name);
  }

  /** @returns {number} the epoch of a row */
  epoch(row) {
    return this.rows[row * this.width];
  }

  broken(row) {
    return this.rows[row * this.width + 1] > 0;
  }

  /** A value of the matrix in this place of the header's list. */
  value(row, matrix, column) {
    return this.rows[row * this.width + this.starts[matrix] + column];
  }

  /** The row whose epoch is nearest; -1 where there is none. */
  nearest(epoch) {
    let best = -1;
    for (let row = 0; row < this.count; row++) {
      if (best < 0 || Math.abs(this.epoch(row) - epoch) <= Math.abs(this.epoch(best) - epoch)) best = row;
    }
    return best;
  }
}
