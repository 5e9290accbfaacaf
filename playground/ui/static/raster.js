/** Arrays of bytes to pictures: the decision map and a neuron's map, one pixel per sample. */

export class Raster {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.context = this.canvas.getContext('2d');
  }

  resize(columns, rows) {
    if (this.canvas.width === columns && this.canvas.height === rows && this.image) return;
    this.canvas.width = columns;
    this.canvas.height = rows;
    this.image = this.context.createImageData(columns, rows);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Values 0..255 through a table of 256 colours. Row 0 of the data is the bottom. */
  values({ data, shape: [rows, columns] }, table) {
    this.resize(columns, rows);
    for (let row = 0; row < rows; row++) {
      const target = (rows - 1 - row) * columns;
      const source = row * columns;
      for (let c = 0; c < columns; c++) this.pixels[target + c] = table[data[source + c]];
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** Probabilities (C, R, R): the colour of the most probable class, as strong as it is sure. */
  classes({ data, shape: [classes, rows, columns] }, tables, discrete) {
    this.resize(columns, rows);
    const size = rows * columns;
    const floor = 255 / classes;
    const stretch = 255 / (255 - floor);
    for (let row = 0; row < rows; row++) {
      const target = (rows - 1 - row) * columns;
      for (let c = 0; c < columns; c++) {
        const at = row * columns + c;
        let best = 0;
        let top = data[at];
        for (let k = 1; k < classes; k++) {
          const value = data[k * size + at];
          if (value > top) {
            top = value;
            best = k;
          }
        }
        const strength = discrete ? 255 : Math.max(0, ((top - floor) * stretch) | 0);
        this.pixels[target + c] = tables[best % tables.length][strength];
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** Draws onto a plot's canvas. Samples sit on the ends of the domain, so pixels overhang it. */
  draw(context, frame, [x0, x1, y0, y1]) {
    const { width, height } = this.canvas;
    const dx = (x1 - x0) / (width - 1) / 2;
    const dy = (y1 - y0) / (height - 1) / 2;
    const left = frame.toX(x0 - dx);
    const top = frame.toY(y1 + dy);
    context.imageSmoothingEnabled = true;
    context.drawImage(
      this.canvas, left, top, frame.toX(x1 + dx) - left, frame.toY(y0 - dy) - top
    );
  }
}

/** The same planes with `factor` times the samples a side, interpolated linearly. */
export function refined({ data, shape }, factor) {
  const [rows, columns] = shape.slice(-2);
  const planes = shape.length === 3 ? shape[0] : 1;
  const wide = (columns - 1) * factor + 1;
  const high = (rows - 1) * factor + 1;
  const out = new Uint8Array(planes * wide * high);
  for (let plane = 0; plane < planes; plane++) {
    const from = plane * rows * columns;
    for (let y = 0; y < high; y++) {
      const row = Math.min(rows - 2, Math.floor(y / factor));
      const v = y / factor - row;
      for (let x = 0; x < wide; x++) {
        const column = Math.min(columns - 2, Math.floor(x / factor));
        const u = x / factor - column;
        const at = from + row * columns + column;
        const low = data[at] + (data[at + 1] - data[at]) * u;
        const top = data[at + columns] + (data[at + columns + 1] - data[at + columns]) * u;
        out[(plane * high + y) * wide + x] = low + (top - low) * v;
      }
    }
  }
  return { data: out, shape: planes > 1 ? [planes, high, wide] : [high, wide] };
}

/** A table cut into steps: two classes at one half, values in nine bands. */
export function stepped(table, steps) {
  return table.map((_, i) => {
    const band = Math.min(steps - 1, Math.floor((i / 256) * steps));
    return table[Math.round((band / (steps - 1)) * 255)];
  });
}
