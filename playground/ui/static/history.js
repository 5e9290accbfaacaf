/**
 * The measured history of a run, grown from the deltas that frames carry.
 *
 * A row is (epoch, train loss, test loss, penalty, train score, test score, learning rate, steps,
 * seconds of training).
 */

export const COLUMNS = 9;

/** Of a plan of several networks a row has other columns, as many as the frame's header says. */
export class History {
  constructor() {
    this.clear();
  }

  clear() {
    this.version = -1;
    this.total = 0; // rows the server has, which is what an acknowledgement names
    this.count = 0; // rows held here
    this.columns = COLUMNS;
    this.rows = new Float32Array(256 * COLUMNS);
  }

  /**
   * @param {{version: number, start: number, total: number, columns?: number}} head
   * @param {Float32Array} rows
   */
  merge(head, rows) {
    if (head.version !== this.version) {
      this.clear();
      this.version = head.version;
    }
    const columns = (this.columns = head.columns ?? COLUMNS);
    // Frames may overlap what is here (fallback transport); a gap just leaves epochs out.
    this.count = Math.min(this.count, head.start);
    const needed = (this.count + rows.length / columns) * columns;
    if (needed > this.rows.length) {
      const grown = new Float32Array(Math.max(needed, this.rows.length * 2));
      grown.set(this.rows.subarray(0, this.count * columns));
      this.rows = grown;
    }
    this.rows.set(rows, this.count * columns);
    this.count = needed / columns;
    this.total = head.total;
  }

  value(row, column) {
    return this.rows[row * this.columns + column];
  }

  /** The row that is nearest to a place in a column that rises; -1 where there is none. */
  nearest(place, column = 0) {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.value(middle, column) + this.value(middle + 1, column)) / 2 < place) low = middle + 1;
      else high = middle;
    }
    return high;
  }

  /**
   * Row numbers for a line of at most `limit` points: per bucket the lowest and the highest train
   * loss, so that no spike is lost. Buckets are even in the epoch, or in its logarithm.
   */
  sample(limit, logarithmic) {
    const n = this.count;
    if (n <= limit) return Array.from({ length: n }, (_, i) => i);
    const buckets = Math.floor((limit - 2) / 2);
    const picked = [0];
    let from = 1;
    for (let b = 1; b <= buckets && from < n - 1; b++) {
      const share = b / buckets;
      const edge = logarithmic ? Math.round(n ** share) : Math.round(share * (n - 1));
      const to = Math.min(n - 1, Math.max(from + 1, edge));
      let low = from;
      let high = from;
      for (let i = from + 1; i < to; i++) {
        if (this.value(i, 1) < this.value(low, 1)) low = i;
        if (this.value(i, 1) > this.value(high, 1)) high = i;
      }
      picked.push(Math.min(low, high));
      if (low !== high) picked.push(Math.max(low, high));
      from = to;
    }
    picked.push(n - 1);
    return picked;
  }
}
