/**
 * The warped grid: lines of the input plane and the points, as every layer bends them.
 *
 * The stages are computed by the network; between two of them, places are mixed here, so that
 * the plane can be seen to move from the inputs to the output.
 */

import { Axes } from './axes.js';
import { altText, el, icon, setIcon, setText, toggle } from './dom.js';
import { plotlyImage, fileName, savePng } from './png.js';
import { nearestSpot, paintSpot } from './scores.js';
import { Tooltip } from './tooltip.js';
import { colorsOf, edgesOf, nearestVertex, paintGrid, placesAt, spotsAt, steadyWindow } from './warpgrid.js';
import { Strip } from './warpstrip.js';
import { axisTitle, spotRows, stageName, unitName, vertexRows } from './warpwords.js';

const STAGE_MS = 1300; // from one stage to the next while playing, with its rest
const REST = 0.25; // the share of that time for which a stage stands still

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
    this.slider = el('input', {
      type: 'range', min: 0, max: 1, step: 'any', value: 0, class: 'np-range',
      'aria-label': text('warp.stage'), title: text('warp.stage_tip'),
      on: {
        input: () => {
          this.stop();
          this.moveTo(Number(this.slider.value));
        },
        change: () => this.moveTo(Math.round(this.slider.value * 20) / 20),
        keydown: (event) => this.walk(event),
      },
    });
    this.playing = false;
    this.play = el('button', {
      type: 'button', class: 'np-icon', 'aria-label': text('warp.play'), title: text('warp.play_tip'),
      on: { click: () => (this.playing ? this.stop() : this.start()) },
    }, icon('play'));
    this.name = el('output', { class: 'np-warp-name' });
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
    host.addEventListener('keydown', (event) => this.key(event));
    this.strip = new Strip(this.context, (stage) => {
      this.stop();
      this.moveTo(stage);
    });
    body.append(el('div', { class: 'np-warp' },
      el('div', { class: 'np-warp-main' },
        el('div', { class: 'np-warp-bar' }, this.play, this.slider, this.name),
        el('div', { class: 'np-warp-plot' }, host)),
      el('div', { class: 'np-warp-side' },
        el('div', { class: 'np-warp-bar' }, this.plane, this.first, this.second, paint), this.strip.node)));
  }

  // ---- from stage to stage -------------------------------------------------------------------

  /** Arrow keys of the slider go from stage to stage, not by hundredths. */
  walk(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by || !this.stages) return;
    event.preventDefault();
    this.stop();
    this.moveTo(by > 0 ? Math.floor(this.position + by) : Math.ceil(this.position + by));
  }

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

  start() {
    if (!this.stages) return;
    const last = this.stages.length - 1;
    this.playing = true;
    this.from = this.position >= last - 0.01 ? 0 : Math.floor(this.position);
    this.began = performance.now();
    this.showPlaying();
    this.animate();
  }

  stop() {
    this.playing = false;
    cancelAnimationFrame(this.beat);
    this.showPlaying();
  }

  showPlaying() {
    const { text } = this.context;
    setIcon(this.play, this.playing ? 'pause' : 'play');
    this.play.setAttribute('aria-label', this.playing ? text('warp.stop') : text('warp.play'));
  }

  animate() {
    if (!this.playing) return;
    const passed = (performance.now() - this.began) / STAGE_MS;
    const last = this.stages.length - 1;
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const stage = this.from + Math.floor(passed);
    this.moveTo(stage + (still ? 0 : ease(Math.max(0, (passed % 1) - REST) / (1 - REST))));
    if (stage >= last) return this.stop();
    this.beat = requestAnimationFrame(() => this.animate());
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
    const { position, stages, context: { text } } = this;
    this.slider.max = stages.length - 1;
    if (document.activeElement !== this.slider || Number(this.slider.value) !== position) {
      this.slider.value = position;
    }
    const name = stageName(text, scene, stages[this.nearest]);
    setText(this.name, name);
    this.slider.setAttribute('aria-valuetext', name);
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
    const box = this.axes.host.getBoundingClientRect();
    const { left, top } = this.axes.rect;
    this.pointer = event.buttons ? null
      : { x: event.clientX - box.left - left, y: event.clientY - box.top - top };
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

  key(event) {
    const pans = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (pans[event.key]) this.axes.panBy(...pans[event.key]);
    else if (event.key === '+' || event.key === '=') this.axes.zoomIn();
    else if (event.key === '-') this.axes.zoomOut();
    else if (event.key === '0') this.axes.reset();
    else return;
    event.preventDefault();
  }

  async save() {
    const { axes, context: { text, theme }, hub } = this;
    if (!this.look) return;
    const { width, height } = axes.size;
    const overlay = axes.ready ? await plotlyImage(axes.plotly, axes.plot, axes.size) : null;
    const name = stageName(text, hub.scene, this.stages[this.nearest]);
    const title = `${text('analysis.warp')} · ${name} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    await savePng({ name: fileName('warp', hub.header), title, width, height, theme }, (canvas) => {
      if (overlay) canvas.drawImage(overlay, 0, 0, width, height);
      const { left, top, width: w, height: h } = axes.rect;
      canvas.save();
      canvas.translate(left, top);
      canvas.beginPath();
      canvas.rect(0, 0, w, h);
      canvas.clip();
      this.paintOnAxes(canvas);
      canvas.restore();
    });
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.stop();
    this.strip.destroy();
    this.axes.destroy();
  }
}

const ease = (share) => share * share * (3 - 2 * share);
