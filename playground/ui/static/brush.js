/**
 * Points that the visitor has brushed: one selection for every picture of a run, and the tool that
 * brushes, by rectangle, by lasso or by keys.
 */

import { el, icon, setText } from './dom.js';

const NEAR_PX = 10; // reach of a click
const STEP_PX = 8; // of an arrow key

/** How the tool stands outlives a change of tab. */
const choice = { lasso: false };

// ---- what is brushed -------------------------------------------------------------------------

const selections = new WeakMap();

/** The selection of the run that a hub shows. */
export function selectionOf(hub) {
  if (!selections.has(hub)) selections.set(hub, new Selection(hub));
  const found = selections.get(hub);
  found.follow();
  return found;
}

class Selection {
  constructor(hub) {
    this.hub = hub;
    this.sets = { train: new Map(), test: new Map() }; // index → where the point lies
    this.version = 0;
  }

  get size() {
    return this.sets.train.size + this.sets.test.size;
  }

  has(test, index) {
    return this.sets[test ? 'test' : 'train'].has(index);
  }

  /** true and false while anything is brushed, else undefined: every point is as ever. */
  lit(test, index) {
    return this.size ? this.has(test, index) : undefined;
  }

  /** Places as the server counts them: training points before test points. */
  places(most) {
    const train = this.hub.arrays.points_train?.shape[0] ?? 0;
    const all = [...this.sets.train.keys(), ...[...this.sets.test.keys()].map((index) => train + index)];
    return all.slice(0, most);
  }

  /** How many of the brushed points are misclassified; null in a regression. */
  wrong() {
    const { wrong, points_train: points } = this.hub.arrays;
    if (!wrong) return null;
    const train = points?.shape[0] ?? 0;
    let number = 0;
    for (const index of this.sets.train.keys()) number += wrong.data[index];
    for (const index of this.sets.test.keys()) number += wrong.data[train + index];
    return number;
  }

  /** @param {Array<{test: boolean, index: number}>} points @param {'set'|'add'|'remove'} how */
  change(points, how) {
    if (how === 'set') this.empty();
    for (const { test, index } of points) {
      const name = test ? 'test' : 'train';
      if (how === 'remove') this.sets[name].delete(index);
      else this.sets[name].set(index, this.where(name, index));
    }
    this.changed();
  }

  clear() {
    this.empty();
    this.changed();
  }

  empty() {
    this.sets.train.clear();
    this.sets.test.clear();
  }

  changed() {
    this.version += 1;
    this.hub.invalidate();
  }

  where(name, index) {
    const points = this.hub.arrays[`points_${name}`];
    return points && index < points.shape[0] ? points.data.slice(index * 3, index * 3 + 3).join() : null;
  }

  /** Other data have other points: what is not where it was is brushed no longer. */
  follow() {
    const { points_train: train, points_test: test } = this.hub.arrays;
    if (train === this.train && test === this.test) return;
    this.train = train;
    this.test = test;
    if (!train || !this.size) return;
    const before = this.size;
    for (const [name, set] of Object.entries(this.sets)) {
      for (const [index, place] of set) if (this.where(name, index) !== place) set.delete(index);
    }
    if (this.size !== before) this.version += 1;
  }
}

// ---- the tool --------------------------------------------------------------------------------

const SVG = 'http://www.w3.org/2000/svg';

export class Brush {
  /**
   * @param {object} context of the view
   * @param {Element} host the plot; the tool's layer lies over its whole area
   * @param {() => {left: number, top: number, width: number, height: number}} area in its pixels
   * @param {() => Array<{x: number, y: number, test: boolean, index: number}>} spots in the area
   * @param {(on: boolean) => void} onTake the tool was taken or laid down
   */
  constructor(context, host, area, spots, onTake = () => {}) {
    Object.assign(this, { context, host, area, spots, onTake, hub: context.hub });
    const { text } = context;
    this.button = el('button', {
      type: 'button', class: 'np-toggle', text: text('brush.brush'), title: text('brush.brush_tip'),
      'aria-pressed': 'false', on: { click: () => this.take(!this.on) },
    });
    this.line = document.createElementNS(SVG, 'path');
    const svg = document.createElementNS(SVG, 'svg');
    svg.append(this.line);
    this.layer = el('div', { class: 'np-brush-layer', 'aria-hidden': 'true' }, svg);
    this.tools = el('div', { class: 'np-brush-tools', role: 'toolbar', 'aria-label': text('brush.tools') });
    this.shapes = ['box', 'lasso'].map((name) => el('button', {
      type: 'button', class: 'np-icon', 'aria-label': name === 'box' ? text('brush.box') : text('brush.lasso'),
      title: name === 'box' ? text('brush.box_tip') : text('brush.lasso_tip'),
      on: { click: () => this.choose(name === 'lasso') },
    }, icon(name)));
    this.clear = el('button', {
      type: 'button', class: 'np-icon', 'aria-label': text('brush.clear'), title: text('brush.clear_tip'),
      on: { click: () => selectionOf(this.hub).clear() },
    }, icon('close'));
    this.count = el('span', { class: 'np-brush-count', role: 'status' });
    this.tools.append(...this.shapes, this.clear, this.count);
    this.layer.hidden = this.tools.hidden = true;
    host.append(this.layer);
    this.choose(choice.lasso);
    this.listen();
  }

  get on() {
    return !this.layer.hidden;
  }

  take(on) {
    this.layer.hidden = this.tools.hidden = !on;
    this.button.setAttribute('aria-pressed', String(on));
    this.drop();
    this.cursor = null;
    this.onTake(on);
    this.hub.invalidate();
  }

