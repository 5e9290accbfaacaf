/**
 * Principal components of a layer's activations, in two or three dimensions, and how much of the
 * variance each component explains.
 */

import { el, setText, toggle } from './dom.js';
import { createPca2d } from './pca2d.js';
import { createPca3d } from './pca3d.js';
import { throttled } from './plot.js';
import { fileName, savePng } from './png.js';
import { blockName, neuronBlocks } from './scene.js';
import { percent } from './words.js';

let deep = false;
/** The layer that the visitor chose, kept as long as there is a hidden layer in that place. */
let picked = null;

export function createPca(context, body, tools) {
  return new Pca(context, body, tools);
}

class Pca {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.paintRatios = throttled(() => this.paintBars(this.last.head));
    this.build(body, tools);
  }

  build(body, tools) {
    const { text } = this.context;
    this.select = el('select', {
      class: 'np-select', 'aria-label': text('pca.layer'), title: text('pca.layer_tip'),
      on: {
        change: () => {
          picked = Number(this.select.value);
          this.choose(picked);
        },
      },
    });
    const three = toggle({
      label: text('pca.three'), tip: text('pca.three_tip'), pressed: deep,
      onChange: (value) => {
        deep = value;
        this.arrange();
      },
    });
    tools.append(this.select, three);
    this.stage = el('div', { class: 'np-pca-plot' });
    this.bars = el('div', { class: 'np-bars' });
    body.append(el('div', { class: 'np-pca' }, this.stage, this.bars));
    this.arrange();
  }

  arrange() {
    this.picture?.destroy();
    this.picture = deep ? createPca3d(this.context) : createPca2d(this.context);
    this.stage.replaceChildren(this.picture.node);
    this.hub.invalidate();
  }

  choose(block) {
    this.hub.want({ block });
    this.hub.invalidate();
  }

  /** The layers of this scene; starts on the last hidden one, where classes come apart. */
  fillSelect(scene) {
    if (this.scene === scene.id) return;
    this.scene = scene.id;
    const blocks = neuronBlocks(scene).filter((index) => index > 0);
    this.select.replaceChildren(...blocks.map((index) =>
      el('option', { value: index, text: blockName(this.context.text, scene, index) })));
    const hidden = blocks.filter((index) => scene.blocks[index].kind === 'dense');
    const block = hidden.includes(picked) ? picked : hidden.at(-1) ?? blocks.at(-1);
    this.select.value = block;
    this.choose(block);
  }

  paint(hub) {
    this.fillSelect(hub.scene);
    const { pca } = hub.header;
    if (!pca || !hub.arrays.pca) return;
    this.last = { head: pca, points: hub.arrays.pca };
    this.picture.paint(hub, this.last);
    this.paintRatios();
  }

  paintBars({ ratios, rank, units }) {
    const { text } = this.context;
    if (this.rows?.length !== ratios.length) this.buildBars(ratios);
    ratios.forEach((ratio, i) => {
      this.rows[i].fill.style.width = `${((ratio ?? 0) * 100).toFixed(1)}%`;
      setText(this.rows[i].value, percent(ratio, ratio < 0.0995 ? 1 : 0));
    });
    setText(this.note, text('pca.rank', { rank, units }));
  }

  buildBars(ratios) {
    this.rows = ratios.map((_, i) => {
      const fill = el('i');
      const value = el('b');
      const node = el('div', { class: 'np-bar-row' },
        el('span', { text: `PC${i + 1}` }), el('span', { class: 'np-bar-track' }, fill), value);
      return { node, fill, value };
    });
    this.note = el('p', { class: 'np-caption' });
    this.bars.replaceChildren(
      el('h4', { class: 'np-subtitle', text: this.context.text('pca.explained') }),
      ...this.rows.map(({ node }) => node), this.note);
  }

  save() {
    const { context: { text, theme }, stage, hub } = this;
    if (!this.last) return;
    const name = blockName(text, hub.scene, this.last.head.block);
    const title = `${text('analysis.pca')} · ${name} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng(
      {
        name: fileName('pca', hub.header), title, theme,
        width: stage.clientWidth, height: stage.clientHeight,
      },
      (canvas) => this.picture.paintOn(canvas, hub, this.last));
  }

  themed() {
    this.picture.themed?.();
  }

  destroy() {
    this.paintRatios.cancel();
    this.picture.destroy();
  }
}
