/** A plane of data: any window, one scale for both axes, ticks with values. */

import { roundStep } from '../cards.js';
import { css } from '../colors.js';
import { el } from '../dom.js';
import { short } from '../words.js';
import { Plane } from './scene.js';

/** What the colours of a table's rows mean: one line under the picture, empty without classes. */
export function classLegend({ theme }, classes = []) {
  return classes.map((name, i) => {
    const swatch = el('i', { class: 'np-swatch' });
    swatch.style.background = css(theme.colors.classOf(i, classes.length));
    return el('span', { class: 'np-chip' }, swatch, el('span', { text: name }));
  });
}

export class DataPlane extends Plane {
  constructor(context, picture) {
    super(context, picture);
    this.middle = [0, 0];
    this.half = 3;
    this.extent = 1;
  }

  /** Holds points and 0 in view; grows at once, shrinks only at rest and when it is worth it. */
  frame(points) {
    if (this.dragging) return;
    const all = [...points, [0, 0]];
    const low = [0, 1].map((k) => Math.min(...all.map((point) => point[k])));
    const high = [0, 1].map((k) => Math.max(...all.map((point) => point[k])));
    const aspect = this.width / Math.max(1, this.height);
    const spans = [(high[0] - low[0]) / Math.max(1, aspect), (high[1] - low[1]) * Math.min(1, aspect)];
    const half = (Math.max(...spans) / 2) * 1.25 || 1;
    const middle = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
    const near = half <= this.half && half > 0.6 * this.half
      && middle.every((value, k) => Math.abs(value - this.middle[k]) < 0.12 * this.half);
    if (near) return;
    this.half = half;
    this.middle = middle;
  }

  project([x, y]) {
    return super.project([(x - this.middle[0]) / this.half, (y - this.middle[1]) / this.half]);
  }

  unproject(x, y) {
    return super.unproject(x, y).map((value, k) => value * this.half + this.middle[k]);
  }

  /** The window [x0, x1, y0, y1]. */
  get window() {
    const [across, up] = this.reach.map((value) => value * this.half);
    const [x, y] = this.middle;
    return [x - across, x + across, y - up, y + up];
  }

  /** Grid lines with their values, the lines through 0 stronger. */
  grid(labels) {
    const { theme } = this.context;
    const [x0, x1, y0, y1] = this.window;
    const step = roundStep(Math.min(x1 - x0, y1 - y0), 6);
    const { pen } = this;
    pen.font = `11px ${theme.font}`;
    const ends = [[x0, x1], [y0, y1]];
    ends.forEach(([low, high], k) => {
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) {
        const zero = Math.abs(at) < step * 1e-6;
        const from = k ? [x0, at] : [at, y0];
        const to = k ? [x1, at] : [at, y1];
        this.line([from, to], zero ? theme.line : theme.faint, { width: zero ? 1.5 : 1 });
        const place = this.project(from);
        pen.fillStyle = theme.muted;
        pen.textAlign = k ? 'left' : 'center';
        pen.textBaseline = 'alphabetic';
        if (k ? place.y > 14 && place.y < this.height - 22 : place.x > 20 && place.x < this.width - 12) {
          pen.fillText(short(zero ? 0 : at), k ? 4 : place.x, k ? place.y - 3 : this.height - 5);
        }
      }
    });
    pen.font = `600 12px ${theme.font}`;
    pen.fillStyle = theme.text;
    pen.textAlign = 'right';
    pen.fillText(labels[0], this.width - 8, this.height - 20);
    pen.textAlign = 'left';
    pen.fillText(labels[1], 8, 16);
  }
}
