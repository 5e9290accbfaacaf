/** The marked parts of the axes of parallel coordinates: dragged along an axis, or moved by keys. */

import { el } from '../dom.js';

const REACH = 13; // px beside an axis in which a drag marks a part of it
const LEAST = 6; // px of a drag; less is a click, which takes the mark away

export class Brushes {
  /** @param {object} lines which gives `at(axis, share)`, `shareAt(place)`, `lying` */
  constructor(context, results, lines) {
    Object.assign(this, { context, results, lines });
    this.node = el('div', { class: 'np-s-brushes' });
    this.parts = [];
  }

  /** Puts a strip over every axis, with a handle at each end of what is marked of it. */
  place(axes) {
    const key = JSON.stringify(axes.map((axis) => [axis.key, axis.name]));
    if (key !== this.key) {
      this.key = key;
      this.parts = axes.map((axis, i) => this.build(axis, i));
      this.node.replaceChildren(...this.parts.flatMap(({ strip, mark, handles }) => [strip, mark, ...handles]));
    }
    axes.forEach((axis, i) => {
      Object.assign(this.parts[i], { axis });
      this.show(this.parts[i], i);
    });
  }

  build(axis, i) {
    const { text } = this.context;
    const strip = el('div', { class: 'np-s-strip', title: text('sweep.brush_tip') });
    const mark = el('div', { class: 'np-s-marked' });
    const handles = ['from', 'to'].map((end) => el('button', {
      type: 'button', class: `np-s-handle np-s-handle-${end}`, role: 'slider',
      'aria-label': text(`sweep.brush_${end}`, { name: axis.name }), 'aria-valuemin': 0, 'aria-valuemax': 100,
    }));
    const part = { axis, strip, mark, handles };
    strip.addEventListener('pointerdown', (event) => this.drag(event, strip, part, i));
    handles.forEach((handle, end) => {
      handle.addEventListener('pointerdown', (event) => this.drag(event, handle, part, i, end));
      handle.addEventListener('keydown', (event) => this.keyed(event, part, end));
      handle.addEventListener('dblclick', () => this.results.brush(part.axis.key, null));
    });
    return part;
  }

  marked(part) {
    return this.results.brushes.get(part.axis.key) ?? [0, 1];
  }

  show(part, i) {
    const { lines } = this;
    const [low, high] = this.marked(part);
    const [start, end] = [lines.at(i, 0), lines.at(i, 1)];
    box(part.strip, start, end, REACH);
    box(part.mark, lines.at(i, low), lines.at(i, high), 7);
    part.mark.hidden = !this.results.brushes.has(part.axis.key);
    [low, high].forEach((share, which) => {
      const handle = part.handles[which];
      const { x, y } = lines.at(i, share);
      const out = (which ? -1 : 1) * 10;
      handle.style.transform = lines.lying
        ? `translate(${x - 12 - out}px, ${y - 12}px) rotate(90deg)`
        : `translate(${x - 12}px, ${y - 12 + out}px)`;
      handle.setAttribute('aria-valuenow', String(Math.round(100 * share)));
      handle.setAttribute('aria-valuetext', this.words(part, share));
      handle.setAttribute('aria-orientation', lines.lying ? 'horizontal' : 'vertical');
      handle.hidden = !part.axis.scale;
    });
    part.strip.hidden = !part.axis.scale;
  }

  words({ axis: { scale } }, share) {
    if (!scale) return '–';
    if (scale.kind === 'number') return scale.words(scale.valueAt(share));
    return scale.ticks.reduce((near, tick) =>
      (Math.abs(tick.at - share) < Math.abs(near.at - share) ? tick : near)).words;
  }

  // ---- by hand -----------------------------------------------------------------------------------

  /** A drag of an end moves it; one along the axis marks what lies between. */
  drag(event, node, part, i, end = null) {
    if (event.button > 0) return;
    event.preventDefault();
    if (end !== null) node.focus();
    node.setPointerCapture(event.pointerId);
    const from = this.share(event);
    const before = [...this.marked(part)];
    let far = 0;
    const move = (moved) => {
      far = Math.max(far, Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY));
      const now = this.share(moved);
      if (end === null) this.mark(part, [Math.min(from, now), Math.max(from, now)]);
      else this.move(part, end, before[end] + now - from);
    };
    const stop = () => {
      node.removeEventListener('pointermove', move);
      node.removeEventListener('pointerup', stop);
      node.removeEventListener('pointercancel', stop);
      if (end === null && far < LEAST) this.results.brush(part.axis.key, null);
    };
    node.addEventListener('pointermove', move);
    node.addEventListener('pointerup', stop);
    node.addEventListener('pointercancel', stop);
  }

  share({ clientX, clientY }) {
    const { left, top } = this.node.getBoundingClientRect();
    return this.lines.shareAt({ x: clientX - left, y: clientY - top });
  }

  move(part, end, share) {
    const marked = [...this.marked(part)];
    marked[end] = end ? Math.max(marked[0], Math.min(1, share)) : Math.min(marked[1], Math.max(0, share));
    this.mark(part, marked);
  }

  mark(part, marked) {
    this.results.brush(part.axis.key, marked);
  }

  keyed(event, part, end) {
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 }[event.key];
    const now = this.marked(part)[end];
    if (event.key === 'Escape' || event.key === 'Delete') this.results.brush(part.axis.key, null);
    else if (event.key === 'Home' || event.key === 'End') this.move(part, end, event.key === 'End' ? 1 : 0);
    else if (by) this.move(part, end, stepped(part.axis.scale?.stops, now, by));
    else return;
    event.preventDefault();
  }
}

/** Where the end of a marked part goes by a key: to the next place between two values, or on by 2 %. */
function stepped(stops, now, by) {
  if (!stops) return now + 0.02 * by;
  const beyond = by > 0 ? stops.filter((stop) => stop > now + 1e-9) : stops.filter((stop) => stop < now - 1e-9).reverse();
  return beyond[0] ?? now;
}

/** Lays a node over the way from one place to another. */
function box(node, from, to, beside) {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  const lying = right - left > bottom - top;
  const [across, along] = lying ? [0, beside] : [beside, 0];
  node.style.transform = `translate(${left - across}px, ${top - along}px)`;
  node.style.width = `${right - left + 2 * across}px`;
  node.style.height = `${bottom - top + 2 * along}px`;
}
