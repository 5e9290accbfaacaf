/**
 * The network: every neuron a live map over the inputs' plane, every link a line by its weight's
 * sign and size. The picture is one canvas; a real button lies over each neuron.
 */

import { altText, el, fitCanvas, iconButton, setText } from './dom.js';
import { Flow } from './flow.js';
import { arrange, biasAt, distance, joined, weightAt } from './netlayout.js';
import { Atlas, paintCuts, paintLabels, paintLink, paintLinks, paintNeurons, paintTokens } from './netpaint.js';
import { Hands } from './hands.js';
import { fileName, savePng } from './png.js';
import { neuronName } from './scene.js';
import { Tooltip } from './tooltip.js';
import { count, short, signed } from './words.js';

const LINK_REACH = 6;
const TARGET = 24;

export function createNetwork(context) {
  return new NetworkView(context);
}

class NetworkView {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.atlas = new Atlas();
    this.labels = document.createElement('canvas');
    this.build();
    this.tip = new Tooltip(context.root);
    this.hands = new Hands(context, this.stage);
    this.foot.append(this.hands.tools);
    this.alt = altText(this.canvas, context.text('network.title'));
    this.hub.want({ neurons: true });
    // Labels are painted once, so they must not keep the look of a font that was still to come.
    document.fonts.ready.then(() => {
      this.key = null;
      this.hub.invalidate();
    });
  }

  build() {
    const { text, root } = this.context;
    this.canvas = el('canvas', { class: 'np-layer', role: 'img' });
    this.buttons = el('div', { class: 'np-neurons', role: 'group', 'aria-label': text('network.title') });
    this.stage = el('div', { class: 'np-stage' }, this.canvas, this.buttons);
    const save = iconButton({
      name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.save(),
      className: 'np-corner',
    });
    this.caption = el('p', { class: 'np-caption', text: text('network.caption') });
    this.foot = el('div', { class: 'np-foot' }, this.caption);
    this.flow = new Flow(this.context, this.stage, this.caption);
    root.append(this.stage, save, this.foot);
    this.stage.addEventListener('pointermove', (event) => this.point(event));
    this.stage.addEventListener('pointerdown', (event) => this.point(event));
    this.stage.addEventListener('pointerleave', () => this.light(null));
    this.canvas.addEventListener('click', (event) => this.take(event));
    this.buttons.addEventListener('click', (event) => this.take(event));
  }

  // ---- geometry ------------------------------------------------------------------------------

  /** Lays the picture out again when the scene or the space has changed. */
  arrange(scene) {
    const width = this.stage.clientWidth;
    const height = this.stage.clientHeight;
    const { dark, text } = this.context.theme;
    if (scene !== this.laid) {
      this.laid = scene;
      this.blocks = JSON.stringify(scene.blocks); // a live setting may change a label
    }
    const key = [scene.id, this.blocks, width, height, window.devicePixelRatio, dark, text].join('|');
    if (key === this.key) return;
    this.key = key;
    this.layout = arrange(scene, width, height);
    this.light(null);
    this.layButtons(scene);
    paintLabels(this.labelContext(), this.layout, this.context);
  }

  /** Labels stay the same from frame to frame, so they are painted once, on a canvas of their own. */
  labelContext() {
    const context = fitCanvas(this.labels, this.layout.width, this.layout.height);
    context.clearRect(0, 0, this.layout.width, this.layout.height);
    return context;
  }

  layButtons(scene) {
    const focused = document.activeElement?.dataset?.neuron;
    const { text } = this.context;
    const made = this.layout.neurons.map((neuron) => {
      const { block, unit, x, y, size } = neuron;
      const side = Math.max(TARGET, size);
      const { units, activation } = scene.blocks[block];
      const name = neuronName(text, scene, block, unit);
      const node = el('button', {
        type: 'button', class: 'np-neuron', 'data-neuron': `${block}.${unit}`,
        'aria-label': text('network.neuron_label', { name, units, activation: this.bend(activation) }).trim(),
        on: {
          click: () => this.choose(neuron),
          keydown: (event) => this.walk(event, neuron),
          focus: () => this.light(node.matches(':focus-visible') ? { neuron } : null),
          blur: () => this.light(null),
        },
      });
      node.style.cssText =
        `left:${x - side / 2}px;top:${y - side / 2}px;width:${side}px;height:${side}px`;
      neuron.button = node;
      return node;
    });
    this.buttons.replaceChildren(...made);
    this.stop(made.find((node) => node.dataset.neuron === focused) ?? made[0], Boolean(focused));
  }

  /** The name of an activation. */
  bend(activation) {
    return this.context.words.activations?.[activation] ?? activation ?? '';
  }

  /** One stop of the tab key for all neurons; from there the arrow keys lead on. */
  stop(button, move) {
    if (!button) return;
    for (const { button: other } of this.layout.neurons) other.tabIndex = other === button ? 0 : -1;
    if (move) button.focus();
  }

  /** Up and down inside a layer, left and right between layers. */
  walk(event, neuron) {
    const columns = this.layout.columns.filter(({ neurons }) => neurons.length);
    const at = columns.findIndex(({ index }) => index === neuron.block);
    const own = columns[at].neurons;
    const row = own.indexOf(neuron);
    const beside = (column) => column?.neurons.reduce((best, one) =>
      Math.abs(one.y - neuron.y) < Math.abs(best.y - neuron.y) ? one : best);
    const next = {
      ArrowUp: own[row - 1], ArrowDown: own[row + 1],
      ArrowLeft: beside(columns[at - 1]), ArrowRight: beside(columns[at + 1]),
    };
    if (!(event.key in next)) return;
    event.preventDefault();
    if (next[event.key]) this.stop(next[event.key].button, true);
  }

  choose(neuron) {
    const { block, unit, x, y, size } = neuron;
    const now = this.hub.wants.focus;
    const same = now && now[0] === block && now[1] === unit;
    this.hub.want({ focus: same ? null : [block, unit] });
    this.hands.choose(same ? null : { neuron }, x + size / 2, y);
    this.hub.invalidate();
  }

  /** A click beside the neurons takes hold of the nearest link, or lets go. */
  take(event) {
    if (event.target.closest('.np-neuron') || !this.layout) return;
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const link = this.nearestLink(x, y);
    const own = link && this.hub.scene.blocks[link.link.block].linear;
    this.hands.choose(own ? { link } : null, x, y);
  }

  // ---- the pointer ---------------------------------------------------------------------------

  point(event) {
    if (!this.layout) return;
    const box = this.stage.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const over = (one) => {
      const reach = Math.max(TARGET, one.size) / 2;
      return Math.abs(one.x - x) <= reach && Math.abs(one.y - y) <= reach;
    };
    const neuron = this.layout.neurons.find(over);
    if (neuron) return this.light({ neuron, x, y });
    const link = this.nearestLink(x, y);
    this.light(link && { link, x, y });
  }

  nearestLink(x, y) {
    const { scene, arrays } = this.hub;
    let best = null;
    let closest = LINK_REACH;
    for (const link of this.layout.links) {
      for (const to of link.to.neurons) {
        for (const from of link.from.neurons) {
          if (!joined(scene, link, to, from, arrays.links?.data)) continue;
          const away = distance(from, to, x, y);
          if (away >= closest) continue;
          closest = away;
          best = { link, from, to };
        }
      }
    }
    return best;
  }

  light(lit) {
    if (!lit && !this.lit) return;
    this.lit = lit;
    this.stage.style.cursor = lit?.link ? 'pointer' : '';
    if (!lit) this.tip.hide();
    this.hub.invalidate();
  }

  showTip() {
    const { lit, hub, context: { text } } = this;
    const { scene, arrays } = hub;
    const values = arrays.links?.data;
    if (!lit || !values) return;
    if (this.hands.chosen) return this.tip.hide(); // the card says it, and more
    const name = ({ block, unit }) => neuronName(text, scene, block, unit);
    if (lit.link) {
      const { from, to, link } = lit.link;
      const own = scene.blocks[link.block].linear;
      this.tip.show(lit.x, lit.y, [
        { title: true, label: `${name(from)} → ${name(to)}` },
        ...(own ? [{ label: text('network.weight'), value: signed(this.weight(lit.link)) }]
          : [{ label: text('network.passed') }]),
        ...(own && this.context.hands ? [{ label: text('hands.click') }] : []),
      ]);
      return;
    }
    const { neuron } = lit;
    const rows = [{ title: true, label: name(neuron) }];
    const { activation, frozen } = scene.blocks[neuron.block];
    if (frozen) rows.push({ label: text('network.frozen') });
    if (activation) rows.push({ label: text('network.activation'), value: this.bend(activation) });
    const link = this.layout.links.find(({ block }) => block === neuron.block);
    if (link && scene.blocks[neuron.block].bias) rows.push({ label: text('network.bias'), value: signed(values[biasAt(link, neuron)]) });
    const scale = arrays.neuron_scale?.data[neuron.map];
    if (scale) rows.push({ label: text('network.range'), value: `±${short(scale)}` });
    rows.push({ label: text('network.click') });
    this.tip.show(lit.x ?? neuron.x + neuron.size / 2, lit.y ?? neuron.y, rows);
  }

  weight({ link, from, to }) {
    return this.hub.arrays.links.data[weightAt(link, to, from)];
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const { scene } = hub;
    if (!scene || !this.stage.clientWidth) return;
    this.arrange(scene);
    if (hub.header) this.flow.follow(hub, this.layout);
    const { width, height } = this.layout;
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    this.paintOn(context, this.flow.view(hub));
    this.explain(scene);
    this.showTip();
    this.hands.paint(this.layout);
    this.markFocus(hub.wants.focus);
    this.alt(() => this.describe(scene));
  }

  paintOn(context, hub) {
    const { layout, lit, context: { theme } } = this;
    const values = hub.arrays.links?.data;
    if (values) paintLinks(context, layout, values, theme, lit?.neuron);
    if (hub.arrays.cut) paintCuts(context, layout, hub.arrays.cut.data, theme);
    if (values && lit?.link) {
      paintLink(context, { ...lit.link, weight: this.weight(lit.link) }, theme);
    }
    paintNeurons(context, layout, hub, theme, this.atlas, hub.wants.focus);
    if (hub.header?.tokens) paintTokens(context, layout, hub.header.tokens, theme);
    context.drawImage(this.labels, 0, 0, layout.width, layout.height);
  }

  markFocus(focus) {
    const key = String(focus);
    if (key === this.focusKey && this.marked === this.layout) return;
    this.focusKey = key;
    this.marked = this.layout;
    for (const { block, unit, button } of this.layout.neurons) {
      button.setAttribute('aria-pressed', String(key === String([block, unit])));
    }
  }

  /** The line below: what the squares are of this kind of data. */
  explain(scene) {
    if (scene.kind === this.explained) return;
    this.explained = scene.kind;
    const { text } = this.context;
    setText(this.caption, scene.kind === 'points' ? text('network.caption') : text(`network.caption_${scene.kind}`));
  }

  describe(scene) {
    const { text, lang } = this.context;
    const shape = scene.blocks.filter(({ shown }) => shown.length).map(({ units }) => units);
    return text('network.alt', {
      shape: shape.join(' – '), parameters: count(scene.parameters, lang),
    });
  }

  save() {
    const { context, hub, layout } = this;
    const { width, height } = layout;
    const title = `${context.text('network.title')} · ${context.text('bar.epoch_count')} ${hub.header?.epoch ?? 0}`;
    return savePng({ name: fileName('network', hub.header), title, width, height, theme: context.theme },
      (canvas) => this.paintOn(canvas, hub));
  }

  destroy() {
    this.flow.destroy();
    this.hub.want({ neurons: false });
  }
}
