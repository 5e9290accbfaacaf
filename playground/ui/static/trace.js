/**
 * One point traced: its forward pass as matrices with numbers, its loss, and every gradient with
 * a central difference beside it.
 */

import { choose } from './cross.js';
import { el, iconButton, setText } from './dom.js';
import { throttled } from './plot.js';
import { blockName, className, isLine, isRegression } from './scene.js';
import { fileName, savePng } from './png.js';
import { fillTable, tableOf, writeOn } from './tracetable.js';
import { significant } from './words.js';

export function createTrace(context, body) {
  return new TraceView(context, body);
}

class TraceView {
  constructor(context, body) {
    this.context = context;
    this.hub = context.hub;
    this.fill = throttled(() => this.fillAll());
    const { text } = context;
    this.flow = el('div', { class: 'np-trace-flow' });
    this.box = el('div', {
      class: 'np-trace', tabindex: '0', role: 'group', 'aria-label': text('analysis.trace'),
    }, this.pointBar(), this.flow);
    body.append(this.box);
  }

  // ---- the point -----------------------------------------------------------------------------

  pointBar() {
    const { text } = this.context;
    const step = (by, key) => iconButton({
      name: 'back', label: text(`trace.${key}`), onClick: () => this.walk(by),
      className: by > 0 ? 'np-mirrored' : '',
    });
    const number = (key) => el('input', {
      type: 'number', step: 'any', class: 'np-number', 'aria-label': text('trace.coordinate', { name: key }),
      on: { change: () => this.typed() },
    });
    this.name = el('b', { class: 'np-trace-name' });
    this.labels = [el('span'), el('span')];
    this.x = number('x');
    this.y = number('y');
    this.second = el('label', {}, this.labels[1], this.y);
    this.classes = el('select', {
      class: 'np-select', 'aria-label': text('trace.target'), title: text('trace.target_tip'),
      on: { change: () => this.typed(true) },
    });
    this.value = el('input', {
      type: 'number', step: 'any', class: 'np-number', 'aria-label': text('trace.target'),
      title: text('trace.target_tip'), on: { change: () => this.typed(true) },
    });
    this.target = el('label', {}, el('span', { text: text('trace.target') }), this.classes, this.value);
    return el('div', { class: 'np-trace-point' },
      step(-1, 'previous'), this.name, step(1, 'next'),
      el('label', {}, this.labels[0], this.x), this.second, this.target,
      el('span', { class: 'np-trace-hint', text: text('trace.hint') }));
  }

  /** To the training point before or behind; from a free place to the first one. */
  walk(by) {
    const { trace } = this.hub.header ?? {};
    const count = this.hub.arrays.points_train?.shape[0];
    if (!trace || !count) return;
    const index = trace.part === 'train' ? (trace.index + by + count) % count : 0;
    choose(this.hub, { part: 'train', index });
  }

  typed(withTarget = false) {
    const { scene, header } = this.hub;
    const x = Number(this.x.value);
    const y = Number(this.y.value);
    if (!Number.isFinite(x) || !Number.isFinite(y) || this.x.value === '') return;
    let target = null;
    if (withTarget || header.trace.given) {
      target = Number(isRegression(scene) ? this.value.value : this.classes.value);
    }
    choose(this.hub, { x, y: isLine(scene) ? target ?? y : y, target });
  }

  paintPoint(trace, scene) {
    const { text } = this.context;
    const name = trace.part
      ? text(`trace.${trace.part}_point`, { number: trace.index + 1 })
      : text('trace.free');
    setText(this.name, name);
    const { x_label: xLabel, y_label: yLabel } = scene.inputs;
    setText(this.labels[0], xLabel);
    setText(this.labels[1], yLabel);
    this.second.hidden = isLine(scene);
    const regression = isRegression(scene);
    this.classes.hidden = regression;
    this.value.hidden = !regression;
    if (!regression && this.scene !== scene.id) {
      this.classes.replaceChildren(...scene.class_names.map((_, k) =>
        el('option', { value: k, text: className(scene, k) })));
    }
    const put = (node, value) => {
      if (document.activeElement !== node) node.value = value;
    };
    put(this.x, rounded(trace.x));
    put(this.y, rounded(trace.y));
    if (regression) put(this.value, rounded(trace.target));
    else put(this.classes, trace.target);
  }

  // ---- the flow ------------------------------------------------------------------------------

  paint(hub) {
    const { trace } = hub.header;
    if (!trace) return;
    this.trace = trace;
    this.paintPoint(trace, hub.scene);
    const { theme } = this.context;
    const shape = trace.steps.map(({ block, kind, tensors }) =>
      [block, kind, tensors.map(({ name, rows, cols }) => [name, rows, cols])]);
    const key = JSON.stringify([hub.scene.id, shape, theme.dark]);
    if (key !== this.key) {
      this.key = key;
      this.build(trace, hub.scene);
    }
    this.scene = hub.scene.id;
    this.fill();
  }

  build(trace, scene) {
    this.fills = [];
    const groups = new Map();
    trace.steps.forEach((step, i) => {
      if (!groups.has(step.block)) groups.set(step.block, []);
      groups.get(step.block).push(i);
    });
    const sections = [...groups].map(([block, steps]) => this.section(scene, block, steps));
    this.flow.replaceChildren(...sections, this.lossSection());
  }

