/**
 * The sum of the first k terms of a picture, kept while k moves.
 *
 * The terms come from the worker's SVD. Here they are only added up: going from k to another k adds
 * or takes away what lies between, a few milliseconds at a time, so that the slider never waits. Of
 * a larger picture, a coarse sum follows the slider, and the whole one comes when it rests.
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
   * @param {Uint32Array} colors 256 packed pixels, from most negative to most positive
   * @param {number} longest pixels on the longer side, at most
   * @returns {number} the largest change it makes
   */
  paintTerm(canvas, t, colors, longest) {
    const step = Math.max(1, Math.ceil(Math.max(this.rows, this.columns) / longest));
    const rows = Math.ceil(this.rows / step);
    const columns = Math.ceil(this.columns / step);
    const values = new Float32Array(rows * columns);
    for (let c = 0; c < this.channels; c += 1) {
      const term = c * this.terms + t;
      const factor = this.scale[term] / this.channels;
      for (let i = 0, at = 0; i < rows; i += 1) {
        const height = this.left[term * this.rows + i * step] * factor;
        for (let j = 0; j < columns; j += 1, at += 1) {
          values[at] += height * this.right[term * this.columns + j * step];
        }
      }
    }
    let most = 1e-9;
    for (const value of values) most = Math.max(most, Math.abs(value));
    const image = new ImageData(columns, rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < values.length; i += 1) {
      // By the root of its size: most of a term is far smaller than its few largest places.
      const share = Math.sign(values[i]) * Math.sqrt(Math.abs(values[i]) / most);
      pixels[i] = colors[Math.min(255, Math.round(share * 127 + 128))];
    }
    put(canvas, image);
    return most;
  }

  /** The same sum over every so manyth pixel, so that no side has more than `longest`. */
  coarse(longest) {
    const step = Math.ceil(Math.max(this.rows, this.columns) / longest);
    if (step <= 1) return null;
    const some = (data, side) => {
      const kept = Math.ceil(side / step);
      return { kept, data: data.filter((_, at) => (at % side) % step === 0) };
    };
    const left = some(this.left, this.rows);
    const right = some(this.right, this.columns);
    const { channels, terms } = this;
    return new PartialSum({ channels, terms, rows: left.kept, columns: right.kept },
      { left, right, scale: { data: this.scale } });
  }
}

function put(canvas, image) {
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width;
    canvas.height = image.height;
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
}
