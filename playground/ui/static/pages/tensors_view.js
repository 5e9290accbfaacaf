/** One tensor: a window of its numbers, the whole as picture or wave, what it is, its memory. */

import { css } from '../colors.js';
import { el, fitCanvas, setText } from '../dom.js';
import { count } from '../words.js';
import { Grid } from './tensors_grid.js';
import { cellWords, indexed, placeOf, realWords, shapeWords } from './tensors_numbers.js';
import { Sound } from './tensors_sound.js';

const WIDTH = 320;
const TALLEST = 200;
const WAVE_HEIGHT = 72;

export class TensorView {
  /**
   * @param {string} name A, B or C
   * @param {object} context of the page
   * @param {{onPoint: Function, onMove: (at: number[]) => void, onEdit?: Function}} hooks
   */
  constructor(name, context, hooks) {
    Object.assign(this, { name, context, hooks });
    this.grid = new Grid(name, context, { ...hooks, onWalk: (rows, columns) => this.step(rows, columns) });
    this.canvas = el('canvas', { role: 'img', tabindex: '0', class: 'np-t-whole' });
    this.caption = el('p', { class: 'np-caption' });
    this.slices = el('div', { class: 'np-t-slices' });
    this.sound = new Sound(context);
    this.over = el('div', { class: 'np-t-over' }, this.canvas, this.caption, this.sound.node);
    this.facts = el('dl', { class: 'np-t-facts' });
    this.notes = el('div', { class: 'np-t-notes' });
    this.memory = el('div', { class: 'np-t-memory' });
    this.node = el('div', { class: 'np-t-tensor' },
      this.over, this.slices, this.grid.node, this.notes, this.facts, this.memory);
    this.canvas.addEventListener('pointerdown', (event) => this.drag(event));
    this.canvas.addEventListener('pointermove', (event) => event.buttons && this.drag(event));
    this.canvas.addEventListener('keydown', (event) => this.keyed(event));
  }

  show(told, arrays, typed = null) {
    Object.assign(this, { told, arrays });
    this.node.hidden = !told;
    if (!told) return;
    this.grid.show(told, arrays, typed);
    this.showFacts();
    this.showMemory();
    this.showSlices();
    this.sound.show(arrays.played, told.view.rate);
    this.paint();
  }

  themed() {
    if (!this.told) return;
    this.grid.fill();
    this.paint();
  }

  // ---- the whole ---------------------------------------------------------------------------------

  paint() {
    const { told, arrays } = this;
    const { picture, wave } = arrays;
    this.canvas.hidden = !picture && !wave;
    this.caption.hidden = this.canvas.hidden;
    this.over.hidden = this.canvas.hidden && !arrays.played;
    if (picture) this.paintPicture(picture);
    else if (wave) this.paintWave(wave);
    if (this.canvas.hidden) return;
    const { text } = this.context;
    const { scale, wave: ends, coarse } = told.whole;
    const [low, high] = (told.low === null ? scale ?? ends : [told.low, told.high]).map(realWords);
    const what = wave ? text('tensors.wave', { low, high }) : text('tensors.whole', { low, high });
    setText(this.caption, what
      + (coarse > 1 ? ` ${text('tensors.coarse', { coarse })}` : ''));
    this.canvas.setAttribute('aria-label', text('tensors.whole_alt', {
      name: this.name, shape: shapeWords(told.shape), low, high,
    }));
  }

