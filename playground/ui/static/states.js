/**
 * What a block holds while it goes through one sequence: states and gates, units by places, and how
 * much the loss at the last place still depends on each state.
 */

import { altText, el, fitCanvas, setText } from './dom.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';
import { GAP, paintHeatCard, paintLineCard, placeCards, probe, tokensOf } from './statecards.js';
import { arithmetic, letterOf } from './statewords.js';
import { labelHeight, quoted } from './tokens.js';
import { significant } from './words.js';

/** What the visitor chose outlives a change of tab. */
const choice = { block: null, sort: 'given', gates: true };

export function createStates(context, body, tools) {
  return new States(context, body, tools);
}

class States {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.extents = new Map();
    this.build(body, tools);
    this.listen();
    this.ask();
  }

  build(body, tools) {
    const { text } = this.context;
    this.block = el('select', {
      class: 'np-select', 'aria-label': text('states.block'), title: text('states.block_tip'),
      on: { change: () => this.choose('block', Number(this.block.value)) },
    });
    this.sort = el('select', {
      class: 'np-select', 'aria-label': text('states.sort'), title: text('states.sort_tip'),
      on: { change: () => this.choose('sort', this.sort.value) },
    }, ...['given', 'activity'].map((name) =>
      el('option', { value: name, text: name === 'given' ? text('states.sort_given') : text('states.sort_activity') })));
    this.sort.value = choice.sort;
    tools.append(this.block, this.sort);
    this.note = el('p', { class: 'np-caption np-states-note' });
    this.canvas = el('canvas', { role: 'img', tabindex: '0' });
    this.scroll = el('div', { class: 'np-states-maps' }, this.canvas);
    this.read = el('p', { class: 'np-caption np-states-read' });
    this.empty = el('p', { class: 'np-empty', text: text('states.empty') });
    this.empty.hidden = true;
    body.append(el('div', { class: 'np-states' }, this.note, this.scroll, this.empty, this.read));
    this.alt = altText(this.canvas, text('analysis.states'));
  }

  choose(key, value) {
    choice[key] = value;
    this.cursor = null;
    this.ask();
  }

  ask() {
    this.hub.option('states', { block: choice.block ?? 0, sort: choice.sort });
  }

  // ---- pointer and keys ----------------------------------------------------------------------

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointermove', (event) => this.point(event));
    canvas.addEventListener('pointerdown', (event) => this.point(event));
    canvas.addEventListener('pointerleave', () => this.aim(null));
    canvas.addEventListener('blur', () => this.aim(null));
    canvas.addEventListener('keydown', (event) => this.key(event));
  }

  point({ offsetX: x, offsetY: y }) {
    this.aim(this.cards ? probe(this.cards, x, y) : null);
  }

  key(event) {
    if (!this.cards) return;
    const first = this.cards.find((card) => card.kind === 'heat');
    const at = this.cursor ?? { course: first.course, unit: 0, place: 0 };
    const { units, places } = this.courses[at.course];
    const [last, end] = [units.length - 1, places - 1];
    const moves = {
      ArrowLeft: { place: Math.max(0, at.place - 1) }, ArrowRight: { place: Math.min(end, at.place + 1) },
      ArrowUp: { unit: Math.max(0, at.unit - 1) }, ArrowDown: { unit: Math.min(last, at.unit + 1) },
      Home: { place: 0 }, End: { place: end },
    };
    if (event.key === 'Escape') this.aim(null);
    else if (moves[event.key]) this.aim(this.cursor ? { ...at, ...moves[event.key] } : at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  aim(cursor) {
    this.cursor = cursor;
    this.hub.invalidate();
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const { states } = hub.header;
    if (!states) return;
    this.empty.hidden = states.courses.length > 0;
    this.scroll.hidden = this.read.hidden = !states.courses.length;
    this.fillBlocks(hub.scene, states);
    if (!states.courses.length) return setText(this.note, '');
    this.head = states;
    this.courses = states.courses.map((course, k) => this.course(course, hub.arrays[`states_${k}`]));
    if (this.courses.some(({ data }) => !data) || !this.scroll.clientWidth) return;
    if (this.cursor && !this.inside(this.cursor)) this.cursor = null;
    const width = this.scroll.clientWidth - 4;
    const measuring = { context: this.canvas.getContext('2d'), theme: this.context.theme };
    this.cards = placeCards(this.courses, states, {
      width, height: this.scroll.clientHeight - 4,
      measure: (course, each) => labelHeight(measuring, tokensOf(states, course), each),
    });
    this.size = { width, height: this.cards.at(-1).bottom };
    const context = fitCanvas(this.canvas, this.size.width, this.size.height);
    context.clearRect(0, 0, this.size.width, this.size.height);
    this.paintOn(context);
    setText(this.note, this.about(hub.scene));
    setText(this.read, this.cursor ? this.values(this.cursor) : this.context.text('states.hint'));
    const { scene } = hub; // what is written later is of this frame
    const said = this.cursor ? ` ${this.read.textContent}` : '';
    this.alt(() => `${blockName(this.context.text, scene, states.block)}. ${this.about(scene)}${said}`);
  }

  /** One cell's numbers, and how its colours are scaled: calmly, each part by its own. */
  course(course, array) {
    const { data, shape: [, units, places] } = array ?? { shape: [0, 0, 0] };
    const at = (part, unit, place) => data[(part * units + unit) * places + place];
    return { ...course, data, places, at, size: units * places };
  }

  inside({ course, unit, place }) {
    const found = this.courses[course];
    return found && unit < found.units.length && place < found.places;
  }

  fillBlocks(scene, { blocks, block }) {
    const key = `${scene.id}|${blocks}`;
    if (key !== this.blocks) {
      this.blocks = key;
      this.block.replaceChildren(...blocks.map((index) =>
        el('option', { value: index, text: blockName(this.context.text, scene, index) })));
    }
    if (document.activeElement !== this.block) this.block.value = block;
  }

  paintOn(canvas) {
    const look = { ...this.context, cursor: this.cursor, courses: this.courses, head: this.head, extents: this.extents };
    for (const card of this.cards) {
      canvas.save();
      canvas.translate(card.x, card.y);
      if (card.kind === 'line') paintLineCard(canvas, card, look);
      else paintHeatCard(canvas, card, look);
      canvas.restore();
    }
  }

  // ---- words ---------------------------------------------------------------------------------

  about(scene) {
    const { text } = this.context;
    const { loss, asked, tokens, shown, of, sorted } = this.head;
    const parts = [];
    if (loss != null) {
      const place = asked == null ? '' : text('states.place', { place: asked + 1, token: quoted(tokens, asked) });
      parts.push(place ? text('states.loss_at', { place, loss: significant(loss) }) : text('states.loss', { loss: significant(loss) }));
    }
    if (shown < of) parts.push(text('states.most_active', { shown, of }));
    else if (sorted) parts.push(text('states.sorted'));
    return parts.join(' · ');
  }

  /** The numbers under the cursor, and the sum that makes the state out of its gates. */
  values({ course: k, unit, place }) {
    const { text } = this.context;
    const course = this.courses[k];
    const name = text('states.cell', {
      place: place + 1 + course.start, token: quoted(this.head.tokens, place + course.start), unit: course.units[unit] + 1,
    });
    const values = Object.fromEntries(course.parts.map((part, i) => [part, course.at(i, unit, place)]));
    const before = course.name === 'backward' ? place + 1 : place - 1;
    const earlier = before >= 0 && before < course.places
      ? Object.fromEntries(course.parts.map((part, i) => [part, course.at(i, unit, before)])) : null;
    const written = arithmetic(this.head.kind, values, earlier, course.name === 'written');
    const rest = course.parts.map((part) => `${letterOf(this.head.kind, part)} ${significant(values[part])}`);
    const slope = course.gradients ? `${text('states.slope')} ${significant(course.gradients[place])}` : '';
    return [name, rest.join('  '), written, slope].filter(Boolean).join(' · ');
  }

  save() {
    if (!this.cards) return;
    const { text, theme } = this.context;
    const title = `${text('analysis.states')} · ${blockName(text, this.hub.scene, this.head.block)} · ${text('bar.epoch_count')} ${this.hub.header.epoch}`;
    return savePng(
      { name: fileName('states', this.hub.header), title, width: this.size.width, height: this.size.height + GAP, theme },
      (canvas) => this.paintOn(canvas));
  }

  destroy() {}
}
