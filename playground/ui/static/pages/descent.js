/** Least squares and gradient descent: a line through points, and the bowl of its loss. */

import { el } from '../dom.js';
import { short, significant } from '../words.js';
import { descend, lineOf, lossAbove, pose, weightsOf } from './bowl.js';
import { powerWords, StepChart } from './chart.js';
import { codeBlock } from './code.js';
import { altBowl, altData, pageColors, paintBowl, paintData } from './descentpaint.js';
import { button, chips, facts, matrixTable, slider, vectorWords } from './kit.js';
import { playing } from './playing.js';
import { Window } from './window.js';

export const styles = ['parts.css', 'descent.css'];

const SETS = {
  line: { count: 20, noise: 0.8, centre: 0.5, spread: 1.5, outliers: 0 },
  far: { count: 20, noise: 0.5, centre: 4, spread: 1, outliers: 0 },
  units: { count: 20, noise: 8, centre: 0, spread: 40, outliers: 0 },
  outliers: { count: 20, noise: 0.5, centre: 0.5, spread: 1.5, outliers: 2 },
  two: { count: 2, noise: 0.3, centre: 0.5, spread: 1.5, outliers: 0 },
  single: { count: 1, noise: 0.3, centre: 0.5, spread: 1.5, outliers: 0 },
  column: { count: 8, noise: 2, centre: 1, spread: 0, outliers: 0 },
};
const SCALINGS = ['raw', 'centred', 'standard'];
const TOLERANCES = [1e-2, 1e-4, 1e-6, 1e-8, 1e-10];
const STEPS = 2000;
const MOST_POINTS = 60;
const LARGEST = 1e4;
const ASK_MS = 200;
const START_LINE = [-1, 6];

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    const { link } = context.facts;
    this.set = link.d ?? 'line';
    this.seed = link.s ?? 1;
    this.scaling = link.sc ?? 'raw';
    this.ratio = link.r ?? 0.5; // of the step size to its limit without momentum
    this.momentum = link.b ?? 0;
    this.tolerance = link.t ?? 1e-6;
    this.points = link.p ? pairs(link.p) : null;
    this.startLine = link.w ?? START_LINE;
    this.drawn = !this.points;
    this.colors = pageColors(context.theme);
    this.build();
    if (this.points) this.changed();
    else this.draw();
  }

  // ---- what is on the page ----------------------------------------------------------------------

  build() {
    const { root, text, still } = this.context;
    this.sets = chips({ label: text('descent.sets'), names: Object.keys(SETS),
      words: (name) => text(`descent.set_${name}`), onChoose: (name) => this.chooseSet(name) });
    this.saying = el('p', { class: 'np-saying', role: 'status' });
    this.data = new Window(this.context, { paint: () => paintData(this), alt: () => altData(this) });
    this.bowl = new Window(this.context, { paint: () => paintBowl(this), alt: () => altBowl(this) });
    this.listenToGround();
    this.bowl.readOut((weights) => (this.points && this.bowl.inside(weights) ? [
      { label: text('descent.weights'), value: vectorWords(weights) },
      { label: text('descent.loss'), value: significant(lossAbove(this.problem, weights) + this.problem.least) },
    ] : null));
    this.clock = playing({ still, label: text('descent.step'), play: text('descent.play'), low: 0, high: 1, step: 1,
      value: 1, seconds: 4, words: (step) => String(Math.floor(step)), onChange: () => this.invalidate() });
    this.chart = new StepChart(this.context, { label: text('descent.chart'), xLabel: text('descent.step'), yLabel: text('descent.above') });
    this.verdict = el('p', { class: 'np-verdict', role: 'status' });
    this.facts = facts();
    this.direct = el('div', { class: 'np-direct' });
    this.program = codeBlock({ text, label: text('descent.program') });
    root.replaceChildren(
      el('div', { class: 'np-descent-top' }, this.sets.node,
        button(text('descent.again'), () => this.drawAgain(), { title: text('descent.again_tip') })),
      this.saying,
      el('div', { class: 'np-descent' },
        figure(text('descent.data'), text('descent.data_hint'), this.data.node),
        figure(text('descent.bowl'), text('descent.bowl_hint'), this.bowl.node),
        el('div', { class: 'np-descent-side' }, this.buildControls(), this.clock.node, this.verdict, this.facts.node)),
      el('div', { class: 'np-descent-below' },
        el('div', {}, el('h3', { class: 'np-title', text: text('descent.chart') }), this.chart.node),
        el('div', {}, el('h3', { class: 'np-title', text: text('descent.direct') }), this.direct)),
      this.program.node);
  }

  buildControls() {
    const { text } = this.context;
    this.scalings = chips({ label: text('descent.scaling'), names: SCALINGS,
      words: (name) => text(`descent.scaling_${name}`), onChoose: (name) => this.chooseScaling(name) });
    this.rateSlider = slider({ label: text('descent.rate'), low: -3, high: 0.3, step: 0.01, value: this.rateAt(),
      words: () => short(this.rate), onChange: (at) => this.setRatio(10 ** at) });
    this.momentumSlider = slider({ label: text('descent.momentum'), low: 0, high: 0.98, step: 0.01, value: this.momentum,
      words: (value) => value.toFixed(2), onChange: (value) => {
        this.momentum = value;
        this.changed();
      } });
    this.toleranceBox = el('select', { class: 'np-select', on: { change: () => {
      this.tolerance = Number(this.toleranceBox.value);
      this.changed();
    } } }, ...TOLERANCES.map((value) => el('option', { value: String(value), text: powerWords(Math.log10(value)) })));
    this.toleranceBox.value = String(TOLERANCES.reduce((a, b) =>
      (Math.abs(Math.log(b / this.tolerance)) < Math.abs(Math.log(a / this.tolerance)) ? b : a)));
    this.tolerance = Number(this.toleranceBox.value);
    return el('div', { class: 'np-controls-box' },
      el('div', { class: 'np-row' }, el('span', { class: 'np-row-name', text: text('descent.scaling') }), this.scalings.node),
      this.rateSlider.node,
      el('div', { class: 'np-row' },
        button(text('descent.best'), () => this.setRate(this.best), { title: text('descent.best_tip') }),
        button(text('descent.at_limit'), () => this.setRate(this.limit), { title: text('descent.at_limit_tip') }),
        button(text('descent.beyond'), () => this.setRate(1.05 * this.limit), { title: text('descent.beyond_tip') })),
      this.momentumSlider.node,
      el('label', { class: 'np-slider' }, el('span', { text: text('descent.tolerance') }), this.toleranceBox));
  }

  /** A click on the ground of the left picture adds a point. */
  listenToGround() {
    this.data.canvas.addEventListener('click', ({ offsetX, offsetY }) => {
      if (!this.points || this.points.length >= MOST_POINTS) return;
      const point = this.data.rounded(this.data.unproject(offsetX, offsetY));
      if (this.data.inside(point)) this.setPoints([...this.points, point]);
    });
  }

  // ---- what changes ---------------------------------------------------------------------------

  chooseSet(name) {
    this.set = name;
    this.seed = 1;
    this.draw();
  }

  drawAgain() {
    this.seed = (this.seed % 999) + 1;
    this.draw();
  }

  /** Points of the chosen set, drawn by torch. */
  async draw() {
    this.drawn = true;
    this.showLink();
    const { set, seed } = this;
    const answer = await this.context.ask({ draw: { ...SETS[set], seed } });
    if (!answer || set !== this.set || seed !== this.seed) return;
    if (answer.header.error) return (this.verdict.textContent = answer.header.error);
    this.points = answer.header.points;
    this.changed();
  }

  setPoints(points) {
    this.points = points;
    this.drawn = false;
    this.changed();
  }

  chooseScaling(name) {
    this.scaling = name;
    this.changed();
  }

  get rate() {
    return this.problem ? (this.ratio * 2) / this.problem.eigenvalues[0] : NaN;
  }

  /** Where the step-size slider stands: the power of ten of the ratio. */
  rateAt() {
    return Math.log10(this.ratio);
  }

  setRate(rate) {
    this.setRatio((rate * this.problem.eigenvalues[0]) / 2);
    this.rateSlider.show(this.rateAt());
  }

  setRatio(ratio) {
    this.ratio = Math.max(1e-3, Math.min(2, ratio));
    this.changed();
  }

  get limit() {
    return (2 * (1 + this.momentum)) / this.problem.eigenvalues[0];
  }

  /** The step that is best for the steepest and the shallowest direction alike. */
  get best() {
    const [steep, shallow] = this.problem.eigenvalues;
    return (2 * (1 + this.momentum)) / (steep + (shallow > 0 ? shallow : steep));
  }

  /** Everything that follows from points, scaling, start and settings, in closed form; then torch's word. */
  changed() {
    if (!this.points) return;
    if (!this.data.dragging && !this.bowl.dragging) this.home = null;
    this.problem = pose(this.points, this.scaling);
    this.start = weightsOf(this.problem, this.startLine);
    const { rate, momentum, tolerance } = this;
    this.walk = descend(this.problem, this.start, { rate, momentum, tolerance, steps: STEPS });
    this.walk.loss = this.walk.path.map((weights) => lossAbove(this.problem, weights));
    this.clock.stop();
    this.show();
    this.showLink();
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.askTorch(), ASK_MS);
  }

  async askTorch() {
    const { walk, points, scaling, start, rate, momentum, tolerance } = this;
    const answer = await this.context.ask({ points, scaling, start, rate, momentum, tolerance });
    if (!answer || this.walk !== walk) return;
    if (answer.header.error) return (this.verdict.textContent = answer.header.error);
    const { header, arrays: { path, loss } } = answer;
    this.walk = { state: header.state, loss: [...loss.data], path: pairs([...path.data]) };
    this.header = header;
    this.show();
    this.showDirect();
    this.context.root.dataset.torch = JSON.stringify({ ...header, path: this.walk.path.slice(0, 20) });
  }

  show() {
    const { context: { text }, walk, problem } = this;
    this.sets.show(this.drawn ? this.set : '');
    this.saying.textContent = text(this.drawn ? `descent.say_${this.set}` : 'descent.say_own');
    this.scalings.show(this.scaling);
    this.rateSlider.show(this.rateAt());
    const last = Math.max(1, walk.path.length - 1);
    this.clock.span(last);
    this.placeHandles();
    const [steep, shallow] = problem.eigenvalues;
    const factor = this.factor();
    this.facts.show([
      [text('descent.steepest'), short(steep), text('descent.steepest_tip')],
      [text('descent.shallowest'), short(shallow)],
      [text('descent.condition'), shallow > 0 ? short(steep / shallow) : '∞', text('descent.condition_tip')],
      [text('descent.limit'), short(this.limit), text('descent.limit_tip')],
      [text('descent.ratio'), `${short((100 * this.rate) / this.limit)} %`],
      [text('descent.factor'), short(factor), text('descent.factor_tip')],
    ]);
    const count = walk.path.length - 1;
    const key = walk.state === 'converged' ? (count ? 'converged' : 'there') : walk.state === 'diverged' ? 'diverged' : 'going';
    this.verdict.textContent = text(`descent.${key}`, { steps: count, tolerance: powerWords(Math.log10(this.tolerance)), limit: short(this.limit), factor: short(factor) });
    this.verdict.classList.toggle('np-met', walk.state === 'converged');
    this.chart.show([
      { label: text('descent.seen'), color: this.colors.path, values: walk.loss },
      ...expectedFrom(walk.loss, factor).map((values) => (
        { label: text('descent.expected'), color: this.colors.muted, dash: [5, 4], values })),
    ]);
    this.invalidate();
  }

  /** What each step leaves of the error in the long run, along the worst direction that has a slope. */
  factor() {
    const { rate, momentum } = this;
    return Math.max(0, ...this.problem.eigenvalues.filter((value) => value > 0).map((value) => {
      const half = (1 + momentum - rate * value) / 2;
      const under = half * half - momentum;
      return under > 0 ? Math.abs(half) + Math.sqrt(under) : Math.sqrt(momentum);
    }));
  }

  showLink() {
    const words = (values) => values.map((value) => String(Number(value.toPrecision(8)))).join(',');
    const { set, seed, scaling, ratio, momentum, tolerance, startLine, drawn, points } = this;
    this.context.link({
      d: drawn && set !== 'line' ? set : null,
      s: drawn && seed !== 1 ? String(seed) : null,
      p: drawn ? null : words(points.flat()),
      sc: scaling === 'raw' ? null : scaling,
      r: ratio === 0.5 ? null : words([ratio]),
      b: momentum ? words([momentum]) : null,
      t: tolerance === 1e-6 ? null : String(tolerance),
      w: startLine === START_LINE ? null : words(startLine),
    });
  }

  invalidate() {
    this.data.invalidate();
    this.bowl.invalidate();
  }

  placeHandles() {
    const { text } = this.context;
    this.bowl.setHandles([{
      id: 'start',
      label: () => text('descent.handle_start', { place: vectorWords(this.start) }),
      get: () => this.start,
      set: (to) => {
        this.startLine = lineOf(this.problem, this.bowl.rounded(to));
        this.changed();
      },
      release: () => (this.home = null),
      color: () => this.colors.path,
    }]);
    this.data.setHandles(this.points.map((_, k) => ({
      id: `point${k}`,
      label: () => text('descent.handle_point', { number: k + 1, place: vectorWords(this.points[k]) }),
      get: () => this.points[k] ?? [0, 0],
      set: (to) => {
        const point = this.data.rounded(to).map((value) => Math.max(-LARGEST, Math.min(LARGEST, value)));
        this.setPoints(this.points.map((old, i) => (i === k ? point : old)));
      },
      key: (event) => this.pointKey(event, k),
      release: () => (this.home = null),
      color: () => this.colors.point,
    })));
    // One of the points takes the focus of the tab key; page keys lead to the others.
    for (const [id, { node }] of this.data.handles) node.tabIndex = id === `point${this.held ?? 0}` ? 0 : -1;
  }

  pointKey({ key }, k) {
    const count = this.points.length;
    if (key === 'PageDown' || key === 'PageUp') {
      this.held = (k + (key === 'PageDown' ? 1 : count - 1)) % count;
    } else if ((key === 'Delete' || key === 'Backspace') && count > 1) {
      this.held = Math.max(0, k - 1);
      this.setPoints(this.points.filter((_, i) => i !== k));
    } else return false;
    this.placeHandles();
    this.data.handles.get(`point${this.held}`).node.focus();
    return true;
  }

  get shown() {
    return Math.min(Math.floor(this.clock.value), this.walk.path.length - 1);
  }

  // ---- the direct ways --------------------------------------------------------------------------

  showDirect() {
    const { text } = this.context;
    const { gram, moments, solutions, line, least } = this.header;
    this.program.show(this.header.program);
    this.direct.replaceChildren(
      el('p', { text: text('descent.direct_intro') }),
      el('div', { class: 'np-tables' }, el('span', { text: 'XᵀX w = Xᵀy:' }),
        matrixTable(gram, 2, 'XᵀX'), el('span', { text: 'w =' }), matrixTable(moments, 1, 'Xᵀy')),
      el('table', { class: 'np-torch' }, el('tbody', {}, ...solutions.map(({ way, code, values }) => el('tr', {},
        el('th', { scope: 'row' }, el('span', { text: text(`descent.way_${way}`) }), el('code', { text: code })),
        el('td', { text: values ? vectorWords(values) : text('descent.no_way') }))))),
      el('p', { text: text('descent.in_the_end', { line: equation(line), least: short(least < 1e-12 ? 0 : least) }) }));
  }

  themed() {
    this.colors = pageColors(this.context.theme);
    if (this.points) this.show();
  }

  destroy() {
    clearTimeout(this.asking);
    this.clock.stop();
    this.data.destroy();
    this.bowl.destroy();
    this.chart.destroy();
  }
}

const pairs = (flat) => Array.from({ length: flat.length / 2 }, (_, k) => flat.slice(2 * k, 2 * k + 2));

/** A line as an equation: y = 3.3 x − 0.2. */
function equation([slope, intercept]) {
  return `y = ${short(slope)} x ${intercept < 0 ? '−' : '+'} ${short(Math.abs(intercept))}`;
}

/** The slope that theory gives, laid through the last value that is more than rounding. */
function expectedFrom(loss, factor) {
  const solid = loss.findLastIndex((value) => value > 1e-13 * loss[0] && Number.isFinite(value));
  if (solid < 1 || !(factor > 0)) return [];
  const values = loss.map((_, k) => loss[solid] * factor ** (2 * (k - solid)));
  return [values.map((value) => (value > 1e3 * loss[0] && factor < 1 ? null : value))];
}

function figure(title, hint, node) {
  return el('figure', { class: 'np-figure' }, el('h3', { class: 'np-title', text: title }), node, el('p', { class: 'np-hint', text: hint }));
}
