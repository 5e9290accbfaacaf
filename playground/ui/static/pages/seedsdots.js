/**
 * Every network as a dot: its score on a line, and its solution in a plane. Discs succeeded, crosses
 * failed; the colour runs with the score; a click, or the arrow keys, chooses one.
 */

import { Axes, MARGIN } from '../axes.js';
import { css, mix } from '../colors.js';
import { altText, el, fitCanvas } from '../dom.js';
import { steadyExtent } from '../plot.js';
import { Tooltip } from '../tooltip.js';
import { accuracy, significant } from '../words.js';

const NEAR_PX = 14;
const CALM_MS = 2000;

/** What strips and plane have in common. */
export class Dots {
  /**
   * @param {object} context of the stage
   * @param {{onChoose: (member: number) => void, words: (member: number) => object[]}} options
   */
  constructor(context, { onChoose, words }) {
    Object.assign(this, { context, hub: context.hub, onChoose, words, spots: [] });
  }

  listen(host, pixel, root) {
    this.tip = new Tooltip(root);
    this.root = root;
    host.addEventListener('pointermove', (event) => this.point(pixel(event), event));
    host.addEventListener('pointerleave', () => this.tip.hide());
    host.addEventListener('click', (event) => {
      const member = this.nearest(pixel(event));
      if (member != null) this.onChoose(member);
    });
    host.addEventListener('keydown', (event) => this.key(event));
  }

  point(at, { clientX, clientY }) {
    const member = this.nearest(at);
    if (member == null) return this.tip.hide();
    const box = this.root.getBoundingClientRect();
    this.tip.show(clientX - box.left, clientY - box.top, this.words(member));
  }

  nearest({ x, y }) {
    let [best, closest] = [null, NEAR_PX ** 2];
    this.spots.forEach((spot, member) => {
      const away = spot ? (spot.x - x) ** 2 + (spot.y - y) ** 2 : Infinity;
      if (away < closest) [best, closest] = [member, away];
    });
    return best;
  }

  /** Left and right go from network to network, from the worst to the best. */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.scores) return;
    event.preventDefault();
    event.stopPropagation();
    const order = [...this.scores.keys()].sort((a, b) => (this.scores[a] - this.scores[b]) || a - b);
    const at = order.indexOf(this.hub.header.member);
    this.onChoose(order[at < 0 ? (step > 0 ? 0 : order.length - 1) : Math.max(0, Math.min(order.length - 1, at + step))]);
  }

  /** All of them, the chosen one on top. */
  dots(context, failed, radius) {
    const { member: chosen } = this.hub.header;
    this.spots.forEach((spot, member) => spot && member !== chosen && this.dot(context, member, spot, failed(member), radius));
    if (this.spots[chosen]) this.dot(context, chosen, this.spots[chosen], failed(chosen), radius);
  }

  dot(context, member, { x, y }, failed, radius) {
    const { theme } = this.context;
    const color = css(mix(theme.colors.negative, theme.colors.positive, this.share(this.scores[member])));
    context.lineWidth = failed ? 2.2 : 1;
    context.beginPath();
    if (failed) {
      const r = radius * 0.8;
      for (const [dx, dy] of [[r, r], [r, -r]]) {
        context.moveTo(x - dx, y - dy);
        context.lineTo(x + dx, y + dy);
      }
      context.strokeStyle = color;
      context.stroke();
    } else {
      context.arc(x, y, radius, 0, 7);
      context.fillStyle = color;
      context.fill();
      context.strokeStyle = theme.background;
      context.stroke();
    }
    if (member !== this.hub.header.member) return;
    context.beginPath();
    context.arc(x, y, radius + 4, 0, 7);
    context.lineWidth = 2;
    context.strokeStyle = theme.text;
    context.stroke();
  }

  /** Of the way between both colours: from the worst score to the threshold, and on to 1. */
  share(score) {
    const { limit, worst } = this;
    if (!(score >= limit)) return limit > worst ? 0.45 * Math.max(0, (score - worst) / (limit - worst) || 0) : 0;
    return limit < 1 ? 0.55 + 0.45 * Math.min(1, (score - limit) / (1 - limit)) : 1;
  }

  /**
   * Dots that would lie on each other are stacked; where there is no room for all, they overlap.
   * @param {number[]} places px along the line, NaN of a network without one
   */
  stack(places, radius, { bottom, room }) {
    const columns = new Map();
    this.spots = places.map((place) => {
      if (!Number.isFinite(place)) return null;
      const column = Math.round(place / (2 * radius));
      const below = columns.get(column) ?? 0;
      columns.set(column, below + 1);
      return { x: column * 2 * radius, below, column };
    });
    for (const spot of this.spots) {
      if (!spot) continue;
      const high = columns.get(spot.column);
      const step = high > 1 ? Math.min(2 * radius, (room - 2 * radius) / (high - 1)) : 0;
      spot.y = bottom - radius - 1 - spot.below * step;
    }
  }

  take({ header, arrays }) {
    this.limit = header.success.threshold;
    this.scores = arrays[`${header.success.part}_score`].data;
    const known = [...this.scores].filter(Number.isFinite);
    [this.worst, this.best] = [Math.min(...known), Math.max(...known)];
  }
}

const TICKS = 5;
const EDGE = { left: 10, right: 10, top: 4, bottom: 20 };

