/**
 * Of pictures: the chosen one, and as bars what the network takes it for. It is one of the set, or
 * the visitor's own, drawn or from a camera; beneath, pictures to choose from and the steps from the
 * picture to the network.
 */

import { altText, el, fitCanvas, iconButton, setText, toggle } from '../dom.js';
import { css } from '../colors.js';
import { className, neuronName } from '../scene.js';
import { percent } from '../words.js';
import { Camera } from './camera.js';
import { Pad } from './pad.js';
import { paintPixels } from './picturepaint.js';
import { Picker } from './picker.js';
import { Steps } from './steps.js';

const PHOTOS = ['china', 'flower'];

export function createPictures(context) {
  return new PicturesPane(context);
}

class PicturesPane {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.source = document.createElement('canvas');
    this.build();
    this.alt = altText(this.canvas, context.text('output.title_pictures'));
    this.hub.want({ map: true });
    this.show('set');
  }

  build() {
    const { text, root } = this.context;
    this.title = el('h3', { class: 'np-title', text: text('output.title_pictures') });
    this.back = el('button', {
      type: 'button', class: 'np-toggle np-back', text: text('output.back'), title: text('output.back_tip'),
      on: { click: () => this.hub.want({ focus: null }) },
    });
    this.back.hidden = true;
    this.modes = el('div', { class: 'np-tools', role: 'group', 'aria-label': text('output.source') },
      this.modeButton('set', text('output.from_set')), this.modeButton('pad', text('output.draw')),
      this.modeButton('camera', text('output.camera')));
    this.place = el('span', { class: 'np-note' });
    this.parts = el('div', { class: 'np-sample-tools', role: 'group', 'aria-label': text('output.choose') },
      this.partButton('train', text('output.train')), this.partButton('test', text('output.test')),
      iconButton({ name: 'previous', label: text('output.previous'), onClick: () => this.step(-1) }),
      iconButton({ name: 'next', label: text('output.next'), onClick: () => this.step(1) }),
      iconButton({ name: 'random', label: text('output.random'), onClick: () => this.draw() }),
      ...PHOTOS.map((name) => this.photoButton(name)));
    this.canvas = el('canvas', { role: 'img', tabindex: '0' });
    // A box of its own says how large it may be: a canvas that says so itself never shrinks.
    this.frame = el('div', { class: 'np-sample-picture' }, this.canvas);
    this.bars = el('ol', { class: 'np-class-bars', tabindex: '0', 'aria-label': text('output.scores') });
    this.verdict = el('p', { class: 'np-caption np-verdict', 'aria-live': 'polite' });
    const choose = (options) => this.hub.option('sample', options);
    this.pad = new Pad(this.context, choose);
    this.camera = new Camera(this.context, choose);
    this.picker = new Picker(this.context, choose);
    this.steps = new Steps(this.context);
    const picture = el('figure', { class: 'np-sample' }, this.frame, this.place);
    this.body = el('div', { class: 'np-sample-body' }, this.pad.node, this.camera.node, picture, this.bars);
    this.below = el('div', { class: 'np-sample-below' }, this.steps.node, this.picker.node);
    root.append(el('div', { class: 'np-head' }, this.title, this.back, this.modes), this.parts,
      this.body, this.verdict, this.below);
    this.sizes = new ResizeObserver(() => this.hub.invalidate());
    this.sizes.observe(this.frame);
    this.canvas.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.step(by);
    });
  }

  modeButton(mode, label) {
    const node = toggle({ label, tip: label, pressed: false, onChange: () => this.show(mode) });
    node.dataset.mode = mode;
    return node;
  }

  partButton(part, label) {
    return el('button', {
      type: 'button', class: 'np-toggle', 'data-part': part, text: label,
      on: { click: () => this.hub.option('sample', { part, index: 0 }) },
    });
  }

  photoButton(name) {
    const { text } = this.context;
    const label = { china: text('output.photo_china'), flower: text('output.photo_flower') }[name];
    return el('button', {
      type: 'button', class: 'np-toggle np-photo', 'data-photo': name, text: label, title: text('output.photo_tip'),
      on: { click: () => this.hub.option('sample', { own: 'photo', name }) },
    });
  }

  /** @param {'set'|'pad'|'camera'} mode where the picture comes from */
  show(mode) {
    const before = this.mode;
    this.mode = mode;
    for (const node of this.modes.children) node.setAttribute('aria-pressed', String(node.dataset.mode === mode));
    this.pad.node.hidden = mode !== 'pad';
    this.camera.node.hidden = mode !== 'camera';
    this.parts.hidden = this.picker.node.hidden = mode !== 'set';
    this.body.classList.toggle('np-own', mode !== 'set');
    if (mode === before) return;
    if (before === 'camera') this.camera.stop();
    if (mode === 'pad') this.pad.tell();
    else if (mode === 'camera') this.camera.start();
    else if (before) this.hub.option('sample', this.last ?? { part: 'test', index: 0 });
    this.hub.invalidate();
  }

  step(by) {
    const { output } = this.hub.header;
    if (!output) return;
    const { part, index } = output.sample.part === 'own' ? this.last ?? { part: 'test', index: 0 } : output.sample;
    const count = this.hub.scene.counts[part === 'train' ? 0 : 1];
    this.hub.option('sample', { part, index: (index + by + count) % count });
  }

  draw() {
    const { output } = this.hub.header;
    if (!output) return;
    const part = output.sample.part === 'train' ? 'train' : 'test';
    const count = this.hub.scene.counts[part === 'train' ? 0 : 1];
    this.hub.option('sample', { part, index: Math.floor(Math.random() * count) });
  }

  paint(hub) {
    const { scene, header, arrays } = hub;
    if (!scene || !header?.output || !arrays.sample_picture) return;
    this.follow(scene, header.output.sample);
    this.paintHead(header);
    const focus = header.focus && arrays.focus;
    if (focus) this.paintMap(arrays.focus);
    else this.paintPicture(arrays.sample_picture);
    this.paintBars(scene, header.output, arrays.class_scores.data);
    this.alt(() => this.describe(scene, header.output, arrays.class_scores.data));
    this.picker.paint(hub);
    this.steps.paint(hub);
  }

  /** A picture of the set that was chosen elsewhere ends drawing; the pad has the set's kind of ink. */
  follow(scene, { part, index }) {
    this.pad.use(scene.own);
    if (part === 'own') return;
    this.last = { part, index };
    const asked = this.hub.wants.options.sample;
    if (this.mode !== 'set' && asked && !asked.own) this.show('set');
  }

  paintHead({ focus, output }) {
    const { text } = this.context;
    const { scene } = this.hub;
    setText(this.title, focus ? neuronName(text, scene, focus.block, focus.unit) : text('output.title_pictures'));
    this.back.hidden = !focus;
    const { part, index } = output.sample;
    const count = scene.counts[part === 'train' ? 0 : 1];
    const photo = part === 'own' && this.mode === 'set';
    setText(this.place, part !== 'own' ? text(`output.place_${part}`, { number: index + 1, count })
      : photo ? text('output.place_photo') : text('output.place_own'));
    for (const node of this.parts.querySelectorAll('[data-part]')) {
      node.setAttribute('aria-pressed', String(node.dataset.part === part));
    }
    const name = this.hub.wants.options.sample?.name;
    for (const node of this.parts.querySelectorAll('[data-photo]')) {
      node.setAttribute('aria-pressed', String(photo && node.dataset.photo === name));
    }
  }

  /** Bytes (height, width, channels), grey or red, green and blue, the first row on top. */
  paintPicture({ data, shape }) {
    paintPixels(this.source, data, 0, shape);
    this.enlarge();
  }

  /** A feature map in signed colours, the lowest row first. */
  paintMap({ data, shape: [height, width] }) {
    const table = this.context.theme.colors.neurons;
    [this.source.width, this.source.height] = [width, height];
    const context = this.source.getContext('2d');
    const image = context.createImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    for (let row = 0; row < height; row++) {
      for (let c = 0; c < width; c++) words[(height - 1 - row) * width + c] = table[data[row * width + c]];
    }
    context.putImageData(image, 0, 0);
    this.enlarge();
  }

  /** What was painted pixel by pixel, as large as there is room. */
  enlarge() {
    const { source, source: { width, height } } = this;
    const side = this.frame.clientWidth || 1;
    const tall = this.frame.clientHeight || 1;
    const on = fitCanvas(this.canvas, side, tall);
    const scale = Math.min(side / width, tall / height);
    on.clearRect(0, 0, side, tall);
    on.imageSmoothingEnabled = false;
    on.drawImage(source, (side - width * scale) / 2, (tall - height * scale) / 2, width * scale, height * scale);
  }

  paintBars(scene, { truth, said }, scores) {
    const { text, theme } = this.context;
    if (this.bars.children.length !== scores.length) {
      this.bars.replaceChildren(...Array.from(scores, () => el('li', {},
        el('span', { class: 'np-bar-name' }), el('span', { class: 'np-bar-track' }, el('span', { class: 'np-bar-fill' })),
        el('span', { class: 'np-bar-value' }))));
    }
    [...this.bars.children].forEach((row, k) => {
      const [name, track, value] = row.children;
      setText(name, className(scene, k) + (k === truth ? ' ✓' : ''));
      setText(value, percent(scores[k]));
      const fill = track.firstChild;
      fill.style.width = `${Math.max(0, Math.min(1, scores[k])) * 100}%`;
      fill.style.background = css(theme.colors.classes[k % theme.colors.classes.length]);
      row.classList.toggle('np-said', k === said);
    });
    const right = truth === null ? null : truth === said;
    const names = { name: className(scene, said), truth: truth === null ? '' : className(scene, truth) };
    setText(this.verdict, right === null ? text('output.says', names)
      : right ? text('output.right', names) : text('output.wrong', names));
  }

  describe(scene, { said, truth }, scores) {
    const { text } = this.context;
    return text('output.alt_pictures', {
      name: className(scene, said), share: percent(scores[said]),
      truth: truth === null ? '–' : className(scene, truth),
    });
  }

  destroy() {
    this.sizes.disconnect();
    this.camera.destroy();
    this.pad.destroy();
    this.steps.destroy();
    this.hub.want({ map: false });
  }
}
