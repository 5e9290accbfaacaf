/** Every network as a small map that can be pointed at and chosen; those that failed are crossed. */

import { mix } from '../colors.js';
import { el, setText } from '../dom.js';
import { Tiles } from '../tiles.js';
import { Tooltip } from '../tooltip.js';
import { chips } from './kit.js';

const GAP_MS = 200;
const LINE = 34; // px of a small picture of curves

export class SeedsMembers {
  /**
   * @param {object} context of the stage
   * @param {{order: string, onOrder: (order: string) => void, onFirst: (first: number) => void,
   *   onChoose: (member: number) => void, words: (member: number) => object[]}} options
   *   words: the rows of a tooltip about a network
   */
  constructor(context, { order, onOrder, onFirst, onChoose, words }) {
    Object.assign(this, { context, hub: context.hub, words });
    const { text } = context;
    this.tiles = new Tiles(context, {
      label: text('seeds.members'), point: (tile) => this.point(tile), choose: (tile) => onChoose(this.shown[tile]),
    });
    this.order = chips({
      label: text('seeds.order'), names: ['number', 'score'],
      words: (name) => text(name === 'score' ? 'seeds.order_score' : 'seeds.order_number'), onChoose: (name) => {
        this.order.show(name);
        onOrder(name);
      },
    });
    this.order.show(order);
    const turn = (by, words) => el('button', { type: 'button', class: 'np-toggle', text: words,
      on: { click: () => onFirst(this.first + by * 64) } });
    this.range = el('span', { class: 'np-out' });
    this.before = turn(-1, '‹');
    this.after = turn(1, '›');
    this.before.setAttribute('aria-label', text('seeds.before'));
    this.after.setAttribute('aria-label', text('seeds.after'));
    this.turns = el('span', { class: 'np-seeds-turns' }, this.before, this.range, this.after);
    this.node = el('section', { class: 'np-seeds-card np-seeds-members' },
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('seeds.members') }),
        el('div', { class: 'np-tools' }, this.order.node)),
      el('div', { class: 'np-seeds-note' }, el('span', { text: text('seeds.members_hint') }), this.turns),
      this.tiles.node);
    this.tip = new Tooltip(this.node);
    this.tiles.node.addEventListener('pointermove', (event) => (this.pointer = event));
  }

  point(tile) {
    this.hovered = tile;
    this.showTip();
  }

  showTip() {
    if (this.hovered == null || !this.pointer || this.shown?.[this.hovered] == null) return this.tip.hide();
    const box = this.node.getBoundingClientRect();
    this.tip.show(this.pointer.clientX - box.left, this.pointer.clientY - box.top, this.words(this.shown[this.hovered]));
  }

  paint(hub, failed) {
    const { header, arrays, scene } = hub;
    if (!header.members || !scene) return;
    // Dozens of small maps five times a second are enough, and leave the browser its time.
    const key = `${scene.id}|${header.member}|${header.state}|${header.members.first}|${this.context.theme.text}|${this.node.clientWidth}`;
    const now = performance.now();
    if (header.state === 'running' && key === this.key && now - this.painted < GAP_MS) return;
    Object.assign(this, { key, painted: now });
    const { shown, first, of } = header.members;
    Object.assign(this, { shown, first });
    this.turns.hidden = of <= 64;
    setText(this.range, this.context.text('seeds.range', { from: first + 1, to: first + shown.length, of }));
    this.before.disabled = first === 0;
    this.after.disabled = first + shown.length >= of;
    const picture = this.picture(scene, arrays, shown, header);
    const chosen = shown.indexOf(header.member);
    this.tiles.paint({
      ...picture, count: shown.length, least: 34, most: 92, chosen: chosen < 0 ? null : chosen,
      over: (context, tile, x, y, wide, high) => this.mark(context, shown[tile], failed(shown[tile]), x, y, wide, high),
      alt: () => this.describe(failed),
    });
    if (this.hovered != null) this.showTip();
  }

  /** Size and colours of the small pictures: maps, curves, or plain shades of the score. */
  picture(scene, { thumbs, ...arrays }, shown, header) {
    const { colors } = this.context.theme;
    if (!thumbs) {
      const scores = arrays[`${header.success.part}_score`].data;
      const shades = shown.map((member) => packed(mix(colors.negative, colors.positive, share(scores[member]))));
      return { width: 1, height: 1, color: (tile) => shades[tile] };
    }
    const { data, shape } = thumbs;
    if (shape.length === 2) return this.lines(data, shape[1]);
    const [high, wide] = shape.slice(-2);
    const size = high * wide;
    const flipped = (i) => {
      const at = i % size;
      return (high - 1 - Math.floor(at / wide)) * wide + (at % wide);
    };
    if (shape.length === 3) return { width: wide, height: high, color: (i) => colors.map[data[i - (i % size) + flipped(i)]] };
    return { width: wide, height: high, color: (i) => {
      const from = Math.floor(i / size) * 2 * size + flipped(i);
      return colors.mapClasses[data[from] % colors.mapClasses.length][data[from + size]];
    } };
  }

  lines(data, points) {
    const { colors } = this.context.theme;
    const [ink, ground] = [packed(colors.negative), packed(colors.middle)];
    const size = LINE * LINE;
    return { width: LINE, height: LINE, color: (i) => {
      const [at, tile] = [i % size, Math.floor(i / size)];
      const row = LINE - 1 - Math.floor(at / LINE);
      const value = (column) => (data[tile * points + Math.min(points - 1, Math.round((column / (LINE - 1)) * (points - 1)))] / 255) * (LINE - 1);
      // A steep piece fills its column from one value to the next.
      const [from, to] = [value(at % LINE), value((at % LINE) + 1)];
      return row >= Math.min(from, to) - 1.2 && row <= Math.max(from, to) + 1.2 ? ink : ground;
    } };
  }

  /** A network's number, and a cross where it failed. */
  mark(context, member, failed, x, y, wide, high) {
    const { theme } = this.context;
    context.font = `600 10px ${theme.font}`;
    context.textBaseline = 'middle';
    const words = String(member + 1);
    const width = context.measureText(words).width + 6;
    context.fillStyle = theme.background;
    context.globalAlpha = 0.82;
    context.fillRect(x, y + high - 13, width, 13);
    if (failed) context.fillRect(x + wide - 14, y, 14, 14);
    context.globalAlpha = 1;
    context.fillStyle = theme.text;
    context.textAlign = 'left';
    context.fillText(words, x + 3, y + high - 6);
    if (!failed) return;
    context.strokeStyle = theme.alert;
    context.lineWidth = 2;
    context.beginPath();
    for (const [x0, x1] of [[x + wide - 11, x + wide - 3], [x + wide - 3, x + wide - 11]]) {
      context.moveTo(x0, y + 3);
      context.lineTo(x1, y + 11);
    }
    context.stroke();
  }

  describe(failed) {
    const lost = this.shown.filter(failed).map((member) => member + 1);
    return this.context.text('seeds.members_alt', { count: this.shown.length, failed: lost.length ? lost.join(', ') : '–' });
  }

  destroy() {}
}

const share = (score) => (Number.isFinite(score) ? Math.max(0, Math.min(1, score)) : 0);
const packed = (color) => {
  const [r, g, b] = color.map(Math.round);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
};