/** The scores of all networks on one line, dots on dots where they are alike, and the threshold. */
export class Strip extends Dots {
  constructor(context, options) {
    super(context, options);
    this.canvas = el('canvas', { role: 'img', tabindex: '0', class: 'np-seeds-strip' });
    this.node = el('div', { class: 'np-seeds-strip-box' }, this.canvas);
    this.listen(this.canvas, ({ offsetX, offsetY }) => ({ x: offsetX, y: offsetY }), this.node);
    this.alt = altText(this.canvas, context.text('seeds.strip'));
  }

  paint(hub, failed) {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !hub.header.success) return;
    this.take(hub);
    const { header } = hub;
    const r2 = header.score === 'r2';
    const floor = this.floorFor(hub);
    const toX = (score) => EDGE.left + ((Math.max(score, floor) - floor) / (1 - floor)) * (width - EDGE.left - EDGE.right);
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    this.axis(context, { width, height, floor, toX, r2 });
    this.threshold(context, toX(header.success.threshold), height);
    const count = this.scores.length;
    const radius = count > 100 ? 3 : count > 40 ? 4 : 5.5;
    const places = Array.from(this.scores, (score) => (Number.isFinite(score) ? toX(score) : NaN));
    this.stack(places, radius, { bottom: height - EDGE.bottom, room: height - EDGE.bottom - EDGE.top });
    this.dots(context, failed, radius);
    this.alt(() => this.describe(header));
  }

  axis(context, { width, height, floor, toX, r2 }) {
    const { theme } = this.context;
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(EDGE.left, Math.round(height - EDGE.bottom) + 0.5, width - EDGE.left - EDGE.right, 0);
    context.fillStyle = theme.muted;
    context.font = `11px ${theme.font}`;
    context.textBaseline = 'top';
    for (let i = 0; i <= TICKS; i++) {
      const score = floor + ((1 - floor) * i) / TICKS;
      context.textAlign = i === 0 ? 'left' : i === TICKS ? 'right' : 'center';
      context.fillText(r2 ? score.toFixed(1).replace('-', '−') : `${Math.round(score * 100)} %`, toX(score), height - EDGE.bottom + 5);
    }
  }

  threshold(context, x, height) {
    const { theme } = this.context;
    context.setLineDash([4, 3]);
    context.strokeStyle = theme.text;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, EDGE.top);
    context.lineTo(x, height - EDGE.bottom);
    context.stroke();
    context.setLineDash([]);
  }

  /** How far down the line goes: as far as it must at once, back up only after a while. */
  floorFor({ scene, header }) {
    const steps = header.score === 'r2' ? [0.5, 0, -1] : [0.8, 0.5, 0];
    const lowest = Math.min(this.worst, header.success.threshold - 0.02);
    const found = steps.findIndex((step) => lowest >= step);
    const wanted = found < 0 ? steps.length - 1 : found;
    const now = performance.now();
    const fresh = this.scene !== scene.id;
    if (fresh || wanted >= this.step) this.since = now;
    if (fresh || wanted > this.step || now - this.since > CALM_MS) this.step = wanted;
    this.scene = scene.id;
    return steps[this.step];
  }

  describe({ score, success: { successes, trials } }) {
    const show = score === 'r2' ? significant : accuracy;
    return this.context.text('seeds.strip_alt', { worst: show(this.worst), best: show(this.best), successes, trials });
  }

  destroy() {}
}

/** The solutions in the plane of their first two principal components. */
export class Solutions extends Dots {
  constructor(context, options) {
    super(context, options);
    this.axes = new Axes(context, () => this.hub.invalidate(), { grid: true });
    this.extent = steadyExtent();
    this.node = el('div', { class: 'np-stage' }, this.axes.host);
    this.listen(this.axes.host, (event) => this.axes.pixel(event), this.node);
    this.axes.host.addEventListener('keydown', (event) => event.defaultPrevented || this.axes.key(event));
    this.alt = altText(this.axes.host, context.text('seeds.solutions'));
  }

  paint(hub, failed) {
    const { header, arrays } = hub;
    // Of a page that is being left there is nothing to measure.
    if (!header.solutions || !arrays.solutions || !this.axes.host.clientWidth) return;
    this.take(hub);
    const { data } = arrays.solutions;
    const { space, ratios } = header.solutions;
    if (this.space !== `${hub.scene.id}|${space}`) this.extent = steadyExtent();
    this.space = `${hub.scene.id}|${space}`;
    const aspect = this.aspect();
    const half = this.extent(data.reduce((most, value, i) => Math.max(most, Math.abs(value) / (i % 2 ? 1 : aspect)), 0));
    const label = (k) => this.context.text('variance_axis', { name: `PC${k + 1}`, percent: Math.round(ratios[k] * 100) });
    const wide = half * aspect;
    this.axes.setHome({ scene: this.space, x: [-wide, wide], y: [-half, half], xLabel: label(0), yLabel: label(1) });
    const context = this.axes.begin();
    context.clearRect(0, 0, this.axes.rect.width, this.axes.rect.height);
    const radius = this.scores.length > 100 ? 3.5 : 5;
    this.spots = Array.from(this.scores, (_, k) => ({ x: this.axes.toX(data[2 * k]), y: this.axes.toY(data[2 * k + 1]) }));
    this.dots(context, failed, radius);
    this.alt(() => this.context.text('seeds.solutions_alt', {
      count: this.scores.length, first: Math.round(ratios[0] * 100), second: Math.round(ratios[1] * 100) }));
  }

  /** So many times wider than high: distances count the same in both directions. */
  aspect() {
    const { clientWidth, clientHeight } = this.axes.host;
    const wide = clientWidth - MARGIN.left - MARGIN.right;
    return Math.max(1, wide / Math.max(40, clientHeight - MARGIN.top - MARGIN.bottom));
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.axes.destroy();
  }
}
