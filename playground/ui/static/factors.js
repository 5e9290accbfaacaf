/**
 * A dense layer as turn, stretch, turn: the singular value decomposition W = U Σ Vᵀ of its weights
 * acts on the grid and the points in three steps; then come the bias and the activation.
 */

import { Axes } from './axes.js';
import { css, parse } from './colors.js';
import { altText, el, setText, toggle } from './dom.js';
import { fileName, savePng } from './png.js';
import { Player } from './player.js';
import { steadyExtent } from './plot.js';
import { blockName, neuronName } from './scene.js';
import { paintSpot } from './scores.js';
import { BIAS, carried, mixed, placesBetween } from './turning.js';
import { colorsOf, edgesOf, paintGrid, spotsAt } from './warpgrid.js';
import { Strip } from './warpstrip.js';
import { percent, significant } from './words.js';

const LAST = 5; // the stages: in front, turned, stretched, turned on, moved, activated
const CIRCLE = 97;
const MOST_ZOOM = 3; // times that the picture in front of the stretch is larger than behind it

/** What the visitor chose outlives a remount. */
const choices = { block: null, position: 0, direction: false };

export function createFactors(context, body, tools) {
  return new FactorsView(context, body, tools);
}

class FactorsView {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.extents = [0, 1, 2].map(steadyExtent);
    this.build(body, tools);
    this.hub.option('factors', { block: choices.block ?? 0 });
  }

  build(body, tools) {
    const { text } = this.context;
    this.layer = el('select', {
      class: 'np-select', 'aria-label': text('factors.layer'), title: text('factors.layer_tip'),
      on: {
        change: () => {
          choices.block = Number(this.layer.value);
          this.extents = [0, 1, 2].map(steadyExtent);
          this.hub.option('factors', { block: choices.block });
        },
      },
    });
    tools.append(this.layer, toggle({
      label: text('warp.direction'), tip: text('warp.direction_tip'), pressed: choices.direction,
      onChange: (value) => {
        choices.direction = value;
        this.hub.invalidate();
      },
    }));
    this.player = new Player(this.context, {
      label: text('factors.step'), tip: text('factors.step_tip'),
      position: () => choices.position, last: () => (this.head ? LAST : -1),
      move: (position) => {
        choices.position = Math.max(0, Math.min(LAST, position));
        this.hub.invalidate();
      },
    });
    this.axes = new Axes(this.context, () => this.hub.invalidate(), { grid: false });
    const { host } = this.axes;
    this.alt = altText(host, text('analysis.factors'));
    host.addEventListener('keydown', (event) => this.axes.key(event));
    this.strip = new Strip(this.context, (stage) => this.player.go(stage), (_, __, stage) => this.shortName(stage), 44);
    this.numbers = el('dl', { class: 'np-factors-numbers' });
    this.note = el('p', { class: 'np-caption' });
    body.append(el('div', { class: 'np-warp np-factors' },
      el('div', { class: 'np-warp-main' },
        el('div', { class: 'np-warp-bar' }, ...this.player.nodes),
        el('div', { class: 'np-warp-plot' }, host)),
      el('div', { class: 'np-warp-side' }, this.numbers, this.note, this.strip.node)));
  }

  stageName(stage) {
    const { text } = this.context;
    if (stage < LAST) {
      return [text('factors.input'), text('factors.turned'), text('factors.stretched'),
        text('factors.back'), text('factors.bias')][stage];
    }
    const { activation } = this.head;
    return this.context.words.activations?.[activation] ?? activation;
  }

  shortName(stage) {
    return [this.context.text('factors.input'), 'Vᵀ', 'Σ', 'U', '+ b'][stage] ?? this.stageName(stage);
  }

  /** The steps with their numbers: what turns by how much, what is stretched. */
  steps({ angles, values, mirrored, bias }) {
    const { text } = this.context;
    const degrees = (angle) => `${Math.round((angle * 180) / Math.PI)}°`.replace('-', '−');
    const back = { angle: degrees(angles[1]) };
    return [
      ['Vᵀ', text('factors.turn', { angle: degrees(angles[0]) })],
      ['Σ', text('factors.stretch', { first: significant(values[0]), second: significant(values[1]) })],
      ['U', mirrored ? text('factors.mirror_turn', back) : text('factors.turn', back)],
      ['+ b', text('factors.move', { x: significant(bias[0]), y: significant(bias[1]) })],
      [text('factors.activation'), this.stageName(LAST)],
    ];
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const { factors: head } = hub.header;
    const { factors: places, factors_color: colors } = hub.arrays;
    if (!head || !places || !colors || places.shape[0] !== LAST + 1) return;
    const { scene } = hub;
    this.head = head;
    this.fillLayers(scene, head);
    const extents = this.extentsOf(head, places);
    this.reach = extents;
    this.windows = this.windowsFor(extents, this.axes.rect ?? { width: 1, height: 1 });
    const look = {
      warp: head, places, colors, scene, hub, theme: this.context.theme, direction: choices.direction,
    };
    look.shades = colorsOf(look);
    look.edges = edgesOf(head);
    this.look = look;
    const key = `${scene.id}|${head.block}|${head.activation}`;
    if (key !== this.striped) {
      this.striped = key;
      this.strip.build(scene, [0, 1, 2, 3, 4, 5]);
    }
    this.player.paint(this.stageName(this.nearest));
    this.paintNumbers(head);
    this.paintMain();
    this.strip.paint(look, this.windowsFor(extents, { width: 1, height: 1 }), this.nearest);
  }

  get nearest() {
    return Math.round(choices.position);
  }

  fillLayers(scene, { block, blocks }) {
    const key = `${scene.id}|${blocks}`;
    if (key !== this.filled) {
      this.filled = key;
      this.layer.replaceChildren(...blocks.map((index) =>
        el('option', { value: index, text: blockName(this.context.text, scene, index) })));
    }
    this.layer.value = block;
  }

  /**
   * How far each stage's window reaches. In front of the stretch at least a third of what is seen
   * behind it, or nothing would be seen to grow. The grid's corners may stand out, the points do not.
   */
  extentsOf(head, { data, shape: [stages, count] }) {
    const grid = head.lines * head.samples;
    const extentOf = (from, to) => {
      let [points, lines] = [0, 0];
      for (let i = from * count * 2; i < to * count * 2; i++) {
        const size = Math.abs(data[i]);
        if (i % (count * 2) < grid * 2) lines = Math.max(lines, size);
        else points = Math.max(points, size);
      }
      return Math.max(points * 1.04, lines * 0.66, 0.1);
    };
    this.unit = roundUnit(extentOf(0, 1) * 0.6);
    const linear = this.extents[0](Math.max(extentOf(0, stages - 1), this.unit * Math.max(1, head.values[0])));
    const active = this.extents[1](extentOf(stages - 1, stages));
    const front = this.extents[2](Math.max(extentOf(0, 2), linear / MOST_ZOOM / 1.2));
    return [front, front, linear, linear, linear, active];
  }

  /** Windows around the origin in which one unit is as long upwards as across. */
  windowsFor(extents, { width, height }) {
    const side = Math.min(width, height);
    return extents.map((extent) => {
      const [x, y] = [(extent * width) / side, (extent * height) / side];
      return [-x, x, -y, y];
    });
  }

  paintNumbers(head) {
    const { text } = this.context;
    const steps = this.steps(head);
    if (this.rows?.length !== steps.length) {
      this.rows = steps.map(() => ({ name: el('dt'), value: el('dd') }));
      this.numbers.replaceChildren(...this.rows.flatMap(({ name, value }) => [name, value]));
    }
    const now = Math.max(0, Math.ceil(choices.position) - 1);
    steps.forEach(([name, value], i) => {
      setText(this.rows[i].name, name);
      setText(this.rows[i].value, value);
      const active = choices.position > 0 && i === now;
      for (const node of Object.values(this.rows[i])) node.classList.toggle('np-now', active);
    });
    const { share, seen, rows, cols } = head;
    const whole = rows <= 2 && cols <= 2;
    const facts = { rows, cols, share: percent(share), seen: percent(seen) };
    setText(this.note, whole ? text('factors.whole', facts)
      : Math.min(rows, cols) <= 2 ? text('factors.all', facts) : text('factors.part', facts));
  }

  /** The name of a side of the picture: a unit's, where the picture lies along it. */
  axisName(side) {
    const { text } = this.context;
    const { scene } = this.look;
    const { head, nearest } = this;
    if (nearest === 1 || nearest === 2) return ['v₁', 'v₂'][side];
    const behind = nearest > 2;
    const units = behind ? head.rows : head.cols;
    const pair = head.axes[Number(behind)];
    if (units === 1 && side) return '';
    const block = behind ? head.block : this.sourceOf(scene, head.block);
    const name = neuronName(text, scene, block, pair[side]);
    return units <= 2 ? name : text('factors.near', { name });
  }

  /** The block whose units the layer reads. */
  sourceOf(scene, block) {
    let index = block - 1;
    while (index > 0 && !scene.blocks[index].shown.length) index -= 1;
    return index;
  }

  paintMain() {
    const { axes, look, nearest, head, context: { text } } = this;
    if (!axes.host.clientWidth) return;
    const [x0, x1, y0, y1] = this.windows[nearest];
    axes.setHome({
      scene: `${look.scene.id}|${head.block}|${nearest > BIAS}`, x: [x0, x1], y: [y0, y1], equal: false,
      xLabel: this.axisName(0), yLabel: this.axisName(1),
    });
    const context = axes.begin();
    context.clearRect(0, 0, axes.rect.width, axes.rect.height);
    this.paintOnAxes(context);
    this.alt(() => text('factors.alt', {
      layer: blockName(text, look.scene, head.block), stage: this.stageName(nearest),
      steps: this.steps(head).slice(0, 4).map((pair) => pair.join(': ')).join('; '),
    }));
  }

  paintOnAxes(context) {
    const { axes, look, head } = this;
    const { position } = choices;
    const places = position <= BIAS
      ? placesBetween(head, look.places, position) : mixed(look.places, position);
    const project = this.project = this.camera(position);
    this.paintCentre(context);
    paintGrid(context, places, look, project, 1.3);
    for (const spot of spotsAt(places, look, project)) paintSpot(context, spot, 2.8, look.theme);
    if (position <= BIAS) {
      this.paintCircle(context, position);
      this.paintArrows(context, position);
    }
  }

  /** Places to pixels. Between two stages the window goes from the one to the other. */
  camera(position) {
    const { axes, reach, nearest } = this;
    const low = Math.floor(position);
    const share = position - low;
    const now = share ? reach[low] * (reach[low + 1] / reach[low]) ** share : reach[low];
    const zoom = reach[nearest] / now;
    return { x: (value) => axes.toX(value * zoom), y: (value) => axes.toY(value * zoom) };
  }

  paintCentre(context) {
    const { axes, look: { theme } } = this;
    const { width, height } = axes.rect;
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(-2, Math.round(axes.toY(0)) + 0.5, width + 4, 0);
    context.strokeRect(Math.round(axes.toX(0)) + 0.5, -2, 0, height + 4);
  }

  /** A circle about the origin, and the ellipse that it becomes. */
  paintCircle(context, position) {
    const { project, head, look: { theme } } = this;
    context.beginPath();
    for (let i = 0; i < CIRCLE; i++) {
      const angle = (i / (CIRCLE - 1)) * 2 * Math.PI;
      const [x, y] = carried(head, position, [this.unit * Math.cos(angle), this.unit * Math.sin(angle)]);
      context.lineTo(project.x(x), project.y(y));
    }
    for (const [color, width] of [[css(parse(theme.background), 0.85), 4], [theme.text, 1.6]]) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.stroke();
    }
  }

  /** The singular vectors: as long as the circle in front of the stretch, by the values behind it. */
  paintArrows(context, position) {
    const { project, head, look: { theme } } = this;
    const origin = carried(head, position, [0, 0]);
    const [ox, oy] = [project.x(origin[0]), project.y(origin[1])];
    const names = position < 1.5 ? ['v₁', 'v₂'] : position < 2.5 ? ['σ₁', 'σ₂'] : ['σ₁u₁', 'σ₂u₂'];
    const colors = [theme.colors.classes[6], theme.colors.classes[4]];
    [0, 1].forEach((k) => {
      if (k && Math.min(head.rows, head.cols) < 2) return;
      // A singular vector in front of the layer: a row of the picture's axes
      const [x, y] = carried(head, position, head.right[k].map((value) => value * this.unit));
      const [px, py] = [project.x(x), project.y(y)];
      const label = position >= 1.5 ? `${names[k]} ${significant(head.values[k])}` : names[k];
      paintArrow(context, [ox, oy], [px, py], css(colors[k]), theme, label);
    });
  }

  async save() {
    const { axes, context: { text, theme }, hub, head } = this;
    if (!this.look) return;
    const { width, height } = axes.size;
    const name = `${blockName(text, hub.scene, head.block)} · ${this.stageName(this.nearest)}`;
    const title = `${text('analysis.factors')} · ${name} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    await savePng({ name: fileName('factors', hub.header), title, width, height, theme }, (canvas) =>
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

/** The largest of 1, 2, 5, 10 … within a length. */
function roundUnit(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  return [5, 2, 1].find((factor) => factor * power <= length) * power;
}

function paintArrow(context, [ox, oy], [x, y], color, theme, label) {
  const length = Math.hypot(x - ox, y - oy);
  context.lineCap = 'round';
  for (const [shade, width] of [[theme.background, 5.5], [color, 2.6]]) {
    context.strokeStyle = shade;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(ox, oy);
    context.lineTo(x, y);
    if (length > 12) {
      const angle = Math.atan2(y - oy, x - ox);
      for (const side of [-0.45, 0.45]) {
        context.moveTo(x, y);
        context.lineTo(x - 9 * Math.cos(angle + side), y - 9 * Math.sin(angle + side));
      }
    }
    context.stroke();
  }
  const far = length > 1 ? [(x - ox) / length, (y - oy) / length] : [1, 0];
  context.font = `600 12px ${theme.font}`;
  context.textBaseline = 'middle';
  context.textAlign = far[0] < -0.3 ? 'right' : far[0] > 0.3 ? 'left' : 'center';
  context.lineWidth = 4;
  context.strokeStyle = theme.background;
  context.strokeText(label, x + far[0] * 9, y + far[1] * 13);
  context.fillStyle = theme.text;
  context.fillText(label, x + far[0] * 9, y + far[1] * 13);
}
