/**
 * The sum of the first k terms of a picture, kept while k moves.
 *
 * The terms come from the worker's SVD. Here they are only added up: going from k to another k adds
 * or takes away what lies between, a few milliseconds at a time, so that the slider never waits.
 */

const SLICE_MS = 11;

export class PartialSum {
  /**
   * @param {object} header {channels, rows, columns, terms}
   * @param {{left: object, right: object, scale: object}} arrays as `compress` answers
   */
  constructor({ channels, rows, columns, terms }, { left, right, scale }) {
    Object.assign(this, { channels, rows, columns, terms });
    [this.left, this.right, this.scale] = [left.data, right.data, scale.data];
    this.sum = new Float32Array(channels * rows * columns);
    this.k = 0;
  }

  /** Goes on towards k for a moment. @returns {boolean} whether it is there */
  approach(k) {
    const end = performance.now() + SLICE_MS;
    // From far above it is shorter to begin again.
    if (this.k - k > k) {
      this.sum.fill(0);
      this.k = 0;
    }
    while (this.k !== k) {
      if (this.k < k) this.add(this.k++, 1);
      else this.add(--this.k, -1);
      if (performance.now() > end) break;
    }
    return this.k === k;
  }

  /** Adds term t to the sum, `times` over. */
  add(t, times) {
    const { channels, rows, columns, terms, left, right, scale, sum } = this;
    for (let c = 0; c < channels; c += 1) {
      const term = c * terms + t;
      const factor = scale[term] * times;
      const across = right.subarray(term * columns, (term + 1) * columns);
      let at = c * rows * columns;
      for (let i = 0; i < rows; i += 1) {
        const height = left[term * rows + i] * factor;
        for (let j = 0; j < columns; j += 1, at += 1) sum[at] += height * across[j];
      }
    }
  }

  /** One pixel of term t alone, of one channel. */
  termAt(t, c, i, j) {
    const term = c * this.terms + t;
    return this.scale[term] * this.left[term * this.rows + i] * this.right[term * this.columns + j];
  }

  /** The sum as a picture. */
  paint(canvas) {
    const { rows, columns, channels, sum } = this;
    const size = rows * columns;
    const image = new ImageData(columns, rows);
    const green = channels === 3 ? size : 0;
    const { data } = image; // clamped and rounded by itself
    for (let i = 0; i < size; i += 1) {
      data[4 * i] = sum[i];
      data[4 * i + 1] = sum[green + i];
      data[4 * i + 2] = sum[2 * green + i];
      data[4 * i + 3] = 255;
    }
    put(canvas, image);
  }

  /**
   * Term t alone: where it makes the picture brighter and where darker.
   *
   * @param {(share: number) => number[]} diverging colours from 0 through 0.5 to 1
   * @param {number} step every so manyth pixel
   */
  paintTerm(canvas, t, diverging, step = 1) {
    const rows = Math.ceil(this.rows / step);
    const columns = Math.ceil(this.columns / step);
    const image = new ImageData(columns, rows);
    const values = new Float32Array(rows * columns);
    let most = 1e-9;
    for (let i = 0, at = 0; i < rows; i += 1) {
      for (let j = 0; j < columns; j += 1, at += 1) {
        let value = 0;
        for (let c = 0; c < this.channels; c += 1) value += this.termAt(t, c, i * step, j * step);
        values[at] = value / this.channels;
        most = Math.max(most, Math.abs(values[at]));
      }
    }
    const colors = Array.from({ length: 256 }, (_, i) => diverging(i / 255));
    values.forEach((value, i) => {
      // By the root of its size: most of a term is far smaller than its few largest places.
      const share = Math.sign(value) * Math.sqrt(Math.abs(value) / most);
      const [r, g, b] = colors[Math.min(255, Math.round(share * 127 + 128))];
      image.data.set([r, g, b, 255], 4 * i);
    });
    put(canvas, image);
    return most;
  }
}

function put(canvas, image) {
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width;
    canvas.height = image.height;
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
}
