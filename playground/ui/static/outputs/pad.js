/**
 * A square to draw a picture on, with pointer or keyboard: ink on a blank ground for digits, colours
 * for all else. What is drawn is told as bytes while the hand still moves.
 */

import { el, icon, iconButton } from '../dom.js';

const FINE = 192; // px of the canvas that is drawn on
const INK_SIDE = 48; // px of what is told, in one channel
const COLOR_SIDE = 32; // and in three
const TELL_MS = 60; // between two words while drawing
const MOST_PAST = 12;
const KEY_STEP = FINE / 32;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const BLACK = '#000000';
const WHITE = '#ffffff';
const COLORS = [WHITE, BLACK, '#d62839', '#f59322', '#f7d64a', '#3a9d4f', '#0877bd', '#7b4fc9'];
const GROUND = '#0877bd';
const PEN = '#f7d64a';

/** Bytes as the text that Python reads. */
export function base64(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return btoa(text);
}

/** What a canvas shows as bytes of `side` × `side` pixels, in one channel or three. */
export function pixelsOf(canvas, side, channels) {
  const small = el('canvas', { width: side, height: side });
  const context = small.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  const bytes = new Uint8Array(side * side * channels);
  for (let pixel = 0, at = 0; pixel < side * side; pixel++) {
    for (let channel = 0; channel < channels; channel++) bytes[at++] = data[4 * pixel + channel];
  }
  return bytes;
}

export class Pad {
  /**
   * @param {object} context of the view
   * @param {(options: object) => void} onDrawn hears of every change, as options of the sample
   */
  constructor(context, onDrawn) {
    Object.assign(this, { context, onDrawn, past: [], ink: WHITE, ground: BLACK, width: 0.13 });
    const { text } = context;
    this.canvas = el('canvas', { width: FINE, height: FINE, 'aria-hidden': 'true' });
    this.paper = this.canvas.getContext('2d', { willReadFrequently: true });
    this.cursor = el('span', { class: 'np-pad-cursor', 'aria-hidden': 'true' });
    this.cursor.hidden = true;
    this.board = el('div', {
      class: 'np-pad-board', tabindex: '0', role: 'application', 'aria-label': text('pad.board'),
      title: text('pad.board_tip'),
    }, this.canvas, this.cursor);
    this.tools = el('div', { class: 'np-pad-tools', role: 'toolbar', 'aria-label': text('pad.tools') });
    this.node = el('div', { class: 'np-pad' }, this.board, this.tools);
    this.at = { x: FINE / 2, y: FINE / 2 };
    this.listen();
    this.use('ink');
  }

  /** @param {'ink'|'color'} kind of pictures that the set has */
  use(kind) {
    if (kind === this.kind) return;
    this.kind = kind;
    [this.ink, this.ground] = kind === 'ink' ? [WHITE, BLACK] : [PEN, GROUND];
    this.past = [];
    this.wipe();
    this.offer();
  }

  get channels() {
    return this.kind === 'ink' ? 1 : 3;
  }

  // ---- strokes -------------------------------------------------------------------------------

