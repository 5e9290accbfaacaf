/**
 * Hands on the network: a card to set one weight or bias, to cut a link, silence a neuron or reset
 * a layer; and under the picture pruning and undo. What is done goes to the run at once.
 */

import { el, iconButton, setText, toggle } from './dom.js';
import { biasAt, weightAt } from './netlayout.js';
import { neuronName } from './scene.js';
import { percent, signed } from './words.js';

const REACH = 3; // the slider's ends, wider where the weight is larger

export class Hands {
  /** @param {object} context of the view @param {HTMLElement} stage in which the card lies */
  constructor(context, stage) {
    this.context = context;
    this.hub = context.hub;
    this.stage = stage;
    this.chosen = null; // {link: {link, from, to}} or {neuron}
    this.buildCard();
    this.buildTools();
  }

  send(deed) {
    this.hub.send({ type: 'deed', value: deed });
  }

  // ---- the card ------------------------------------------------------------------------------

  buildCard() {
    const { text } = this.context;
    this.title = el('strong');
    this.slider = el('input', { type: 'range', step: '0.01', on: { input: () => this.set(this.slider) } });
    this.field = el('input', { type: 'number', step: '0.1', on: {
      change: () => this.set(this.field), keydown: (event) => event.stopPropagation() } });
    this.off = toggle({ label: '', tip: '', pressed: false, onChange: (on) => this.turnOff(on) });
    this.resetLayer = el('button', {
      type: 'button', class: 'np-toggle', text: text('hands.reset'), title: text('hands.reset_tip'),
      on: { click: () => this.send({ deed: 'reset', block: this.chosen.neuron.block }) },
    });
    const close = iconButton({ name: 'close', label: text('hands.close'), onClick: () => this.choose(null) });
    this.card = el('div', { class: 'np-card', role: 'group', on: {
      pointermove: (event) => event.stopPropagation(),
      pointerdown: (event) => event.stopPropagation(),
      keydown: (event) => event.key === 'Escape' && this.choose(null),
    } },
    el('div', { class: 'np-card-head' }, this.title, close),
    (this.numbers = el('div', { class: 'np-card-row' }, (this.what = el('span')), this.slider, this.field)),
    el('div', { class: 'np-card-row' }, this.off, this.resetLayer));
    this.card.hidden = true;
    this.stage.append(this.card);
  }

  /** Opens the card for a link or a neuron; null closes it. */
  choose(chosen, x = 0, y = 0) {
    if (!this.context.hands) return;
    this.chosen = chosen;
    this.card.hidden = !chosen;
    if (!chosen) return;
    const { text } = this.context;
    const { scene } = this.hub;
    const name = ({ block, unit }) => neuronName(text, scene, block, unit);
    const { link, neuron } = chosen;
    const title = link ? `${name(link.from)} → ${name(link.to)}` : name(neuron);
    setText(this.title, title);
    const block = link ? link.link.block : neuron.block;
    const { linear } = scene.blocks[block];
    const last = block === scene.blocks.length - 1;
    this.numbers.hidden = !linear || (neuron && block === 0);
    this.off.hidden = link ? !linear : last || !this.outgoing(neuron);
    this.resetLayer.hidden = Boolean(link) || !linear || block === 0;
    const what = link ? text('network.weight') : text('network.bias');
    for (const input of [this.slider, this.field]) input.setAttribute('aria-label', `${title}: ${what}`);
    setText(this.what, what);
    setText(this.off, link ? text('hands.cut') : text('hands.silence'));
    this.off.title = link ? text('hands.cut_tip') : text('hands.silence_tip');
    const width = 244;
    const { clientWidth, clientHeight } = this.stage;
    this.card.style.left = `${Math.max(0, Math.min(x + 12, clientWidth - width))}px`;
    this.card.style.top = `${Math.max(0, Math.min(y + 12, clientHeight - this.card.offsetHeight))}px`;
    this.paint();
  }