  paintPicture({ data, shape }) {
    const [height, width] = shape;
    const scale = Math.min(WIDTH / width, TALLEST / height);
    this.size = [Math.max(24, width * scale), Math.max(24, height * scale)];
    const context = fitCanvas(this.canvas, ...this.size);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.bitmap(data, shape), 0, 0, ...this.size);
    this.frame(context);
    this.outside(context);
  }

  /** The picture in its own pixels; made anew when the numbers or the theme change. */
  bitmap(data, [height, width, channels = 1]) {
    const { theme } = this.context;
    if (this.kept?.data === data && this.kept.theme === theme) return this.kept.canvas;
    const image = new ImageData(width, height);
    const { diverging } = this.context.theme.colors;
    const signed = this.told.whole.colors === 'diverging';
    for (let i = 0; i < width * height; i += 1) {
      let rgb;
      if (channels === 3) rgb = data.subarray(3 * i, 3 * i + 3);
      else if (signed) rgb = diverging(data[i] / 255);
      else rgb = [data[i], data[i], data[i]];
      image.data.set([rgb[0], rgb[1], rgb[2], 255], 4 * i);
    }
    const canvas = el('canvas', { width, height });
    canvas.getContext('2d').putImageData(image, 0, 0);
    this.kept = { data, theme, canvas };
    return canvas;
  }

  /** Marked cells that the window does not hold, as rings upon the picture. */
  outside(context) {
    if (!this.far?.length) return;
    const { whole, planes } = this.told.window;
    for (const flat of this.far) {
      const place = placeOf(flat, this.told.shape);
      const [row, column] = planes ? place : place.slice(-2);
      const x = ((column + 0.5) / whole[2]) * this.size[0];
      const y = ((row + 0.5) / whole[1]) * this.size[1];
      for (const [width, color] of [[4, '#000'], [2, '#fff']]) {
        context.beginPath();
        context.arc(x, y, 5, 0, 2 * Math.PI);
        context.lineWidth = width;
        context.strokeStyle = color;
        context.stroke();
      }
    }
  }

  /** Where the window stands upon the picture. */
  frame(context) {
    const { at, whole } = this.told.window;
    const [, rows, columns] = this.arrays.cells.shape;
    const [width, height] = this.size;
    const x = (at[1] / whole[2]) * width;
    const y = (at[0] / whole[1]) * height;
    const w = Math.max(4, (columns / whole[2]) * width);
    const h = Math.max(4, (rows / whole[1]) * height);
    context.lineWidth = 3;
    context.strokeStyle = '#000';
    context.strokeRect(x, y, w, h);
    context.lineWidth = 1.5;
    context.strokeStyle = '#fff';
    context.strokeRect(x, y, w, h);
  }

  paintWave({ data, shape }) {
    const columns = shape[1];
    this.size = [WIDTH, WAVE_HEIGHT];
    const context = fitCanvas(this.canvas, ...this.size);
    context.clearRect(0, 0, ...this.size);
    const reach = Math.max(1e-12, ...data.map(Math.abs));
    const y = (value) => WAVE_HEIGHT / 2 - (value / reach) * (WAVE_HEIGHT / 2 - 2);
    context.fillStyle = this.context.theme.line;
    context.fillRect(0, WAVE_HEIGHT / 2, WIDTH, 1);
    context.fillStyle = css(this.context.theme.colors.positive);
    for (let i = 0; i < columns; i += 1) {
      const top = y(data[columns + i]);
      context.fillRect((i * WIDTH) / columns, top, Math.max(1, WIDTH / columns), Math.max(1, y(data[i]) - top));
    }
    const { at, whole } = this.told.window;
    const long = Math.max(whole[1], whole[2]);
    context.fillStyle = this.context.theme.text;
    context.fillRect((Math.max(at[0], at[1]) / long) * WIDTH, 0, 2, WAVE_HEIGHT);
  }

  // ---- moving the window -------------------------------------------------------------------------

  drag(event) {
    const box = this.canvas.getBoundingClientRect();
    const { whole } = this.told.window;
    const [, rows, columns] = this.arrays.cells.shape;
    const share = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    // Of samples in a column, the wave runs along the rows.
    if (this.arrays.wave && whole[1] > whole[2]) share[0] = share[1];
    this.move([
      Math.round(share[0] * whole[1] - rows / 2), Math.round(share[1] * whole[2] - columns / 2),
      this.told.window.at[2],
    ]);
  }

  keyed(event) {
    const ways = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const pace = event.shiftKey ? 10 : 1;
    this.step(way[0] * pace, way[1] * pace);
  }

  step(rows, columns) {
    const { at } = this.told.window;
    this.move([at[0] + rows, at[1] + columns, at[2]]);
  }

  move(wanted) {
    const { at, whole } = this.told.window;
    const [slices, rows, columns] = this.arrays.cells.shape;
    const most = [whole[1] - rows, whole[2] - columns, whole[0] - slices];
    const next = wanted.map((value, i) => Math.max(0, Math.min(value, most[i])));
    if (next.some((value, i) => value !== at[i])) this.hooks.onMove(next);
  }

  /** Earlier and later slices, where the window does not hold them all. */
  showSlices() {
    const { at, whole } = this.told.window;
    const shown = this.arrays.cells.shape[0];
    const more = whole[0] > shown;
    this.slices.hidden = !more;
    if (!more) return;
    const { text } = this.context;
    const go = (by) => this.move([at[0], at[1], at[2] + by]);
    const say = text('tensors.slices', { first: at[2], last: at[2] + shown - 1, all: whole[0] });
    const one = (words, label, by) => el('button', {
      type: 'button', class: 'np-toggle', text: words, 'aria-label': label, on: { click: () => go(by) },
    });
    this.slices.replaceChildren(
      one('‹', text('tensors.earlier'), -shown), el('span', { text: say }),
      one('›', text('tensors.later'), shown));
  }

  // ---- what it is ----------------------------------------------------------------------------------

  showFacts() {
    const { told, context: { text, lang } } = this;
    const shared = told.shares ? text('tensors.shares') : null;
    const bytes = text('tensors.bytes', {
      count: count(told.count, lang), each: told.item_bytes, bytes: count(told.bytes, lang),
    });
    const held = told.held_bytes === told.bytes ? null
      : text('tensors.held', { bytes: count(told.held_bytes, lang) });
    const [order, kind] = [Math.min(told.order, 3), kindOf(told.dtype)];
    const rows = [
      [text('tensors.order'), `${told.order} · ${text(`tensors.order_${order}`)}`],
      [text('tensors.shape'), shapeWords(told.shape)],
      [text('tensors.dtype'), `${told.dtype} · ${text(`tensors.kind_${kind}`)}`],
      [text('tensors.memory'), [bytes, held, shared].filter(Boolean).join(' ')],
      [text('tensors.strides'), shapeWords(told.strides)
        + (told.contiguous ? '' : ` · ${text('tensors.not_contiguous')}`)],
    ];
    this.facts.replaceChildren(...rows.map(([name, value]) =>
      el('div', {}, el('dt', { text: name }), el('dd', { text: value }))));
    const notes = (told.notes ?? []).map(({ code, params }) => this.note(code, params));
    if (told.not_finite) notes.push(text('tensors.not_finite', { count: told.not_finite }));
    this.notes.replaceChildren(...notes.map((words) => el('p', { class: 'np-t-note', text: words })));
  }

  note(code, params) {
    const { text } = this.context;
    if (code === 'overflow') return text('tensors.note_overflow', params);
    const words = params.largest === null ? text('tensors.note_changed_any', params)
      : text('tensors.note_changed', { ...params, largest: realWords(params.largest) });
    return params.imaginary ? `${words} ${text('tensors.note_imaginary', params)}` : words;
  }

  /** The first numbers as they lie in memory, one behind the other. */
  showMemory() {
    const { told, arrays: { stored }, context: { text } } = this;
    const cells = Array.from({ length: stored.shape[0] }, (_, i) =>
      el('span', { text: cellWords(stored.data[2 * i], stored.data[2 * i + 1], told.dtype) }));
    this.stored = cells;
    this.address = el('p', { class: 'np-caption np-t-address' });
    const more = told.held_bytes / told.item_bytes > told.offset + cells.length;
    this.memory.replaceChildren(
      el('h4', { class: 'np-subtitle', text: text('tensors.in_memory') }),
      el('div', { class: 'np-t-strip', tabindex: '0', role: 'group', 'aria-label': text('tensors.in_memory') },
        ...cells, more && el('span', { class: 'np-t-more', text: '…' })),
      this.address);
    setText(this.address, text('tensors.address_hint'));
  }

  /** Where the number at a place in row order lies. */
  address_of(flat) {
    const place = placeOf(flat, this.told.shape);
    return place.reduce((sum, i, k) => sum + i * this.told.strides[k], 0);
  }

  /** Marks cells, here and in memory; a class for each place in row order. */
  mark(classes, here = null) {
    if (!this.told) return;
    this.grid.mark(classes);
    this.markFar(classes);
    for (const cell of this.stored ?? []) cell.className = '';
    for (const [flat, name] of classes) {
      const cell = this.stored?.[this.address_of(flat)];
      if (cell) cell.className = name;
    }
    const { text } = this.context;
    setText(this.address, here === null ? text('tensors.address_hint') : this.addressWords(here));
  }

  markFar(classes) {
    if (!this.arrays.picture) return;
    const near = new Set(this.arrays.cells.data);
    const far = [...classes.keys()].filter((flat) => !near.has(flat));
    if (!far.length && !this.far?.length) return;
    this.far = far;
    this.paintPicture(this.arrays.picture);
  }

  addressWords(flat) {
    const { shape, strides } = this.told;
    const place = placeOf(flat, shape);
    const sum = place.map((i, k) => `${i}·${strides[k]}`).join(' + ') || '0';
    return this.context.text('tensors.address', {
      place: indexed(this.name, flat, shape), sum, address: this.address_of(flat),
    });
  }
}

function kindOf(dtype) {
  if (dtype === 'bool') return 'bool';
  if (dtype.startsWith('complex')) return 'complex';
  return dtype.includes('float') ? 'float' : 'integer';
}
