/**
 * The warped grid: lines of the input plane and the points, as every layer bends them.
 *
 * The stages are computed by the network; between two of them, places are mixed here, so that
 * the plane can be seen to move from the inputs to the output.
 */

import { Axes } from './axes.js';
import { altText, el, toggle } from './dom.js';
import { Player } from './player.js';
import { fileName, savePng } from './png.js';
import { nearestSpot, paintSpot } from './scores.js';
import { Tooltip } from './tooltip.js';
import { colorsOf, edgesOf, nearestVertex, paintGrid, placesAt, spotsAt, steadyWindow } from './warpgrid.js';
import { Strip } from './warpstrip.js';
import { axisTitle, spotRows, stageName, unitName, vertexRows } from './warpwords.js';

/** What the visitor chose outlives a remount: the stage, the colours, the units of each block. */
const choices = { position: null, direction: false, pairs: new Map() };

export function createWarp(context, body) {
  return new WarpView(context, body);
}

class WarpView {
  constructor(context, body) {
    this.context = context;
    this.hub = context.hub;
    this.windows = [];
    this.build(body);
    this.tellPairs();
  }

  build(body) {
    const { text } = this.context;
    const choice = (name, change) => el('select', {
      class: 'np-select', 'aria-label': text(`warp.${name}`), title: text(`warp.${name}_tip`), on: { change },
    });
    this.player = new Player(this.context, {
      label: text('warp.stage'), tip: text('warp.stage_tip'),
      position: () => this.position, last: () => (this.stages?.length ?? 0) - 1,
      move: (position) => this.moveTo(position),
    });
    this.plane = choice('plane', () => this.choosePlane(this.plane.value));
    this.first = choice('first', () => this.chooseUnits());
    this.second = choice('second', () => this.chooseUnits());
    const paint = toggle({
      label: text('warp.direction'), tip: text('warp.direction_tip'), pressed: choices.direction,
      onChange: (value) => {
        choices.direction = value;
        this.hub.invalidate();
      },
    });
    this.axes = new Axes(this.context, () => this.hub.invalidate(), { grid: false });
    const { host } = this.axes;
    this.tip = new Tooltip(host);
    this.alt = altText(host, text('analysis.warp'));
    host.addEventListener('pointermove', (event) => this.point(event));
    host.addEventListener('pointerleave', () => this.unpoint());
    host.addEventListener('keydown', (event) => this.axes.key(event));
    this.strip = new Strip(this.context, (stage) => this.player.go(stage));
    body.append(el('div', { class: 'np-warp' },
      el('div', { class: 'np-warp-main' },
        el('div', { class: 'np-warp-bar' }, ...this.player.nodes),
        el('div', { class: 'np-warp-plot' }, host)),
      el('div', { class: 'np-warp-side' },
        el('div', { class: 'np-warp-bar' }, this.plane, this.first, this.second, paint), this.strip.node)));
  }

  // ---- from stage to stage -------------------------------------------------------------------

  get position() {
    const last = (this.stages?.length ?? 1) - 1;
    // The last hidden layer is where classes come apart.
    return Math.max(0, Math.min(choices.position ?? last - 1, last));
  }

  moveTo(position) {
    choices.position = position;
    choices.position = this.position;
    this.hub.invalidate();
  }

  // ---- what is shown of a stage --------------------------------------------------------------

  /** The stage that the axes belong to: the nearer one. */
  get nearest() {
    return Math.round(this.position);
  }

  choosePlane(value) {
    const { block } = this.stages[this.nearest];
    if (value === 'pca') choices.pairs.delete(block);
    else choices.pairs.set(block, [0, 1]);
    this.tellPairs();
  }

  chooseUnits() {
    const { block } = this.stages[this.nearest];
    choices.pairs.set(block, [Number(this.first.value), Number(this.second.value)]);
    this.tellPairs();
  }

  tellPairs() {
    this.hub.want({ warp: [...choices.pairs].map(([block, pair]) => [block, ...pair]) });
    this.hub.invalidate();
  }