  section(scene, block, steps) {
    const { text } = this.context;
    const { steps: all } = this.trace;
    const forward = el('div', { class: 'np-trace-row' });
    const backward = el('div', { class: 'np-trace-row' });
    for (const i of steps) this.forward(forward, i);
    for (const i of [...steps].reverse()) {
      for (let k = all[i].tensors.length - 1; k >= 0; k--) this.backward(backward, i, k);
    }
    const notes = this.sampled(all, steps);
    return el('section', { class: 'np-trace-block' },
      el('h4', { class: 'np-subtitle', text: blockName(text, scene, block) }),
      el('div', { class: 'np-trace-halves' },
        el('div', {}, el('p', { class: 'np-trace-label', text: text('trace.forward') }), forward),
        el('div', {}, el('p', { class: 'np-trace-label', text: text('trace.backward') }), backward)),
      notes && el('p', { class: 'np-caption', text: notes }));
  }

  /** Says that only some units of a wide layer are shown. */
  sampled(all, steps) {
    const { units, tensors } = all[steps.at(-1)];
    const shown = tensors.at(-1).rows.length;
    return shown < units ? this.context.text('trace.sampled', { shown, units }) : null;
  }

  forward(row, i) {
    const { steps } = this.trace;
    const step = steps[i];
    const values = (at, k) => this.table(at, k, 'values', letter(steps[at].tensors[k].name));
    const sign = (words) => row.append(el('span', { class: 'np-trace-sign', text: words }));
    const last = step.tensors.length - 1;
    if (step.kind === 'input') return row.append(values(i, 0));
    if (step.kind === 'linear') {
      const before = steps[i - 1];
      row.append(values(i, 0));
      sign('·');
      row.append(values(i - 1, before.tensors.length - 1));
      if (last > 1) {
        sign('+');
        row.append(values(i, 1));
      }
      sign('=');
      return row.append(values(i, last));
    }
    if (step.kind === 'activation') sign(`→  a = ${step.formula ?? step.activation}`);
    else sign('→');
    row.append(values(i, last));
    for (let k = 0; k < last; k++) row.append(values(i, k));
  }

  backward(row, i, k) {
    const { text } = this.context;
    const name = letter(this.trace.steps[i].tensors[k].name);
    const check = el('p', { class: 'np-trace-check' });
    const pair = el('div', { class: 'np-trace-pair' },
      el('div', { class: 'np-trace-tables' },
        this.table(i, k, 'gradient', `∂L/∂${name}`),
        this.table(i, k, 'differences', text('trace.differences'))),
      check);
    this.fills.push(() => {
      const { relative, agrees } = this.trace.steps[i].tensors[k];
      const facts = { relative: significant(relative) };
      const words = relative === null ? text('trace.zero')
        : agrees ? text('trace.agree', facts) : text('trace.apart', facts);
      setText(check, words);
      check.classList.toggle('np-apart', !agrees);
    });
    row.append(pair);
  }

  table(i, k, what, title) {
    const tensor = this.trace.steps[i].tensors[k];
    const made = tableOf(tensor, title, this.names(i, k));
    this.fills.push(() => fillTable(made, this.trace.steps[i].tensors[k], what, this.context));
    return made.node;
  }

  /** What the rows and columns of a tensor are called: input features and classes have names. */
  names(i, k) {
    const { steps } = this.trace;
    const { blocks, class_names: classes } = this.hub.scene;
    const [step, before] = [steps[i], steps[i - 1]];
    const inputs = blocks[0].labels;
    const head = step.block === blocks.length - 1 && classes.length > 2 ? classes : null;
    const rows = step.kind === 'input' ? inputs : head;
    const cols = step.kind === 'linear' && k === 0 && before.kind === 'input' ? inputs : null;
    return { rows, cols };
  }

  lossSection() {
    const { text } = this.context;
    const lines = [0, 1, 2].map(() => el('p', { class: 'np-trace-formula' }));
    this.fills.push(() => {
      const { formula, numbers, output, target, value, name } = this.trace.loss;
      const list = (values) => (values.length > 1 ? `(${values.map(significant).join(', ')})` : significant(values[0]));
      setText(lines[0], `${this.context.words.losses?.[name] ?? name}:  L = ${formula}`);
      setText(lines[1], `o = ${list(output)},  t = ${list(target)}`);
      setText(lines[2], numbers ? `L = ${numbers} = ${significant(value)}` : `L = ${significant(value)}`);
    });
    return el('section', { class: 'np-trace-block' },
      el('h4', { class: 'np-subtitle', text: text('trace.loss') }), ...lines,
      el('p', { class: 'np-caption', text: text('trace.loss_note') }));
  }

  fillAll() {
    if (this.trace) for (const fill of this.fills) fill();
  }

  // ---- the picture ---------------------------------------------------------------------------

  save() {
    const { flow, hub, context: { theme, text } } = this;
    if (!this.trace) return;
    this.fillAll();
    const title = `${text('analysis.trace')} · ${this.name.textContent} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng(
      { name: fileName('trace', hub.header), title, width: flow.scrollWidth, height: flow.scrollHeight, theme },
      (canvas) => writeOn(canvas, flow, theme));
  }

  themed() {
    this.key = null;
  }

  destroy() {
    this.fill.cancel();
    this.trace = null;
    this.hub.invalidate();
  }
}

/** What stands for a tensor in a formula. */
const letter = (name) => ({ in: 'x', out: 'y' })[name] ?? name;

const rounded = (value) => Number(value.toPrecision(5));
