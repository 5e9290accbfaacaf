/** Every network as a small map that can be pointed at and chosen; those that failed are crossed. */

import { css, inkOn, mix } from '../colors.js';
import { el, setText } from '../dom.js';
import { Tiles } from '../tiles.js';
import { Tooltip } from '../tooltip.js';
import { significant } from '../words.js';
import { button, chips } from './kit.js';
import { answerName } from './seedsanswers.js';

const GAP_MS = 200;
const SMALL = 40; // px of a tile, below which its number is small

const HINTS = { class: 'seeds.members_votes', value: 'seeds.members_votes', classes: 'seeds.members_places' };

export class SeedsMembers {
  /**
   * @param {object} context of the stage
   * @param {{order: string, onOrder: (order: string) => void, onFirst: (first: number) => void,
   *   onChoose: (member: number) => void, onOpen: () => void, words: (member: number) => object[]}} options
   *   words: the rows of a tooltip about a network; onOpen: the chosen one is to be opened
   */
  constructor(context, { order, onOrder, onFirst, onChoose, onOpen, words }) {
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
    this.open = button(text('seeds.open'), onOpen, { class: 'np-toggle np-main', title: text('seeds.open_tip') });
    this.note = el('span');
    this.node = el('section', { class: 'np-seeds-card np-seeds-members' },
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('seeds.members') }),
        el('div', { class: 'np-tools' }, this.turns, this.order.node)),
      this.tiles.node,
      el('div', { class: 'np-seeds-note' }, this.note, this.open));
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
    this.paintNote(header, scene);
    // Dozens of small maps five times a second are enough, and leave the browser its time.
    const key = [scene.id, header.member, header.state, header.members.first, header.disputed?.chosen?.index,
      this.context.theme.text, this.node.clientWidth].join('|');
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
      ...picture, count: shown.length, least: 34, most: 240, chosen: chosen < 0 ? null : chosen,
      over: (context, tile, x, y, wide, high) => {
        picture.over?.(context, tile, x, y, wide, high);
        this.mark(context, shown[tile], failed(shown[tile]), x, y, wide, high);
      },
      alt: () => this.describe(failed),
    });
    if (this.hovered != null) this.showTip();
  }

  /** Below: how the chosen network did, or what there is to do. */
  paintNote({ member, disputed }, scene) {
    const { text } = this.context;
    this.open.hidden = member == null;
    if (member == null) return setText(this.note, text(scene.inputs ? 'seeds.members_hint' : HINTS[disputed?.form] ?? 'seeds.members_scores'));
    const [name, ...rows] = this.words(member);
    setText(this.note, `${name.label}: ${rows.map(({ label, value }) => (value == null ? label : `${label} ${value}`)).join(' · ')}`);
  }

  /** Size and colours of the small pictures: maps, curves, answers to one point, or shades of the score. */
  picture(scene, { thumbs, ...arrays }, shown, header) {
    const { colors } = this.context.theme;
    if (!thumbs) return this.answers(shown, scene, arrays, header);
    const { data, shape } = thumbs;
    if (shape.length === 2) return this.lines(data, shape[1]);
    const [high, wide] = shape.slice(-2);
    const size = high * wide;
    const flipped = (i) => {
      const at = i % size;
      return (high - 1 - Math.floor(at / wide)) * wide + (at % wide);
    };
    if (shape.length === 3) return { width: wide, height: high, smooth: true, color: (i) => colors.map[data[i - (i % size) + flipped(i)]] };
    return { width: wide, height: high, smooth: true, color: (i) => {
      const from = Math.floor(i / size) * 2 * size + flipped(i);
      return colors.mapClasses[data[from] % colors.mapClasses.length][data[from + size]];
    } };
  }

  /** Where points have no place in a plane: what each says of the one that is looked at. */
  answers(shown, scene, arrays, header) {
    const told = shown.map((member) => this.answer(member, scene, arrays, header));
    return {
      width: 1, height: 1, color: (tile) => packed(told[tile].color),
      over: (context, tile, x, y, wide, high) => {
        const { words, color } = told[tile];
        context.fillStyle = inkOn(color);
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        context.font = `600 ${Math.max(9, Math.min(26, high * 0.4, (wide * 1.5) / Math.max(1, words.length)))}px ${this.context.theme.font}`;
        context.fillText(words, x + wide / 2, y + high / 2 - 3, wide - 6);
      },
    };
  }

  answer(member, scene, { disputed_each: each, disputed_hits: hits, disputed_values: values, ...arrays }, { disputed, success, score }) {
    const { colors } = this.context.theme;
    if (hits) {
      const places = disputed.chosen.places.length;
      return { words: `${hits.data[member]}/${places}`, color: colors.pale(hits.data[member] / places) };
    }
    if (each) {
      const vote = disputed.chosen.votes[each.data[member]];
      if (!vote) return { words: '…', color: colors.middle };
      const color = colors.classOf(vote.class, scene.class_names.length);
      return { words: cut(answerName(vote.said, disputed.form, this.context)), color: mix(colors.middle, color, 0.66) };
    }
    if (values) {
      const [low, high] = [Math.min(...values.data), Math.max(...values.data)];
      const value = values.data[member];
      return { words: significant(value), color: colors.pale(high > low ? (value - low) / (high - low) : 0.5) };
    }
    const reached = arrays[`${success.part}_score`].data[member];
    const words = score === 'r2' ? significant(reached) : `${Math.floor(100 * reached)}`;
    return { words, color: colors.pale(share(reached)) };
  }

  lines(data, points) {
    const { colors } = this.context.theme;
    const ground = packed(colors.middle);
    return { width: 1, height: 1, color: () => ground, over: (context, tile, x, y, wide, high) => {
      context.beginPath();
      for (let k = 0; k < points; k++) context.lineTo(x + (k / (points - 1)) * wide, y + 2 + (1 - data[tile * points + k] / 255) * (high - 4));
      Object.assign(context, { strokeStyle: css(colors.negative), lineWidth: high < SMALL ? 1.2 : 2, lineJoin: 'round' });
      context.stroke();
    } };
  }

  /** A network's number, and a cross where it failed. */
  mark(context, member, failed, x, y, wide, high) {
    const { theme } = this.context;
    const size = high < SMALL ? 8.5 : 10;
    context.font = `600 ${size}px ${theme.font}`;
    context.textBaseline = 'middle';
    const words = String(member + 1);
    const width = context.measureText(words).width + (high < SMALL ? 3 : 6);
    context.fillStyle = theme.background;
    context.globalAlpha = 0.82;
    context.fillRect(x, y + high - size - 3, width, size + 3);
    if (failed) context.fillRect(x + wide - 14, y, 14, 14);
    context.globalAlpha = 1;
    context.fillStyle = theme.text;
    context.textAlign = 'left';
    context.fillText(words, x + (high < SMALL ? 1.5 : 3), y + high - size / 2 - 1);
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

const cut = (words) => (words.length > 7 ? `${words.slice(0, 6)}…` : words);
const share = (score) => (Number.isFinite(score) ? Math.max(0, Math.min(1, score)) : 0);
const packed = (color) => {
  const [r, g, b] = color.map(Math.round);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
};
