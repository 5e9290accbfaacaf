/** The plane of an autoencoder's codes: pictures decoded all over it, and a digit at every code. */

import { css, mix, parse } from '../colors.js';
import { fitCanvas } from '../dom.js';
import { short } from '../words.js';

const FOOT = 16; // px below the plane, for its scale
const HIGHEST = 340;
const FAINT = 0.5; // of the decoded pictures, so that the codes stand on them
const GLYPH = 13; // px
const RING = 8;
const GAP = 1; // pixels of a decoded picture, all round it

export class CodePlane {
  constructor() {
    this.ground = document.createElement('canvas');
    this.glyphs = null;
  }

  /** As wide as its room, and no higher than the screen can spare. */
  place(width, window) {
    Object.assign(this, { width, window });
    this.high = Math.min(HIGHEST, Math.round(width * 0.86));
    this.height = this.high + FOOT;
  }

  toX(x) {
    const [x0, x1] = this.window;
    return ((x - x0) / (x1 - x0)) * this.width;
  }

  toY(y) {
    const [, , y0, y1] = this.window;
    return ((y1 - y) / (y1 - y0)) * this.high;
  }

  /** The code at a pixel; null beside the plane. */
  from(x, y) {
    if (x < 0 || y < 0 || x > this.width || y > this.high) return null;
    const [x0, x1, y0, y1] = this.window;
    return [x0 + (x / this.width) * (x1 - x0), y1 - (y / this.high) * (y1 - y0)];
  }

  /** The point whose code is nearest on the screen; −1 where there is none. */
  nearest([x, y]) {
    let [best, least] = [-1, Infinity];
    const { points } = this;
    for (let i = 0; points && i < points.length; i += 2) {
      const away = (this.toX(points[i]) - this.toX(x)) ** 2 + (this.toY(points[i + 1]) - this.toY(y)) ** 2;
      if (away < least) [best, least] = [i / 2, away];
    }
    return best;
  }

  paint(canvas, content, theme) {
    const context = fitCanvas(canvas, this.width, this.height);
    context.clearRect(0, 0, this.width, this.height);
    this.paintOn(context, content, theme);
  }

  /** @param {{points: Float32Array, classes: Uint8Array, train: number, grid: object, chosen: number|null,
   *   at: number[]|null, shows: {grid: boolean, points: boolean}}} content */
  paintOn(context, content, theme) {
    this.points = content.points;
    context.save();
    context.beginPath();
    context.rect(0, 0, this.width, this.high);
    context.clip();
    if (content.shows.grid) this.paintGrid(context, content.grid, theme);
    if (content.shows.points) this.paintPoints(context, content, theme);
    this.paintChosen(context, content, theme);
    context.restore();
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(0.5, 0.5, this.width - 1, this.high - 1);
    this.paintScale(context, theme);
  }

  paintGrid(context, { data, shape: [rows, columns, high, wide] }, theme) {
    const { ground } = this;
    const [across, down] = [wide + 2 * GAP, high + 2 * GAP];
    ground.width = columns * across;
    ground.height = rows * down;
    const inner = ground.getContext('2d');
    const image = inner.createImageData(ground.width, ground.height);
    const pixels = new Uint32Array(image.data.buffer);
    const table = this.shades(theme);
    let source = 0;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let y = 0; y < high; y++) {
          let target = (row * down + GAP + y) * ground.width + column * across + GAP;
          for (let x = 0; x < wide; x++) pixels[target++] = table[data[source++]];
        }
      }
    }
    inner.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(ground, 0, 0, this.width, this.high);
  }

  shades(theme) {
    const key = `${theme.text}|${theme.background}`;
    if (this.shadeKey !== key) {
      this.shadeKey = key;
      const [paper, ink] = [parse(theme.background), parse(theme.text)];
      this.table = Uint32Array.from({ length: 256 }, (_, i) => {
        const [r, g, b] = mix(paper, ink, (i / 255) * FAINT).map(Math.round);
        return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
      });
    }
    return this.table;
  }

  /** A code is drawn as the digit that its picture shows: its colour says nothing alone. */
  paintPoints(context, { points, classes }, theme) {
    const glyphs = this.sprites(theme);
    const half = GLYPH / 2;
    for (let i = 0; i < classes.length; i++) {
      const x = this.toX(points[2 * i]) - half;
      const y = this.toY(points[2 * i + 1]) - half;
      if (x > -GLYPH && y > -GLYPH && x < this.width && y < this.high) {
        context.drawImage(glyphs[classes[i] % glyphs.length], x, y, GLYPH, GLYPH);
      }
    }
  }

  sprites(theme) {
    if (this.glyphs) return this.glyphs;
    const ratio = window.devicePixelRatio || 1;
    this.glyphs = Array.from({ length: 10 }, (_, digit) => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = Math.round(GLYPH * ratio);
      const context = canvas.getContext('2d');
      context.scale(ratio, ratio);
      context.font = `700 10px ${theme.font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.lineWidth = 2.5;
      context.strokeStyle = theme.background;
      context.strokeText(digit, GLYPH / 2, GLYPH / 2 + 0.5);
      context.fillStyle = css(readable(theme.colors.classes[digit], theme));
      context.fillText(digit, GLYPH / 2, GLYPH / 2 + 0.5);
      return canvas;
    });
    return this.glyphs;
  }

  /** A ring at the chosen picture's code, a cross where one walks. */
  paintChosen(context, { points, chosen, at }, theme) {
    const stroke = (draw) => {
      for (const [color, width] of [[theme.background, 5], [theme.text, 2]]) {
        context.strokeStyle = color;
        context.lineWidth = width;
        context.beginPath();
        draw();
        context.stroke();
      }
    };
    if (chosen != null) {
      stroke(() => context.arc(this.toX(points[2 * chosen]), this.toY(points[2 * chosen + 1]), RING, 0, 7));
    }
    if (!at) return;
    const [x, y] = [this.toX(at[0]), this.toY(at[1])];
    stroke(() => {
      context.moveTo(x - RING, y);
      context.lineTo(x + RING, y);
      context.moveTo(x, y - RING);
      context.lineTo(x, y + RING);
    });
  }

  paintScale(context, theme) {
    const [x0, x1, y0, y1] = this.window;
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.textBaseline = 'bottom';
    context.textAlign = 'left';
    context.fillText(`${short(x0)} … ${short(x1)} →`, 2, this.height);
    context.textAlign = 'right';
    context.fillText(`↑ ${short(y0)} … ${short(y1)}`, this.width - 2, this.height);
  }

  themed() {
    this.glyphs = null;
  }
}

/** The palest of the ten colours are too pale for small letters. */
function readable(color, theme) {
  return mix(color, parse(theme.text), 0.28);
}
