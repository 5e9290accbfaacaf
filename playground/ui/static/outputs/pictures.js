/** Of pictures: the chosen one, and as bars what the network takes it for. */

import { altText, el, fitCanvas, iconButton, setText } from '../dom.js';
import { css } from '../colors.js';
import { className, neuronName } from '../scene.js';
import { percent } from '../words.js';

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
  }

  build() {
    const { text, root } = this.context;
    this.title = el('h3', { class: 'np-title', text: text('output.title_pictures') });
    this.back = el('button', {
      type: 'button', class: 'np-toggle np-back', text: text('output.back'), title: text('output.back_tip'),
      on: { click: () => this.hub.want({ focus: null }) },
    });
    this.back.hidden = true;
    this.place = el('span', { class: 'np-note' });
    this.parts = el('div', { class: 'np-sample-tools', role: 'group', 'aria-label': text('output.choose') },
      this.partButton('train', text('output.train')), this.partButton('test', text('output.test')),
      iconButton({ name: 'previous', label: text('output.previous'), onClick: () => this.step(-1) }),
      iconButton({ name: 'next', label: text('output.next'), onClick: () => this.step(1) }),
      iconButton({ name: 'random', label: text('output.random'), onClick: () => this.draw() }));
    this.canvas = el('canvas', { class: 'np-sample-picture', role: 'img', tabindex: '0' });
    this.bars = el('ol', { class: 'np-class-bars' });
    this.verdict = el('p', { class: 'np-caption', 'aria-live': 'polite' });
    const picture = el('figure', { class: 'np-sample' }, this.canvas, this.place);
    root.append(el('div', { class: 'np-head' }, this.title, this.back), this.parts,
      el('div', { class: 'np-sample-body' }, picture, this.bars), this.verdict);
    this.canvas.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.step(by);
    });
  }

  partButton(part, label) {
    return el('button', {
      type: 'button', class: 'np-toggle', 'data-part': part, text: label,
      on: { click: () => this.hub.option('sample', { part, index: 0 }) },
    });
  }

  step(by) {
    const { output } = this.hub.header;
    if (!output) return;
    const { part, index } = output.sample;
    const count = this.hub.scene.counts[part === 'train' ? 0 : 1];
    this.hub.option('sample', { part, index: (index + by + count) % count });
  }

  draw() {
    const { output } = this.hub.header;
    if (!output) return;
    const count = this.hub.scene.counts[output.sample.part === 'train' ? 0 : 1];
    this.hub.option('sample', { part: output.sample.part, index: Math.floor(Math.random() * count) });
  }

  paint(hub) {
    const { scene, header, arrays } = hub;
    if (!scene || !header?.output || !arrays.sample_picture) return;
    this.paintHead(header);
    const focus = header.focus && arrays.focus;
    if (focus) this.paintMap(arrays.focus);
    else this.paintPicture(arrays.sample_picture);
    this.paintBars(scene, header.output, arrays.class_scores.data);
    this.alt(() => this.describe(scene, header.output, arrays.class_scores.data));
  }

  paintHead({ focus, output }) {
    const { text } = this.context;
    const { scene } = this.hub;
    setText(this.title, focus ? neuronName(text, scene, focus.block, focus.unit) : text('output.title_pictures'));
    this.back.hidden = !focus;
    const { part, index } = output.sample;
    setText(this.place, text(`output.place_${part}`, { number: index + 1, count: scene.counts[part === 'train' ? 0 : 1] }));
    for (const node of this.parts.querySelectorAll('[data-part]')) {
      node.setAttribute('aria-pressed', String(node.dataset.part === part));
    }
  }

  /** Bytes (height, width, channels), grey or red, green and blue, the first row on top. */
  paintPicture({ data, shape: [height, width, channels] }) {
    this.raster(height, width, (pixels) => {
      for (let i = 0; i < height * width; i++) {
        for (let c = 0; c < 3; c++) pixels[i * 4 + c] = data[i * channels + (channels === 3 ? c : 0)];
        pixels[i * 4 + 3] = 255;
      }
    });
  }

  /** A feature map in signed colours, the lowest row first. */
  paintMap({ data, shape: [height, width] }) {
    const table = this.context.theme.colors.neurons;
    this.raster(height, width, (pixels) => {
      const words = new Uint32Array(pixels.buffer);
      for (let row = 0; row < height; row++) {
        for (let c = 0; c < width; c++) words[(height - 1 - row) * width + c] = table[data[row * width + c]];
      }
    });
  }

  raster(height, width, fill) {
    const { source } = this;
    source.width = width;
    source.height = height;
    const context = source.getContext('2d');
    const image = context.createImageData(width, height);
    fill(image.data);
    context.putImageData(image, 0, 0);
    const side = this.canvas.clientWidth || 1;
    const tall = this.canvas.clientHeight || 1;
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
    this.hub.want({ map: false });
  }
}
