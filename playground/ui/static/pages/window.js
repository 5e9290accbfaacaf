/** Two numbers against each other on a canvas with ticks, and handles upon it. */

import { roundStep } from '../cards.js';
import { short } from '../words.js';
import { Plane } from './scene.js';

const [LEFT, RIGHT, TOP, BOTTOM] = [50, 12, 10, 38];

export class Window extends Plane {
  /** What is to be seen: x0, x1, y0, y1; with `equal`, as much more as makes both units one. */
  look(x0, x1, y0, y1, equal = false) {
    const [width, height] = [this.inner.width, this.inner.height];
    const half = [(x1 - x0) / 2, (y1 - y0) / 2];
    if (equal) {
      const unit = Math.max(half[0] / width, half[1] / height);
      half[0] = unit * width;
      half[1] = unit * height;
    }
    this.middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    this.half = half;
  }

  get inner() {
    return { width: Math.max(1, this.width - LEFT - RIGHT), height: Math.max(1, this.height - TOP - BOTTOM) };
  }

  project([x, y]) {
    const { width, height } = this.inner;
    return {
      x: LEFT + width * (0.5 + (x - this.middle[0]) / (2 * this.half[0])),
      y: TOP + height * (0.5 - (y - this.middle[1]) / (2 * this.half[1])),
      depth: 0,
    };
  }

  unproject(x, y) {
    const { width, height } = this.inner;
    return [
      this.middle[0] + ((x - LEFT) / width - 0.5) * 2 * this.half[0],
      this.middle[1] + (0.5 - (y - TOP) / height) * 2 * this.half[1],
    ];
  }

  keyStep(i) {
    return roundStep(2 * this.half[i], 100);
  }

  /** Rounded to what a drag can tell apart. */
  rounded(point) {
    return point.map((value, i) => {
      const step = roundStep(2 * this.half[i], 400);
      return Number((Math.round(value / step) * step).toPrecision(10));
    });
  }

  inside(point) {
    return point.every((value, i) => Math.abs(value - this.middle[i]) <= this.half[i]);
  }

  /** Ticks and names of the axes; what is drawn in `draw` does not leave the frame. */
  framed(xName, yName, draw) {
    const { pen, context: { theme } } = this;
    const { width, height } = this.inner;
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, TOP, width, height);
    pen.clip();
    draw();
    pen.restore();
    pen.strokeStyle = theme.line;
    pen.lineWidth = 1;
    pen.strokeRect(LEFT + 0.5, TOP + 0.5, width - 1, height - 1);
    pen.fillStyle = theme.muted;
    pen.font = `11px ${theme.font}`;
    pen.textBaseline = 'middle';
    pen.textAlign = 'center';
    for (const at of this.ticks(0, width / 70)) pen.fillText(short(at), this.project([at, 0]).x, TOP + height + 11);
    pen.fillText(xName, LEFT + width / 2, TOP + height + 28);
    pen.textAlign = 'right';
    for (const at of this.ticks(1, height / 45)) pen.fillText(short(at), LEFT - 6, this.project([0, at]).y);
    pen.save();
    pen.translate(10, TOP + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = 'center';
    pen.fillText(yName, 0, 0);
    pen.restore();
  }

  ticks(i, number) {
    const [low, high] = [this.middle[i] - this.half[i], this.middle[i] + this.half[i]];
    const step = roundStep(high - low, Math.max(2, number));
    const found = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(Number((k * step).toPrecision(12)));
    return found;
  }

  paintGrid(color) {
    const [x0, x1, y0, y1] = [0, 1].flatMap((i) => [this.middle[i] - this.half[i], this.middle[i] + this.half[i]]);
    for (const at of this.ticks(0, this.inner.width / 70)) this.line([[at, y0], [at, y1]], color, { width: 1 });
    for (const at of this.ticks(1, this.inner.height / 45)) this.line([[x0, at], [x1, at]], color, { width: 1 });
  }

  placeHandles() {
    super.placeHandles();
    for (const { node, get } of this.handles.values()) node.classList.toggle('np-out-of-sight', !this.inside(get()));
  }
}