  /** The place of the chosen number in the frame's links; -1 where it has none. */
  place() {
    const { link, neuron } = this.chosen;
    if (link) return weightAt(link.link, link.to, link.from);
    const into = this.layout.links.find(({ block }) => block === neuron.block);
    return into ? biasAt(into, neuron) : -1;
  }

  set(input) {
    const value = Number(input.value);
    if (input.value === '' || !Number.isFinite(value)) return;
    const { link, neuron } = this.chosen;
    const to = link ? link.to : neuron;
    this.send({ deed: 'set', block: to.block, unit: to.unit, source: link ? link.from.unit : null, value });
  }

  turnOff(on) {
    const { link, neuron } = this.chosen;
    if (link) {
      this.send({ deed: 'cut', block: link.to.block, unit: link.to.unit, source: link.from.unit, on });
    } else this.send({ deed: 'silence', block: neuron.block, unit: neuron.unit, on });
  }

  isOff() {
    const cut = this.hub.arrays.cut?.data;
    const { link, neuron } = this.chosen;
    if (!cut) return false;
    if (link) return Boolean(cut[this.place()]);
    const out = this.outgoing(neuron);
    return Boolean(out) && out.to.neurons.every((to) => cut[weightAt(out, to, out.neuron)]);
  }

  /** The weights that read a neuron, past blocks without weights; null where none reads it alone. */
  outgoing(neuron) {
    const { scene, arrays } = this.hub;
    const { blocks } = scene;
    for (const link of this.layout.links) {
      if (link.from.index !== neuron.block) continue;
      if (blocks[link.block].linear) return { ...link, neuron };
      if (blocks[link.block].units !== blocks[neuron.block].units) return null;
      neuron = link.to.neurons.find((to) => arrays.links?.data[weightAt(link, to, neuron)] > 0);
      if (!neuron) return null;
    }
    return null;
  }

  // ---- under the picture ---------------------------------------------------------------------

  buildTools() {
    const { text } = this.context;
    this.prune = el('input', {
      type: 'range', min: '0', max: '0.95', step: '0.01', value: '0',
      'aria-label': text('hands.prune'), title: text('hands.prune_tip'),
      on: { input: () => this.send({ deed: 'prune', share: Number(this.prune.value) }) },
    });
    this.share = el('output', { text: '0 %' });
    this.undo = iconButton({
      name: 'undo', label: text('hands.undo'), tip: text('hands.undo_tip'),
      onClick: () => this.send({ deed: 'undo' }),
    });
    this.tools = el('div', { class: 'np-hands', hidden: !this.context.hands },
      el('label', {}, el('span', { text: text('hands.prune') }), this.prune, this.share), this.undo);
  }

  /** Follows the newest frame, but never a control that the visitor holds. */
  paint(layout = this.layout) {
    if (this.layout !== layout) {
      this.layout = layout;
      if (this.chosen) this.choose(null);
    }
    const { header, arrays } = this.hub;
    if (!header) return;
    const { depth = 0, share = 0 } = header.hands ?? {};
    this.undo.disabled = !depth;
    if (document.activeElement !== this.prune) this.prune.value = String(share);
    setText(this.share, percent(share));
    if (!this.chosen || !arrays.links) return;
    const at = this.place();
    const value = at < 0 ? null : arrays.links.data[at];
    if (value != null && !this.numbers.hidden) this.follow(value);
    this.off.setAttribute('aria-pressed', String(this.isOff()));
  }

  follow(value) {
    const reach = Math.max(REACH, Math.ceil(Math.abs(value) * 1.2));
    if (Number(this.slider.max) < reach || !this.slider.max) {
      this.slider.min = String(-reach);
      this.slider.max = String(reach);
    }
    if (!this.slider.matches(':active')) this.slider.value = String(value);
    this.slider.setAttribute('aria-valuetext', signed(value));
    if (document.activeElement !== this.field) this.field.value = value.toFixed(3);
  }
}
