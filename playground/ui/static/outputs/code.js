/**
 * The output of an autoencoder: a picture and what the network makes of it again, the plane of all
 * codes, and the decoder's picture wherever one walks in that plane.
 */

import { css, mix, parse } from '../colors.js';
import { altText, el, fitCanvas, iconButton, setText, toggle } from '../dom.js';
import { fileName, savePng } from '../png.js';
import { loadStyle } from '../mounting.js';
import { significant } from '../words.js';
import { CodePlane } from './codeplane.js';

/** Outlive a remount of the pane. */
const choices = { grid: true, points: true, at: null };
const SIDE = 84; // px of each of the pictures above the plane
const STEPS = 40; // of an arrow key across the plane

export function createCodes(context) {
  return new CodesPane(context);
}

class CodesPane {
  constructor(context) {
    this.context = context;
    loadStyle('outputs/code.css');
    const { text } = context;
    this.plane = new CodePlane();
    this.canvas = el('canvas', { role: 'img', tabindex: '0', class: 'np-code-plane' });
    this.alt = altText(this.canvas, text('code.title'));
    this.pictures = ['picture', 'again', 'walk'].map((name) => {
      const canvas = el('canvas', { role: 'img', 'aria-label': text(`code.${name}`) });
      const note = el('small');
      return { name, canvas, note, node: el('figure', {}, canvas, el('figcaption', {}, text(`code.${name}`), note)) };
    });
    this.back = el('button', {
      type: 'button', class: 'np-toggle', text: text('code.back'), title: text('code.back_tip'),
      on: { click: () => this.walk(null) },
    });
    this.note = el('p', { class: 'np-caption', role: 'status' });
    this.missing = el('p', { class: 'np-caption', text: text('code.missing') });
    this.toggles = ['grid', 'points'].map((name) =>
      toggle({
        label: text(`code.${name}`), tip: text(`code.${name}_tip`), pressed: choices[name],
        onChange: (on) => {
          choices[name] = on;
          context.hub.invalidate();
        },
      }));
    const save = iconButton({ name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.save() });
    this.node = el('div', { class: 'np-code' },
      el('div', { class: 'np-code-pictures' }, ...this.pictures.map(({ node }) => node)),
      this.canvas, this.missing, el('div', { class: 'np-code-foot' }, this.note, this.back));
    context.root.append(
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('code.title') }),
        el('div', { class: 'np-tools' }, ...this.toggles, save)),
      this.node);
    this.listen();
    context.hub.want({ map: true });
    context.hub.option('output', { x: choices.at?.[0] ?? null, y: choices.at?.[1] ?? null });
  }

  listen() {
    const { canvas } = this;
    const move = (event) => {
      const box = canvas.getBoundingClientRect();
      const place = this.plane.window && this.plane.from(event.clientX - box.left, event.clientY - box.top);
      if (place) this.walk(place);
    };
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerdown', (event) => {
      if (event.pointerType !== 'mouse') canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    canvas.addEventListener('click', () => this.pick());
    canvas.addEventListener('keydown', (event) => this.key(event));
  }

  key(event) {
    if (!this.told?.window) return;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.key in moves) {
      const [x0, x1, y0, y1] = this.told.window;
      const [right, up] = moves[event.key];
      const [x, y] = choices.at ?? this.told.code;
      const within = (value, low, high) => Math.min(Math.max(value, low), high);
      this.walk([within(x + (right * (x1 - x0)) / STEPS, x0, x1), within(y + (up * (y1 - y0)) / STEPS, y0, y1)]);
    } else if (event.key === 'Enter' && choices.at) this.pick();
    else if (event.key === 'Escape' && choices.at) this.walk(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Goes to a place of the plane; null is the chosen picture's own code. */
  walk(at) {
    choices.at = at;
    this.context.hub.option('output', { x: at?.[0] ?? null, y: at?.[1] ?? null });
    this.context.hub.invalidate();
  }

  /** The picture whose code is nearest becomes the chosen one. */
  pick() {
    if (!choices.at || !this.facts) return;
    const found = this.plane.nearest(choices.at);
    if (found < 0) return;
    const [train] = this.facts.counts;
    const option = found < train ? { part: 'train', index: found } : { part: 'test', index: found - train };
    this.context.hub.option('sample', option);
  }

  // ---- painting ------------------------------------------------------------------------------

  paint({ scene, header, arrays }) {
    const facts = scene?.code;
    if (!facts || !header.output?.errors || !arrays.sample_again) return;
    this.facts = facts;
    this.told = header.output;
    const { theme } = this.context;
    const walked = this.told.window && arrays.code_picture;
    this.pictures[2].node.hidden = this.canvas.hidden = !walked;
    for (const node of this.toggles) node.hidden = !walked;
    this.missing.hidden = Boolean(walked);
    this.back.hidden = !walked || !choices.at;
    const sources = [arrays.sample_picture, arrays.sample_again, arrays.code_picture];
    this.pictures.forEach(({ canvas }, place) => sources[place] && paintGrey(canvas, sources[place], theme));
    this.say();
    if (!walked) return;
    this.plane.place(Math.max(160, this.node.clientWidth), this.told.window);
    this.plane.paint(this.canvas, this.content(arrays), theme);
    this.alt(() => this.describe());
  }

  content(arrays) {
    const { part, index } = this.told.sample;
    const place = part === 'train' ? index : this.facts.counts[0] + index;
    const inside = part !== 'own' && index < this.facts.counts[part === 'train' ? 0 : 1];
    return {
      points: arrays.code_points.data, classes: arrays.code_class.data, train: this.facts.counts[0],
      grid: arrays.code_grid, chosen: inside ? place : null, at: choices.at ?? null, shows: choices,
    };
  }

  say() {
    const { text } = this.context;
    const { error, errors, at } = this.told;
    const [picture, again, walk] = this.pictures;
    setText(picture.note, text(`code.of_${this.told.sample.part}`));
    setText(again.note, text('code.error', { error: significant(error) }));
    if (at) setText(walk.note, text('code.place', { x: significant(at[0]), y: significant(at[1]) }));
    setText(this.note, text('code.summary', { error: significant(errors[1]), linear: significant(this.facts.linear) }));
  }

  describe() {
    const { at, errors, window } = this.told;
    const [x0, x1, y0, y1] = window.map(significant);
    return this.context.text('code.alt', {
      x: significant(at[0]), y: significant(at[1]), x0, x1, y0, y1,
      points: this.facts.counts[0] + this.facts.counts[1], error: significant(errors[1]),
    });
  }

  save() {
    if (!this.told?.window) return;
    const { theme, text, hub } = this.context;
    const { plane } = this;
    const title = `${text('code.title')} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng({ name: fileName('code', hub.header), title, width: plane.width, height: plane.height, theme },
      (canvas) => plane.paintOn(canvas, this.content(hub.arrays), theme));
  }

  themed() {
    this.plane.themed();
  }

  destroy() {
    this.context.hub.want({ map: false });
  }
}

/** A grey picture in the page's own colours, ink in the colour of its text. */
function paintGrey(canvas, { data, shape: [rows, columns] }, theme) {
  const context = fitCanvas(canvas, SIDE, SIDE);
  const [ground, ink] = [parse(theme.background), parse(theme.text)];
  const [wide, high] = [SIDE / columns, SIDE / rows];
  context.clearRect(0, 0, SIDE, SIDE);
  for (let i = 0; i < data.length; i++) {
    context.fillStyle = css(mix(ground, ink, data[i] / 255));
    const [x, y] = [(i % columns) * wide, Math.floor(i / columns) * high];
    // Edges on whole pixels, or lines of the ground would shine through.
    context.fillRect(Math.floor(x), Math.floor(y), Math.ceil(x + wide) - Math.floor(x), Math.ceil(y + high) - Math.floor(y));
  }
}