  choose(lasso) {
    choice.lasso = lasso;
    this.shapes.forEach((node, i) => node.setAttribute('aria-pressed', String(Boolean(i) === lasso)));
  }

  // ---- by pointer ----------------------------------------------------------------------------

  listen() {
    const { layer } = this;
    layer.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      event.stopPropagation();
      layer.setPointerCapture(event.pointerId);
      this.path = [this.pixel(event)];
      this.cursor = this.anchor = null;
    });
    layer.addEventListener('pointermove', (event) => {
      if (!this.path) return;
      event.stopPropagation();
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.path.push(this.pixel(part));
      this.draw();
    });
    layer.addEventListener('pointerup', (event) => {
      event.stopPropagation();
      this.finish(event);
    });
    layer.addEventListener('pointercancel', () => this.drop());
    // Plotly hears of drags by other events than these.
    for (const kind of ['mousedown', 'touchstart', 'dblclick', 'wheel', 'click']) {
      layer.addEventListener(kind, (event) => event.stopPropagation(), { passive: true });
    }
  }

  pixel({ clientX, clientY }) {
    const box = this.layer.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }

  /** The corners of what has been drawn: the lasso itself, or the rectangle of its ends. */
  outline() {
    if (choice.lasso && !this.anchor) return this.path;
    const [a, b] = this.anchor ? [this.anchor, this.cursor] : [this.path[0], this.path.at(-1)];
    return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  }

  finish({ shiftKey, altKey }) {
    if (!this.path) return;
    const how = shiftKey ? 'add' : altKey ? 'remove' : 'set';
    const [first] = this.path;
    const far = this.path.some(({ x, y }) => Math.hypot(x - first.x, y - first.y) > 3);
    if (far) this.select(this.outline(), how);
    else this.click(first, how);
    this.drop();
  }

  /** A click brushes one point, or takes it out again; beside all points it clears. */
  click({ x, y }, how) {
    const away = (spot) => Math.hypot(spot.x - x, spot.y - y);
    const near = this.spots().filter((spot) => away(spot) <= NEAR_PX).sort((a, b) => away(a) - away(b));
    const selection = selectionOf(this.hub);
    if (!near.length) return how === 'set' && selection.clear();
    const only = how === 'set' && selection.size === 1 && selection.has(near[0].test, near[0].index);
    selection.change([near[0]], only ? 'remove' : how);
  }

  select(corners, how) {
    selectionOf(this.hub).change(this.spots().filter((spot) => inside(spot, corners)), how);
  }

  drop() {
    this.path = this.anchor = null;
    this.draw();
  }

  // ---- by keys -------------------------------------------------------------------------------

  /** Arrows move a cross, Enter sets one corner and then the other. @returns whether it was ours */
  key(event) {
    if (!this.on) return false;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (arrow) this.move(...arrow.map((by) => by * STEP_PX * (event.shiftKey ? 5 : 1)));
    else if (event.key === 'Enter') this.press(event);
    else if (event.key === 'Escape') this.escape();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  move(dx, dy) {
    const { width, height } = this.area();
    const at = this.cursor ?? { x: width / 2 - dx, y: height / 2 - dy };
    const clamp = (value, most) => Math.max(0, Math.min(most, value));
    this.cursor = { x: clamp(at.x + dx, width), y: clamp(at.y + dy, height) };
    this.draw();
  }

  press({ shiftKey, altKey }) {
    if (!this.cursor) this.move(0, 0);
    if (!this.anchor) {
      this.anchor = { ...this.cursor };
      return this.draw();
    }
    const how = shiftKey ? 'add' : altKey ? 'remove' : 'set';
    const same = Math.hypot(this.anchor.x - this.cursor.x, this.anchor.y - this.cursor.y) < 3;
    if (same) this.click(this.cursor, how);
    else this.select(this.outline(), how);
    this.anchor = null;
    this.draw();
  }

  escape() {
    if (this.anchor) this.anchor = null;
    else if (selectionOf(this.hub).size) selectionOf(this.hub).clear();
    else this.cursor = null;
    this.draw();
  }

  // ---- what is seen --------------------------------------------------------------------------

  draw() {
    let d = '';
    if (this.path?.length > 1 || this.anchor) {
      d = `M${this.outline().map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}Z`;
    }
    if (this.cursor) {
      const { x, y } = this.cursor;
      d += `M${x - 9} ${y}h18M${x} ${y - 9}v18`;
    }
    this.line.setAttribute('d', d);
  }

  /** Puts the layer over the area and says how many points are brushed; called at every paint. */
  place() {
    const selection = selectionOf(this.hub);
    const { text } = this.context;
    this.button.classList.toggle('np-lit', selection.size > 0);
    if (!this.on) return;
    const { left, top, width, height } = this.area();
    const key = `${left}|${top}|${width}|${height}`;
    if (key !== this.placed) {
      this.placed = key;
      this.layer.style.cssText = `left: ${left}px; top: ${top}px; width: ${width}px; height: ${height}px`;
    }
    this.clear.disabled = !selection.size;
    const wrong = selection.wrong();
    setText(this.count, !selection.size ? text('brush.hint')
      : wrong === null ? text('brush.count', { count: selection.size })
        : text('brush.count_wrong', { count: selection.size, wrong }));
  }
}

/** Whether a point lies within a polygon, by the parity of the edges that a ray crosses. */
export function inside({ x, y }, corners) {
  let within = false;
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % corners.length];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) within = !within;
  });
  return within;
}