  listen() {
    const { board } = this;
    board.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      event.preventDefault();
      board.focus({ preventScroll: true });
      board.setPointerCapture(event.pointerId);
      this.cursor.hidden = true;
      this.keep();
      this.drawing = true;
      this.at = this.place(event);
      this.line(this.at);
    });
    board.addEventListener('pointermove', (event) => {
      if (!this.drawing) return;
      const parts = event.getCoalescedEvents?.() ?? [];
      for (const part of parts.length ? parts : [event]) this.line(this.place(part));
    });
    for (const kind of ['pointerup', 'pointercancel']) {
      board.addEventListener(kind, () => {
        this.drawing = false;
        this.tell();
      });
    }
    board.addEventListener('keydown', (event) => this.key(event));
    board.addEventListener('blur', () => this.lift());
  }

  place({ clientX, clientY }) {
    const box = this.board.getBoundingClientRect();
    const share = FINE / box.width;
    return { x: (clientX - box.left) * share, y: (clientY - box.top) * share };
  }

  line(to) {
    const { paper } = this;
    paper.strokeStyle = this.rubbing ? this.ground : this.ink;
    paper.lineWidth = FINE * this.width * (this.rubbing ? 1.5 : 1);
    paper.lineCap = paper.lineJoin = 'round';
    paper.beginPath();
    paper.moveTo(this.at.x, this.at.y);
    paper.lineTo(to.x + 0.01, to.y);
    paper.stroke();
    this.at = to;
    this.soon();
  }

  /** Arrows move the pen, space sets it down and lifts it. */
  key(event) {
    const move = MOVES[event.key];
    if (move) {
      const [dx, dy] = move.map((way) => way * KEY_STEP * (event.shiftKey ? 4 : 1));
      const inside = (value) => Math.max(0, Math.min(FINE, value));
      const to = { x: inside(this.at.x + dx), y: inside(this.at.y + dy) };
      if (this.down) this.line(to);
      else this.at = to;
    } else if (event.key === ' ') {
      if (!this.down) {
        this.keep();
        this.line(this.at);
      }
      this.down = !this.down;
    } else if (event.key === 'Escape' && this.down) this.lift();
    else if (event.key === 'Delete' || event.key === 'Backspace') this.clear();
    else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) this.undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.cursor.hidden = false;
    this.cursor.style.cssText = `left: ${(100 * this.at.x) / FINE}%; top: ${(100 * this.at.y) / FINE}%`;
    this.cursor.classList.toggle('np-down', Boolean(this.down));
  }

  lift() {
    this.down = false;
    this.cursor.hidden = true;
  }

  // ---- back and away -------------------------------------------------------------------------

  keep() {
    this.past.push(this.paper.getImageData(0, 0, FINE, FINE));
    if (this.past.length > MOST_PAST) this.past.shift();
    this.label();
  }

  undo() {
    const before = this.past.pop();
    if (!before) return;
    this.paper.putImageData(before, 0, 0);
    this.label();
    this.tell();
  }

  clear() {
    this.keep();
    this.wipe();
    this.tell();
  }

  wipe() {
    this.paper.fillStyle = this.ground;
    this.paper.fillRect(0, 0, FINE, FINE);
  }

  // ---- tools ---------------------------------------------------------------------------------

  offer() {
    const { text } = this.context;
    const swatches = this.kind === 'ink' ? [] : COLORS.map((color) => this.swatch(color));
    this.rubber = el('button', {
      type: 'button', class: 'np-icon np-rubber', 'aria-label': text('pad.eraser'), title: text('pad.eraser'),
      'aria-pressed': 'false', on: { click: () => this.rub(!this.rubbing) },
    }, icon('eraser'));
    this.back = iconButton({ name: 'undo', label: text('pad.undo'), onClick: () => this.undo() });
    const away = iconButton({ name: 'close', label: text('pad.clear'), onClick: () => this.clear() });
    const width = el('input', {
      type: 'range', class: 'np-pad-width', min: '0.04', max: '0.3', step: '0.01', value: String(this.width),
      'aria-label': text('pad.width'), title: text('pad.width'),
      on: { input: () => { this.width = Number(width.value); } },
    });
    const fill = this.kind === 'ink' ? null : el('button', {
      type: 'button', class: 'np-toggle', text: text('pad.fill'), title: text('pad.fill_tip'),
      on: { click: () => this.fill() },
    });
    this.tools.replaceChildren(...[...swatches, fill, width, this.rubber, this.back, away].filter(Boolean));
    this.rub(false);
    this.label();
  }

  swatch(color) {
    const { text } = this.context;
    const name = text('pad.color', { color });
    const node = el('button', {
      type: 'button', class: 'np-ink', 'aria-label': name, title: name, 'data-color': color, 'aria-pressed': 'false',
      on: {
        click: () => {
          this.ink = color;
          this.rub(false);
        },
      },
    });
    node.style.setProperty('--np-ink', color);
    return node;
  }

  /** The chosen colour becomes the ground of a new picture. */
  fill() {
    this.ground = this.ink;
    this.clear();
  }

  rub(on) {
    this.rubbing = on;
    this.rubber.setAttribute('aria-pressed', String(on));
    for (const node of this.tools.querySelectorAll('.np-ink')) {
      node.setAttribute('aria-pressed', String(!on && node.dataset.color === this.ink));
    }
  }

  label() {
    if (this.back) this.back.disabled = !this.past.length;
  }

  // ---- what is told --------------------------------------------------------------------------

  soon() {
    this.timer ??= setTimeout(() => this.tell(), TELL_MS);
  }

  tell() {
    clearTimeout(this.timer);
    this.timer = null;
    const side = this.kind === 'ink' ? INK_SIDE : COLOR_SIDE;
    this.onDrawn({ own: this.kind, pixels: base64(pixelsOf(this.canvas, side, this.channels)) });
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
