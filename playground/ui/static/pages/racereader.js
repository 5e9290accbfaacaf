/** One place read on all maps of a race at once, by mouse, finger or arrow keys. */

import { answerName, answerWords, sample } from '../probe.js';
import { isLine } from '../scene.js';
import { Tooltip } from '../tooltip.js';
import { percent, signed, significant } from '../words.js';
import { colorOf, letter } from './racelanes.js';

const STEP = 1 / 40; // of the map's side that an arrow key moves the place by
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class RaceReader {
  /**
   * @param {object} context of the stage
   * @param {HTMLElement} root holds the maps; it gets the keyboard's focus, and the card lies in it
   * @param {() => string[]} names of the lanes
   */
  constructor(context, root, names) {
    Object.assign(this, { context, root, names, hub: context.hub, at: null, canvas: null });
    this.tip = new Tooltip(root);
    this.root.addEventListener('keydown', (event) => this.key(event));
    this.root.addEventListener('blur', () => this.put(null));
  }

  /** A canvas that is pointed at. */
  listen(canvas) {
    const move = (event) => this.put(this.place(event, canvas), canvas);
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerdown', move);
    // A finger that is lifted leaves what it has found.
    canvas.addEventListener('pointerleave', ({ pointerType }) => pointerType === 'mouse' && this.put(null));
  }

  place({ offsetX, offsetY }, { clientWidth: width, clientHeight: height }) {
    const { scene } = this.hub;
    if (!scene?.inputs || !width) return null;
    const [x0, x1, y0, y1] = scene.domain;
    const within = (share) => Math.max(0, Math.min(1, share));
    return { x: x0 + within(offsetX / width) * (x1 - x0), y: y1 - within(offsetY / height) * (y1 - y0) };
  }

  key(event) {
    const arrow = ARROWS[event.key];
    const { scene } = this.hub;
    if (event.target !== this.root || (!arrow && event.key !== 'Escape') || !scene?.inputs) return;
    event.preventDefault();
    event.stopPropagation();
    if (!arrow) return this.put(null);
    const [x0, x1, y0, y1] = scene.domain;
    const { x, y } = this.at ?? { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    this.put({ x: within(x + arrow[0] * STEP * (x1 - x0), x0, x1), y: within(y + arrow[1] * STEP * (y1 - y0), y0, y1) },
      this.canvas ?? this.root.querySelector('canvas'));
  }

  put(at, canvas = null) {
    if (!at && !this.at) return;
    this.at = at;
    this.canvas = at && canvas;
    if (!at) this.tip.hide();
    this.hub.invalidate();
  }

  /** What all lanes answer there. */
  rows() {
    const { text, theme } = this.context;
    const { scene, arrays, header } = this.hub;
    const { x_label: xLabel, y_label: yLabel } = scene.inputs;
    const line = isLine(scene);
    const places = [[xLabel, this.at.x], ...(line ? [] : [[yLabel, this.at.y]])];
    return [
      ...places.map(([label, value]) => ({ label, value: significant(value) })),
      { title: true, label: answerName(text, scene) },
      ...this.names().map((name, lane) => ({
        label: name, value: answerWords(scene, laneOf(arrays.maps, lane), this.at), color: colorOf(theme, lane),
      })),
      ...(header.difference ? [{ label: text(header.difference.signed ? 'race.difference_of' : 'race.difference_apart', { a: letter(header.difference.a), b: letter(header.difference.b) }), value: this.difference() }] : []),
    ];
  }

  difference() {
    const { scene, arrays, header } = this.hub;
    const { signed: hasSign, top } = header.difference;
    const found = sample(arrays.difference, scene, this.at);
    const low = hasSign ? -top : 0;
    const value = isLine(scene) ? found : low + (found / 255) * (top - low);
    if (scene.task === 'regression') return signed(Math.abs(value) < top / 255 ? 0 : value);
    return `${hasSign && value > 0.0005 ? '+' : ''}${percent(value, 1).replace('-', '−')}`;
  }

  /** The card beside the place, and what is said of it in place of the picture. */
  paint() {
    if (!this.at || !this.canvas?.isConnected || !this.hub.arrays.maps) return this.tip.hide();
    const [x0, x1, y0, y1] = this.hub.scene.domain;
    const [own, all] = [this.canvas.getBoundingClientRect(), this.root.getBoundingClientRect()];
    this.tip.show(own.left - all.left + ((this.at.x - x0) / (x1 - x0)) * own.width,
      own.top - all.top + ((y1 - this.at.y) / (y1 - y0)) * own.height, this.rows());
  }

  words() {
    if (!this.at || !this.hub.arrays.maps) return '';
    return this.rows().map(({ label, value }) => (value == null ? label : `${label}: ${value}`)).join(', ');
  }

  /** The place on a map; over one input it has no height. */
  mark({ context, toX, toY, side }, theme) {
    if (!this.at) return;
    const [x, y] = [toX(this.at.x), toY(this.at.y)];
    context.beginPath();
    if (isLine(this.hub.scene)) {
      context.moveTo(x, 0);
      context.lineTo(x, side);
    } else {
      context.arc(x, y, 5, 0, 2 * Math.PI);
    }
    for (const [style, width] of [[theme.background, 3], [theme.text, 1.5]]) {
      Object.assign(context, { strokeStyle: style, lineWidth: width });
      context.stroke();
    }
  }
}

/** One lane's part of an array whose first axis is the lanes. */
export function laneOf({ data, shape }, lane) {
  const rest = shape.slice(1);
  const size = rest.reduce((product, side) => product * side, 1);
  return { data: data.subarray(lane * size, (lane + 1) * size), shape: rest };
}
