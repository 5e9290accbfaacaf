/**
 * Principal components of a layer's activations: the points in two or three of them (or in raw
 * units), and beside them what the components are made of, what the network does on few of them,
 * and the table of the brushed points.
 */

import { selectionOf } from './brush.js';
import { el, iconButton, offer, select, setText, toggle } from './dom.js';
import { createPca2d } from './pca2d.js';
import { createPca3d } from './pca3d.js';
import { saveCoordinates } from './pcafile.js';
import { Kept } from './pcakept.js';
import { BrushedTable } from './pcapoints.js';
import { basisOptions, Scree } from './pcascree.js';
import { fileName, savePng } from './png.js';
import { blockName, hiddenBlocks, neuronBlocks, unitNames } from './scene.js';

/** What the visitor chose outlives a change of tab; the layer, as long as there is one there. */
const choice = { deep: false, arrows: false, block: null, units: null, side: 'scree', pooled: false };
const SIDES = { scree: Scree, kept: Kept, points: BrushedTable };

export function createPca(context, body, tools) {
  return new Pca(context, body, tools);
}

class Pca {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.build(body, tools);
  }

  // ---- the parts -----------------------------------------------------------------------------

  build(body, tools) {
    const { text } = this.context;
    this.layer = select({
      label: text('pca.layer'), tip: text('pca.layer_tip'), onChange: (value) => this.choose(Number(value)),
    });
    this.shown = select({
      label: text('pca.shown'), tip: text('pca.shown_tip'),
      options: ['components', 'units'].map((name) => [name, text(`pca.${name}`)]),
      onChange: (value) => this.showUnits(value === 'units'),
    });
    this.axes = [0, 1, 2].map((side) => select({
      label: text('pca.axis', { number: side + 1 }), onChange: () => this.pickUnit(side),
    }));
    this.arrows = toggle({
      label: text('pca.arrows'), tip: text('pca.arrows_tip'), pressed: choice.arrows,
      onChange: (on) => {
        choice.arrows = on;
        this.ask();
      },
    });
    const three = toggle({
      label: text('pca.three'), tip: text('pca.three_tip'), pressed: choice.deep,
      onChange: (on) => {
        choice.deep = on;
        this.arrange();
      },
    });
    const file = iconButton({
      name: 'table', label: text('pca.file'), tip: text('pca.file_tip'), onClick: () => this.saveFile(),
    });
    this.brushing = el('span', { class: 'np-slot' });
    this.pooled = toggle({
      label: text('pca.pooled'), tip: text('pca.pooled_tip'), pressed: choice.pooled,
      onChange: (on) => {
        choice.pooled = on;
        this.ask();
      },
    });
    tools.append(this.layer, this.pooled, this.shown, ...this.axes, three, this.arrows, this.brushing, file);
    this.stage = el('div', { class: 'np-pca-plot' });
    this.tabs = el('div', { class: 'np-side-tabs', role: 'group', 'aria-label': text('pca.sides') });
    this.sideBody = el('div', { class: 'np-side-body' });
    body.append(el('div', { class: 'np-pca' }, this.stage,
      el('div', { class: 'np-side' }, this.tabs, this.sideBody)));
    this.buildSides();
    this.openSide(choice.side);
    this.arrange();
  }

  buildSides() {
    const { text } = this.context;
    this.sideTabs = {};
    for (const name of Object.keys(SIDES)) {
      this.sideTabs[name] = el('button', {
        type: 'button', class: 'np-side-tab', text: text(`pca.side_${name}`), title: text(`pca.side_${name}_tip`),
        on: { click: () => this.openSide(name) },
      });
    }
    this.tabs.append(...Object.values(this.sideTabs));
  }

  /** Only what the open side shows is computed. */
  openSide(name) {
    choice.side = name;
    for (const [key, node] of Object.entries(this.sideTabs)) node.setAttribute('aria-pressed', String(key === name));
    this.side?.destroy();
    this.sideBody.replaceChildren();
    this.side = new SIDES[name](this.context, this.sideBody);
    this.sideBody.dataset.side = name;
    this.hub.option('pca', { keep: null, brushed: [], ...basisOptions(), ...this.side.options() });
    this.ask();
  }

  arrange() {
    this.picture?.destroy();
    this.picture = choice.deep ? createPca3d(this.context) : createPca2d(this.context);
    this.stage.replaceChildren(this.picture.node);
    this.brushing.replaceChildren(this.picture.brush.tools, this.picture.brush.button);
    this.fillAxes();
    this.hub.invalidate();
  }

  // ---- what is asked for ---------------------------------------------------------------------

  choose(block) {
    choice.block = block;
    choice.units = choice.units && [0, 1, 2];
    this.hub.want({ block });
    this.ask();
  }

  showUnits(on) {
    choice.units = on ? [0, 1, 2] : null;
    this.ask();
  }

  pickUnit(side) {
    choice.units = choice.units.map((unit, i) => (i === side ? Number(this.axes[i].value) : unit));
    this.ask();
  }

  ask() {
    if (this.flat) choice.units = null;
    this.hub.option('pca', { pooled: choice.pooled, units: choice.units ?? [], loadings: choice.arrows || choice.side === 'scree' });
    this.fillAxes();
    this.hub.invalidate();
  }

  /** Whether the layer makes feature maps that go in with all their numbers: too many to name as axes. */
  get flat() {
    return this.hasMaps && !choice.pooled;
  }

  get hasMaps() {
    return this.hub.scene?.blocks[Number(this.layer.value)]?.size?.length === 3;
  }

  /** Of pictures there is no table of columns, and no plane to paint a map over. */
  offerSides({ kind }) {
    for (const [name, node] of Object.entries(this.sideTabs)) node.hidden = kind !== 'points' && name !== 'scree';
    this.tabs.hidden = kind !== 'points';
    if (this.sideTabs[choice.side].hidden) this.openSide('scree');
  }

  /** The layers of this scene; starts on the last hidden one, where classes come apart. */
  fillLayers(scene) {
    if (this.scene === scene.id) return;
    this.scene = scene.id;
    const blocks = neuronBlocks(scene).filter((index) => index > 0);
    offer(this.layer, blocks.map((index) => [index, blockName(this.context.text, scene, index)]));
    this.offerSides(scene);
    const hidden = hiddenBlocks(scene, blocks);
    const block = hidden.includes(choice.block) ? choice.block : hidden.at(-1) ?? blocks.at(-1);
    this.layer.value = block;
    this.hub.want({ block });
    this.ask();
  }

  /** The units that may be axes, where units are shown. */
  fillAxes() {
    const { scene } = this.hub;
    this.pooled.hidden = !this.hasMaps;
    this.shown.hidden = this.flat;
    const number = choice.deep ? 3 : 2;
    this.shown.value = choice.units ? 'units' : 'components';
    this.arrows.hidden = Boolean(choice.units);
    this.axes.forEach((node, side) => (node.hidden = !choice.units || side >= number));
    if (!choice.units || !scene) return;
    const names = unitNames(this.context.text, scene, Number(this.layer.value));
    const key = names.join('|');
    this.axes.forEach((node, side) => {
      if (this.unitKey !== key) {
        offer(node, names.map((name, unit) => [unit, name]));
      }
      node.value = Math.min(choice.units[side], names.length - 1);
    });
    this.unitKey = key;
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    this.fillLayers(hub.scene);
    const { pca } = hub.header;
    if (!pca || !hub.arrays.pca) return;
    this.last = { head: pca, points: hub.arrays.pca };
    const axes = hub.arrays.pca_axes; // of very wide layers there are none
    this.last.loadings = choice.arrows && !pca.shown && axes?.shape[1] === pca.units ? axes : null;
    this.picture.paint(hub, this.last);
    const size = selectionOf(hub).size;
    const { text } = this.context;
    setText(this.sideTabs.points, size ? text('pca.side_points_count', { count: size }) : text('pca.side_points'));
    this.side.paint(hub, pca);
    if (this.wanted && hub.arrays.pca_whole && hub.header.seq > this.wanted) this.writeFile(hub);
  }

  /** The file has all components of all points, which frames do not carry: the next one does. */
  saveFile() {
    if (!this.last) return;
    delete this.hub.arrays.pca_whole;
    this.wanted = this.hub.header.seq;
    this.hub.option('pca', { whole: true });
  }

  writeFile(hub) {
    this.wanted = null;
    hub.option('pca', { whole: false });
    saveCoordinates(this.context, hub, hub.header.pca);
    delete hub.arrays.pca_whole;
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
    this.side.themed?.();
  }

  destroy() {
    this.side.destroy();
    this.picture.destroy();
  }
}