  /** The choices that fit the present stage; hidden where there is nothing to choose. */
  fillChoices(scene) {
    const stage = this.stages[this.nearest];
    const key = JSON.stringify([scene.id, stage.block, stage.part, stage.units, stage.pair]);
    if (key === this.filled) return;
    this.filled = key;
    const { text } = this.context;
    this.plane.hidden = stage.part === 'plane' || stage.units < 3;
    this.first.hidden = this.second.hidden = stage.part === 'plane' || stage.units < 2 || !stage.pair;
    this.plane.replaceChildren(
      el('option', { value: 'pca', text: text('warp.components') }),
      el('option', { value: 'units', text: text('warp.units') }));
    this.plane.value = stage.pair ? 'units' : 'pca';
    if (this.first.hidden) return;
    [this.first, this.second].forEach((node, side) => {
      node.replaceChildren(...Array.from({ length: stage.units }, (_, unit) =>
        el('option', { value: unit, text: unitName(text, scene, stage.block, unit) })));
      node.value = stage.pair[side];
    });
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const { warp } = hub.header;
    const { warp: places, warp_color: colors } = hub.arrays;
    if (!warp || !places || !colors || places.shape[0] !== warp.stages.length) return;
    const { scene } = hub;
    if (this.sceneId !== scene.id || this.stages?.length !== warp.stages.length) {
      this.sceneId = scene.id;
      this.windows = warp.stages.map(() => steadyWindow());
      this.strip.build(scene, warp.stages);
    }
    this.stages = warp.stages;
    this.last = { warp, places, colors, scene, hub };
    if (this.fresh !== places) {
      this.fresh = places;
      this.shown = warp.stages.map((stage, i) => this.windows[i](places, i, stage));
    }
    this.paintControls(scene);
    const look = { ...this.last, theme: this.context.theme, direction: choices.direction };
    look.shades = colorsOf(look);
    look.edges = edgesOf(warp);
    this.look = look;
    this.paintMain();
    this.strip.paint(look, this.shown, this.nearest);
  }

  paintControls(scene) {
    this.player.paint(stageName(this.context.text, scene, this.stages[this.nearest]));
    this.fillChoices(scene);
  }

  paintMain() {
    const { axes, look, stages, nearest, context: { text } } = this;
    if (!axes.host.clientWidth) return;
    const { scene } = look;
    const [x0, x1, y0, y1] = this.shown[nearest];
    const stage = stages[nearest];
    axes.setHome({
      scene: `${scene.id}|${nearest}|${stage.pair}`, x: [x0, x1], y: [y0, y1], equal: false,
      xLabel: axisTitle(text, scene, stage, 0), yLabel: axisTitle(text, scene, stage, 1),
    });
    const context = axes.begin();
    context.clearRect(0, 0, axes.rect.width, axes.rect.height);
    this.mixed = placesAt(look.places, this.position, this.shown);
    this.paintOnAxes(context);
    if (this.pointer) this.showTip();
    const { epoch } = this.hub.header;
    this.alt(() => text('warp.alt', {
      stage: stageName(text, scene, stage), epoch,
      x: axisTitle(text, scene, stage, 0), y: axisTitle(text, scene, stage, 1),
    }));
  }

  paintOnAxes(context) {
    const { axes, look } = this;
    const project = { x: axes.toX, y: axes.toY };
    paintGrid(context, this.mixed, look, project, 1.5);
    this.spots = spotsAt(this.mixed, look, project);
    for (const spot of this.spots) paintSpot(context, spot, 3.2, look.theme);
  }

  // ---- the pointer and the keys --------------------------------------------------------------

  point(event) {
    this.pointer = event.buttons ? null : this.axes.pixel(event);
    this.showTip();
  }

  unpoint() {
    this.pointer = null;
    this.tip.hide();
  }

  showTip() {
    const { pointer, look, context, axes } = this;
    if (!pointer || !look || !axes.toX) return this.tip.hide();
    const stage = this.stages[this.nearest];
    const spot = nearestSpot(this.spots, pointer);
    const vertex = spot ? null
      : nearestVertex(this.mixed, look, { x: axes.toX, y: axes.toY }, pointer);
    if (!spot && !vertex) return this.tip.hide();
    const { left, top } = axes.rect;
    this.tip.show(pointer.x + left, pointer.y + top,
      spot ? spotRows(context, look, stage, spot) : vertexRows(context, look, stage, vertex));
  }

  async save() {
    const { axes, context: { text, theme }, hub } = this;
    if (!this.look) return;
    const { width, height } = axes.size;
    const name = stageName(text, hub.scene, this.stages[this.nearest]);
    const title = `${text('analysis.warp')} · ${name} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    await savePng({ name: fileName('warp', hub.header), title, width, height, theme }, (canvas) =>
      axes.paintOn(canvas, () => this.paintOnAxes(canvas)));
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.player.stop();
    this.strip.destroy();
    this.axes.destroy();
  }
}
