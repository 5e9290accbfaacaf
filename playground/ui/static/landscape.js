/**
 * The loss over a plane of weights, from above and as a surface, with the path that the weights
 * have taken. A click puts the network there; optimizers are released from where it stands.
 */

import { altText, el, iconButton, setText, toggle } from './dom.js';
import { Contours } from './landscape2d.js';
import { Surface } from './landscape3d.js';
import { Release } from './landscaperelease.js';
import { fileName, savePng } from './png.js';
import { Relief, heightColors } from './relief.js';
import { Study } from './study.js';
import { Tooltip } from './tooltip.js';
import { percent, significant } from './words.js';

/** Choices outlive a change of tab. */
const choices = { axes: 'path', part: 'train', seed: 0, log: true, deep: false, follow: true };
const BOTH_PX = 860; // a part this wide shows both pictures
const FAR_OFF = 0.25; // of the window's size: so far off the plane, another plane is due
const IN_PLANE = 1e-4; // of the weights' length: rounding
const FOLLOW_MS = 1500;
const FOLLOW_REST = 6; // times as long as the last one took, until the next is made by itself

export function createLandscape(context, body, tools) {
  return new Landscape(context, body, tools);
}

class Landscape {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.body = body;
    this.study = new Study(context, 'landscape', () => this.asked(), context.text('landscape.anew'));
    this.release = new Release(context, () => this.letGo());
    const calls = {
      ready: () => Boolean(this.picture),
      movable: () => context.hands && Boolean(this.live?.point),
      picture: () => this.picture,
      point: (place, pixel, keyed) => this.point(place, pixel, keyed),
      press: (place) => this.stand(place, null),
      drag: (place, stroke) => this.stand(place, stroke),
    };
    this.flat = new Contours(context, calls);
    this.deep = new Surface(context, calls);
    this.what = 'plane';
    this.build(body, tools);
  }

  // ---- building ------------------------------------------------------------------------------

  build(body, tools) {
    const { text } = this.context;
    const select = (key, values) => {
      const node = el('select', {
        class: 'np-select', 'aria-label': text(`landscape.${key}`), title: text(`landscape.${key}_tip`),
        on: { change: () => this.choose({ [key]: node.value }) },
      }, ...values.map((value) => el('option', { value, text: text(`landscape.${key}_${value}`) })));
      node.value = choices[key];
      return node;
    };
    const flip = (key) => toggle({
      label: text(`landscape.${key}`), tip: text(`landscape.${key}_tip`), pressed: choices[key],
      onChange: (value) => {
        choices[key] = value;
        this.relief = null;
        this.arrange();
      },
    });
    this.direction = iconButton({
      name: 'seed', label: text('landscape.direction'), tip: text('landscape.direction_tip'),
      onClick: () => this.choose({ seed: (choices.seed + 1) % 1000 }),
    });
    this.undo = iconButton({
      name: 'undo', label: text('hands.undo'), tip: text('hands.undo_tip'),
      onClick: () => this.hub.send({ type: 'deed', value: { deed: 'undo' } }),
    });
    this.turned = flip('deep');
    this.sharpen = el('button', {
      type: 'button', class: 'np-toggle np-land-sharpen', text: text('landscape.sharpen'),
      title: text('landscape.sharpen_tip'), hidden: true, on: { click: () => this.look() },
    });
    tools.append(select('axes', ['path', 'random']), this.direction, select('part', ['train', 'test']),
      flip('log'), this.turned, flip('follow'), this.undo);
    this.message = el('p', { class: 'np-empty', hidden: true });
    this.left = el('div', { class: 'np-land-plot' }, this.flat.node, this.sharpen);
    this.right = el('div', { class: 'np-land-plot' }, this.deep.node);
    this.facts = el('div', { class: 'np-land-facts' });
    this.where = el('p', { class: 'np-caption' });
    this.side = el('div', { class: 'np-land-side' }, this.study.node, this.facts, this.where, this.release.node);
    this.frame = el('div', { class: 'np-land' }, this.left, this.right, this.side);
    body.append(this.frame, this.message);
    this.tip = new Tooltip(body);
    this.alts = [altText(this.flat.node, text('analysis.landscape')),
      altText(this.deep.canvas, text('analysis.landscape'))];
    this.arrange();
  }

  /** Both pictures where there is room, else the chosen one. */
  arrange() {
    this.width = this.body.clientWidth;
    const both = this.body.clientWidth >= BOTH_PX;
    this.left.hidden = !both && choices.deep;
    this.right.hidden = !both && !choices.deep;
    this.turned.hidden = both;
    this.direction.hidden = choices.axes !== 'random';
    this.hub.invalidate();
  }

  choose(change) {
    Object.assign(choices, change);
    this.direction.hidden = choices.axes !== 'random';
    this.ask();
  }

  // ---- asking --------------------------------------------------------------------------------

  asked() {
    const { axes, part, seed } = choices;
    const { balls, rates, steps } = this.release.asked();
    return { what: this.what, axes, part, seed, balls, rates, steps, window: this.window ?? null };
  }

  /** Asks for a plane. */
  ask() {
    this.askFor('plane');
  }

  askFor(what) {
    this.what = what;
    this.askedAt = performance.now();
    this.study.ask();
    this.what = 'plane'; // what the study's own button asks for
  }

  /** Asks for the part of the plane that is in sight. */
  look() {
    const { x, y } = this.flat.axes.ranges();
    this.window = [...x, ...y].map(Number);
    this.askFor('window');
  }

  /** Releases the balls, or calls them back. */
  letGo() {
    if (this.study.working) this.study.click();
    else this.askFor('release');
  }

  /** Asks anew by itself: at first, and when the network has left the picture. */
  keepUp() {
    const { study, live } = this;
    if (study.working) return;
    if (!study.round) return this.ask();
    if (!choices.follow || !live?.point || live.balls.length || !this.picture || this.pointed) return;
    const now = performance.now();
    if (now < (this.nextAsk ?? 0)) return;
    const [a, b, off] = live.point;
    const [a0, a1, b0, b1] = study.head.window;
    const size = Math.hypot(...this.unit(a1 - a0, b1 - b0));
    const gone = a === null || a < a0 || a > a1 || b < b0 || b > b1 || off > FAR_OFF * size;
    const grown = study.head.drawn > 0 && study.head.axes === 'path' && live.path >= 4;
    if ((gone && this.moving()) || (grown && live.path !== this.askedPath)) {
      this.askedPath = live.path;
      this.ask();
    }
  }

  /** Lengths in the plane; along random directions a unit is as long as the weights. */
  unit(a, b) {
    const { lengths } = this.study.head;
    return [a * lengths[0], b * lengths[1]];
  }

  /** Whether the network moves by itself: who puts it outside the window by hand stays there. */
  moving() {
    const { state, step } = this.hub.header;
    const moved = step !== this.lastStep;
    this.lastStep = step;
    return state === 'running' || moved;
  }

  stand({ a, b }, stroke) {
    if (!this.context.hands || !this.live?.plane || this.live.plane !== this.study.head?.number) return;
    if (!Number.isFinite(this.picture.relief.at(this.picture.relief.values, a, b)) &&
      this.inWindow(a, b)) return;
    this.hub.send({ type: 'deed', value: { deed: 'stand', plane: this.live.plane, a, b, stroke } });
  }

  inWindow(a, b) {
    const [a0, a1, b0, b1] = this.study.head.window;
    return a >= a0 && a <= a1 && b >= b0 && b <= b1;
  }

  // ---- pointer -------------------------------------------------------------------------------

  /** Where the pointer, or the cross by keys, is: {a, b}, and in pixels of its picture. */
  point(place, pixel, keyed = false) {
    this.pointed = place && { ...place, pixel, keyed };
    this.showTip();
    if (keyed || this.cursor) {
      this.cursor = keyed ? place : null;
      this.hub.invalidate();
    }
  }

  showTip() {
    const { pointed, picture } = this;
    if (!pointed?.pixel || !picture) return this.tip.hide();
    const { text } = this.context;
    const { a, b, pixel } = pointed;
    const value = picture.relief.at(picture.relief.values, a, b);
    const outside = !this.inWindow(a, b);
    const rows = [
      { title: true, label: text(`landscape.loss_${this.study.head.part}`),
        value: Number.isFinite(value) ? significant(value) : outside ? '–' : text('landscape.not_finite') },
      { label: picture.names[0], value: significant(a) },
      { label: picture.names[1], value: significant(b) },
    ];
    if (this.context.hands && (outside || Number.isFinite(value))) rows.push({ label: text('landscape.put') });
    const host = this.left.hidden || !pointed.keyed ? this.hovered() : this.left;
    const inner = host === this.left ? this.flat.axes.rect : { left: 0, top: 0 };
    this.tip.show(host.offsetLeft + inner.left + pixel.x, host.offsetTop + inner.top + pixel.y, rows);
  }

  hovered() {
    return this.right.matches(':hover') && !this.right.hidden ? this.right : this.left;
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const fresh = this.study.paint(hub);
    this.live = hub.header.landscape;
    if (!this.live) return;
    if (fresh) this.nextAsk = performance.now() + Math.max(FOLLOW_MS,
      FOLLOW_REST * (performance.now() - (this.askedAt ?? 0)));
    this.keepUp();
    const problem = hub.header.studies?.landscape?.problem;
    const none = !this.study.head || !this.study.arrays.landscape_loss;
    this.message.hidden = !(none && problem);
    this.frame.style.visibility = none && problem ? 'hidden' : '';
    if (!this.message.hidden) setText(this.message, this.context.text(`errors.${problem.code}`, problem.params));
    this.release.paint(hub, this.live, this.study.working && Boolean(this.live.balls?.length));
    this.undo.disabled = !hub.header.hands?.depth;
    if (none) return;
    this.compose(hub);
    if (!this.left.hidden) this.flat.paint(this.picture);
    this.sharpen.hidden = !this.flat.axes.ready || this.study.working || !this.flat.axes.zoomed();
    if (!this.right.hidden) this.deep.paint(this.picture);
    this.paintFacts();
    if (this.pointed) this.showTip();
    for (const alt of this.alts) alt(() => this.describe());
  }

  compose(hub) {
    if (this.body.clientWidth !== this.width) this.arrange();
    const { text, theme } = this.context;
    const { head, arrays, version } = this.study;
    const loss = arrays.landscape_loss.data;
    const key = [version, choices.log, theme.background].join('|');
    if (!this.relief || key !== this.reliefKey) {
      this.reliefKey = key;
      this.relief = new Relief(loss, head.window, choices.log);
      this.colors = heightColors(theme);
    }
    const names = [0, 1].map((i) => this.axisName(head, i));
    const labels = names.map((name, i) => (head.ratios[i] == null || this.isDrawn(head, i)
      ? name : text('variance_axis', { name, percent: Math.round(head.ratios[i] * 100) })));
    const here = this.live.plane === head.number;
    const [a, b] = (here && this.live.point) || [];
    this.picture = {
      relief: this.relief, colors: this.colors, version: `${version}|${choices.log}`, names, labels,
      heightLabel: text(`landscape.loss_${head.part}`),
      path: here ? pathOf(hub.arrays.landscape_path) : [],
      balls: here ? this.release.balls(hub.arrays.landscape_balls, this.live.balls) : [],
      point: Number.isFinite(a) && Number.isFinite(b) ? { a, b } : null,
      cursor: this.cursor,
    };
  }

  isDrawn(head, i) {
    return head.axes === 'random' || i >= 2 - head.drawn;
  }

  axisName(head, i) {
    if (this.isDrawn(head, i)) return this.context.text('landscape.direction_name', { number: i + 1 });
    return `PC${i + 1}`;
  }

  paintFacts() {
    const { text } = this.context;
    const { head } = this.study;
    const key = [this.study.version, this.live.stale, this.relief.holes].join('|');
    if (key !== this.factsKey) {
      this.factsKey = key;
      this.facts.replaceChildren(...this.factNodes(head));
    }
    const [a, b, off] = (this.live.plane === head.number && this.live.point) || [];
    const facts = { loss: significant(this.live.loss), off: significant(off), size: significant(head.size) };
    const within = off < IN_PLANE * head.size;
    setText(this.where, a == null ? ''
      : within ? text('landscape.where_in', facts) : text('landscape.where', facts));
    this.where.title = text('landscape.where_tip', facts);
  }

  factNodes(head) {
    const { text } = this.context;
    const line = (words, title) => el('p', { class: 'np-caption', text: words, title });
    const found = [];
    if (head.axes === 'path' && head.drawn < 2) {
      const shares = head.ratios.slice(0, 3);
      const track = el('div', { class: 'np-land-shares', 'aria-hidden': 'true' }, ...shares.map((ratio) => {
        const part = el('i');
        part.style.width = `${((ratio ?? 0) * 100).toFixed(1)}%`;
        return part;
      }));
      const words = shares.map((ratio, i) => `PC${i + 1} ${percent(ratio, ratio < 0.0995 ? 1 : 0)}`).join(' · ');
      found.push(el('h4', { class: 'np-subtitle', text: text('landscape.explained') }), track,
        el('p', { class: 'np-land-numbers', text: words }),
        line(text('landscape.smooth'), text('landscape.smooth_tip')));
    } else found.push(line(text(head.axes === 'path' ? 'landscape.no_path_yet' : 'landscape.random_note')));
    if (head.axes === 'path' && head.drawn === 1) found.push(line(text('landscape.one_drawn')));
    if (this.relief.holes) found.push(line(text('landscape.holes', { count: this.relief.holes })));
    if (this.live.stale) found.push(el('p', { class: 'np-caption np-land-stale', text: text('landscape.stale') }));
    return found;
  }

  describe() {
    const { text } = this.context;
    const { head } = this.study;
    const [a, b, off] = this.live.point ?? [];
    return text('landscape.alt', {
      loss: text(`landscape.loss_${head.part}`), x: this.picture.labels[0], y: this.picture.labels[1],
      low: significant(this.relief.min), high: significant(this.relief.max),
      here: significant(this.live.loss), a: significant(a), b: significant(b), off: significant(off),
    });
  }

  save() {
    if (!this.picture) return;
    const { text, theme } = this.context;
    const shown = [[this.left, this.flat], [this.right, this.deep]].filter(([box]) => !box.hidden);
    const width = shown.reduce((sum, [box]) => sum + box.clientWidth, 0);
    const title = `${text('analysis.landscape')} · ${this.picture.heightLabel} · ${text('bar.epoch_count')} ${this.hub.header.epoch}`;
    return savePng(
      { name: fileName('landscape', this.hub.header), title, width, height: this.frame.clientHeight, theme },
      async (canvas) => {
        for (const [box, part] of shown) {
          await part.paintOn(canvas, this.picture);
          canvas.translate(box.clientWidth, 0);
        }
      });
  }

  resized() {
    this.arrange();
  }

  themed() {
    this.relief = null;
    this.flat.themed();
    this.deep.themed();
  }

  destroy() {
    this.flat.destroy();
    this.deep.destroy();
  }
}

/** The path as points with a place in time from 0 to 1. */
function pathOf(array) {
  if (!array) return [];
  const { data, shape: [n, width] } = array;
  return Array.from({ length: n }, (_, index) => {
    const [a, b, off, , begins] = data.subarray(index * width, index * width + width);
    return { a, b, off, begins: Boolean(begins), index, time: n > 1 ? index / (n - 1) : 1 };
  });
}
