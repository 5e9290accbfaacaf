/**
 * The first chapter: points in the plane, an axis turned by hand, and the variance along it; what
 * is projected, what is left over, and when the axis is the first component.
 */

import { css } from '../colors.js';
import { el } from '../dom.js';
import { percent, significant } from '../words.js';
import { Agreement } from './agree.js';
import { AngleChart } from './anglechart.js';
import { classLegend, DataPlane } from './dataplane.js';
import { button, chips, facts, matrixTable, readNumber, vectorWords } from './kit.js';
import { apart, covariance, projected, readPoints, standardise, symmetricEigen, varianceAlong } from './pcamath.js';
import { PRESETS } from './pcapresets.js';

const FOUND = (1.2 * Math.PI) / 180; // so near counts as found
const TURN = Math.PI / 180; // of an arrow key
export const MOST = 40; // points by hand, as in ui/pca.py
export const REACH = 100;
const CLICK_PX = 4;

export class PlaneChapter {
  /** @param {object} page of which this is a chapter: its source, its switches, its answer */
  constructor(page) {
    this.page = page;
    this.context = page.context;
    this.angle = ((page.link.a ?? 100) * Math.PI) / 180;
    this.hand = page.link.p ?? PRESETS.cloud;
    this.shown = false; // the components, without looking for them
    this.drop = true; // the way from each point to the axis
    this.build();
  }

  // ---- what is on the page ---------------------------------------------------------------------

  build() {
    const { text } = this.context;
    this.scene = new DataPlane(this.context, { paint: () => this.paint(), alt: () => this.alt() });
    this.scene.canvas.addEventListener('pointerdown', (event) => (this.began = event));
    this.scene.canvas.addEventListener('pointerup', (event) => this.click(event));
    this.presets = chips({
      label: text('pca.examples'), names: Object.keys(PRESETS), words: (name) => text(`pca.preset_${name}`),
      onChoose: (name) => this.setPoints(PRESETS[name]),
    });
    this.add = button(text('pca.add'), () => this.addPoint([0, 0], true), { title: text('pca.add_tip') });
    this.type = el('textarea', { class: 'np-typed', rows: 2, 'aria-label': text('pca.type'), placeholder: text('pca.type_tip'), spellcheck: 'false' });
    this.type.addEventListener('change', () => this.typed());
    this.trouble = el('p', { class: 'np-trouble', role: 'alert' });
    this.columns = [0, 1].map((k) => el('select', {
      class: 'np-select', 'aria-label': text(k ? 'pca.column_y' : 'pca.column_x'), on: { change: () => this.chooseColumns() },
    }));
    this.byHand = el('div', { class: 'np-pca-hand' }, this.presets.node,
      el('div', { class: 'np-buttons' }, this.add, el('span', { class: 'np-hint', text: text('pca.hand_hint') })));
    this.byTable = el('div', { class: 'np-buttons' },
      ...this.columns.map((node, k) => el('label', { class: 'np-inline' },
        el('span', { text: k ? text('pca.column_y') : text('pca.column_x') }), node)));
    this.verdict = el('p', { class: 'np-verdict', role: 'status' });
    this.chart = new AngleChart(this.context, (angle) => this.turnTo(angle));
    this.show = button(text('pca.show'), () => {
      this.shown = !this.shown;
      this.update();
    }, { 'aria-pressed': 'false', title: text('pca.show_tip') });
    this.toFirst = button(text('pca.to_first'), () => this.turnTo(this.eigen.angle), { title: text('pca.to_first_tip') });
    this.drops = button(text('pca.drops'), () => {
      this.drop = !this.drop;
      this.update();
    }, { 'aria-pressed': 'true', title: text('pca.drops_tip') });
    this.matrix = el('div', { class: 'np-pca-matrix' });
    this.facts = facts();
    this.agreement = new Agreement(this.context);
    this.nodes = [
      el('div', { class: 'np-pca-left' }, this.byHand, this.byTable,
        el('div', { class: 'np-pca-scene' }, this.scene.node), this.legend = el('div', { class: 'np-legend' })),
      el('div', { class: 'np-pca-right' }, this.verdict, this.chart.node,
        el('div', { class: 'np-buttons' }, this.show, this.toFirst, this.drops),
        el('div', { class: 'np-pca-numbers' }, this.matrix, this.facts.node), this.agreement.node,
        this.typing = el('details', { class: 'np-torch-box' }, el('summary', { text: text('pca.type') }), this.type, this.trouble)),
    ];
  }

  // ---- points ------------------------------------------------------------------------------------

  get isHand() {
    return this.page.source === 'hand';
  }

  /** The two columns that are looked at, as points. */
  get points() {
    if (this.isHand) return this.hand;
    const table = this.page.table;
    if (!table) return [];
    const [x, y] = this.chosen();
    const { data, shape: [n, d] } = table.points;
    return Array.from({ length: n }, (_, i) => [data[i * d + x], data[i * d + y]]);
  }

  chosen() {
    const last = (this.page.table?.names.length ?? 1) - 1;
    return [Math.min(this.page.link.x ?? 0, last), Math.min(this.page.link.y ?? Math.min(1, last), last)];
  }

  setPoints(points) {
    this.hand = points.map((point) => [...point]);
    this.page.moved();
  }

  addPoint(place, focus = false) {
    if (this.hand.length >= MOST) return;
    this.setPoints([...this.hand, place.map(rounded)]);
    if (focus) this.scene.handles.get(`point${this.hand.length - 1}`)?.node.focus();
  }

  removePoint(index) {
    this.setPoints(this.hand.filter((_, i) => i !== index));
    this.scene.handles.get(`point${Math.min(index, this.hand.length - 1)}`)?.node.focus();
  }

  movePoint(index, place) {
    const { mean, spread } = this.standard;
    const n = this.hand.length;
    // The mean moves with the point: it is placed so that it lies under the pointer all the same.
    const back = place.map((value, k) => {
      if (!this.page.centre || n < 2) return rounded(value * spread[k] + mean[k]);
      const others = this.hand.reduce((sum, point, i) => sum + (i === index ? 0 : point[k]), 0);
      return rounded((value * spread[k] + others / n) * (n / (n - 1)));
    });
    this.hand = this.hand.map((point, i) => (i === index ? back : point));
    this.page.moved();
  }

  click(event) {
    const { began } = this;
    this.began = null;
    if (!this.isHand || !began || event.button) return;
    if (Math.hypot(event.clientX - began.clientX, event.clientY - began.clientY) > CLICK_PX) return;
    const place = this.scene.unproject(event.offsetX, event.offsetY);
    this.addPoint(place.map((value, k) => value * this.standard.spread[k] + this.standard.mean[k]));
  }

  typed() {
    const { text } = this.context;
    const { points, problem, facts: about } = readPoints(this.type.value, readNumber, MOST, REACH);
    this.trouble.textContent = points ? '' : text(`pca.typed_${problem}`, about);
    this.type.setAttribute('aria-invalid', String(!points));
    if (points) this.setPoints(points);
  }

  chooseColumns() {
    [this.page.link.x, this.page.link.y] = this.columns.map((node) => Number(node.value));
    this.page.context.link({ x: this.columns[0].value, y: this.columns[1].value });
    this.update();
  }

  fillColumns() {
    const names = this.page.table?.names ?? [];
    const key = names.join('|');
    const chosen = this.chosen();
    this.columns.forEach((node, k) => {
      if (this.columnKey !== key) node.replaceChildren(...names.map((name, i) => el('option', { value: i, text: name })));
      node.value = chosen[k];
    });
    this.columnKey = key;
  }

  // ---- what follows from them ----------------------------------------------------------------------

  turnTo(angle) {
    this.angle = ((angle % Math.PI) + Math.PI) % Math.PI;
    this.context.link({ a: ((this.angle * 180) / Math.PI).toFixed(1) });
    this.update();
  }

  update() {
    const { centre, scale } = this.page;
    this.byHand.hidden = this.typing.hidden = !this.isHand;
    this.byTable.hidden = this.isHand;
    if (!this.isHand) this.fillColumns();
    if (!this.isHand && !this.page.table) this.agreement.clear();
    this.raw = this.points;
    this.standard = standardise(this.raw, centre, scale);
    this.cov = covariance(this.standard.standard);
    this.eigen = symmetricEigen(this.cov);
    this.legend.replaceChildren(...classLegend(this.context, this.isHand ? [] : this.page.table?.classes));
    this.tell();
    this.placeHandles();
    this.chart.show({ cov: this.cov, eigen: this.eigen, angle: this.angle });
    this.scene.invalidate();
  }

  get found() {
    return this.eigen.every || apart(this.angle, this.eigen.angle) <= FOUND;
  }

  tell() {
    const { context: { text }, cov, eigen, angle, raw, standard } = this;
    const along = varianceAlong(cov, angle);
    const total = cov[0][0] + cov[1][1];
    const share = total > 0 ? percent(along / total, 1) : '–';
    const second = apart(angle, eigen.angle + Math.PI / 2) <= FOUND;
    const said = !this.isHand && !this.page.table ? text('pca.loading') : raw.length < 2 ? text('pca.say_few') : total <= 0 ? text('pca.say_nothing')
      : eigen.every ? text('pca.say_every')
        : this.found ? text('pca.say_found', { share }) : second ? text('pca.say_second', { share })
          : text('pca.say_looking', { share, most: percent(eigen.values[0] / total, 1) });
    if (this.verdict.textContent !== said) this.verdict.textContent = said;
    this.verdict.classList.toggle('np-met', total > 0 && this.found);
    this.show.setAttribute('aria-pressed', String(this.shown));
    this.drops.setAttribute('aria-pressed', String(this.drop));
    this.presets.show(this.isHand ? Object.keys(PRESETS).find((name) =>
      JSON.stringify(PRESETS[name]) === JSON.stringify(this.hand)) : null);
    const entries = [cov[0][0], cov[0][1], cov[1][0], cov[1][1]];
    this.matrix.replaceChildren(el('span', { text: this.page.centre ? text('pca.covariance') : text('pca.moment') }),
      matrixTable(entries.map(round4), 2, text('pca.covariance')));
    const n = raw.length;
    const still = standard.still.some(Boolean) && n > 1;
    this.facts.show([
      [text('pca.mean'), vectorWords(standard.means.map(round4))],
      [text('pca.along'), significant(along), text('pca.along_tip')],
      [text('pca.left'), significant(Math.max(0, total - along)), text('pca.left_tip')],
      [text('pca.total'), significant(total), text('pca.total_tip')],
      [text('pca.eigenvalues'), eigen.values.map(significant).join(', ')],
      [text('pca.eigenvectors'), eigen.every && n ? text('pca.any') : eigen.vectors.map((one) => vectorWords(one.map(round4))).join(' ')],
      ...(still ? [[text('pca.still'), standard.still.flatMap((is, k) => (is ? this.labels()[k] : [])).join(', '), text('pca.still_tip')]] : []),
    ]);
    this.context.root.dataset.plane = JSON.stringify({ cov, values: eigen.values, vectors: eigen.vectors, along, angle, n });
  }

  labels() {
    if (this.isHand) return ['x', 'y'];
    return this.chosen().map((k) => this.page.table?.names[k] ?? '');
  }

  /** What torch says of the same points, by both ways. */
  answered(header) {
    this.agreement.show(header);
  }

  /** What Python is asked of what is shown: of two columns of a table, of those two. */
  question() {
    return { source: 'hand', values: this.raw.slice(0, 2000) };
  }

  // ---- handles -------------------------------------------------------------------------------------

  placeHandles() {
    const { text } = this.context;
    const axis = {
      id: 'axis', label: () => text('pca.handle_axis', { degrees: Math.round((this.angle * 180) / Math.PI) }),
      get: () => this.axisEnd(), color: () => this.context.theme.text,
      set: ([x, y]) => Math.hypot(x, y) > 0 && this.turnTo(Math.atan2(y, x)),
      turn: ([across, up]) => this.turnTo(this.angle + (across + up) * TURN),
    };
    const points = !this.isHand ? [] : this.hand.map((_, i) => ({
      id: `point${i}`, label: () => text('pca.handle_point', { number: i + 1, place: vectorWords(this.hand[i] ?? [0, 0]) }),
      get: () => this.standard.standard[i] ?? [0, 0], set: (to) => this.movePoint(i, to), color: () => this.pointColor(),
    }));
    this.scene.setHandles([...points, axis]);
    for (const [id, { node }] of this.scene.handles) {
      if (!id.startsWith('point') || node.dataset.wired) continue;
      node.dataset.wired = 'true';
      node.classList.add('np-point-handle');
      const index = Number(id.slice(5));
      node.addEventListener('keydown', (event) => {
        if (event.key !== 'Delete' && event.key !== 'Backspace') return;
        event.preventDefault();
        this.removePoint(index);
      });
      node.addEventListener('dblclick', () => this.removePoint(index));
    }
  }

  /** On the axis, well inside the window. */
  axisEnd() {
    const [x0, x1, y0, y1] = this.scene.width ? this.scene.window : [-1, 1, -1, 1];
    const [c, s] = [Math.cos(this.angle), Math.sin(this.angle)];
    const limits = [[c, x0, x1], [s, y0, y1]].map(([part, low, high]) =>
      (part > 1e-9 ? high / part : part < -1e-9 ? low / part : Infinity));
    const far = 0.86 * Math.max(0.05 * this.scene.half, Math.min(...limits));
    return [far * c, far * s];
  }

  // ---- the picture ---------------------------------------------------------------------------------

  pointColor() {
    return css(this.context.theme.colors.classes[0]);
  }

  colorOf(i) {
    const { theme } = this.context;
    const { table } = this.page;
    if (this.isHand || !table?.classes.length) return this.pointColor();
    return css(theme.colors.classOf(table.labels.data[i], table.classes.length));
  }

  paint() {
    const { scene, context: { theme }, angle, eigen, cov } = this;
    const { standard } = this.standard;
    scene.frame(standard);
    scene.grid(this.labels().map((name, k) => this.axisWords(name, k)));
    const far = scene.half * 4 * Math.max(1, scene.width / Math.max(1, scene.height));
    const ray = (at, length = far) => [[-length * Math.cos(at), -length * Math.sin(at)], [length * Math.cos(at), length * Math.sin(at)]];
    scene.line(ray(angle + Math.PI / 2), theme.muted, { width: 1, dash: [3, 5] });
    const onto = projected(standard, angle);
    if (this.drop) {
      standard.forEach((point, i) => scene.line([point, onto[i]], theme.alert, { width: 1.2, alpha: standard.length > 60 ? 0.35 : 0.8 }));
    }
    const met = this.found && !eigen.every;
    scene.line(ray(angle), met ? theme.colors.positive && css(theme.colors.positive) : theme.text, { width: met ? 3 : 2 });
    if (this.shown || met) this.paintComponents(cov);
    if (this.drop) for (const place of onto) scene.dot(place, theme.alert, 3);
    if (!this.isHand) standard.forEach((point, i) => scene.dot(point, this.colorOf(i), 3.6));
    scene.dot([0, 0], theme.text, this.page.centre ? 5 : 3);
  }

  axisWords(name, k) {
    const { text } = this.context;
    if (this.page.scale && !this.standard.still[k]) return text('pca.axis_scaled', { name });
    return this.page.centre ? text('pca.axis_centred', { name }) : name;
  }

  /** Both components, as long as their standard deviations, and the ellipse of two of them. */
  paintComponents() {
    const { scene, eigen: { values, vectors }, context: { theme } } = this;
    const lengths = values.map(Math.sqrt);
    const ellipse = Array.from({ length: 73 }, (_, i) => {
      const t = (i / 72) * 2 * Math.PI;
      return [0, 1].map((k) => 2 * (lengths[0] * Math.cos(t) * vectors[0][k] + lengths[1] * Math.sin(t) * vectors[1][k]));
    });
    scene.line(ellipse, theme.muted, { width: 1.4, dash: [5, 4] });
    vectors.forEach((vector, i) => {
      if (!(lengths[i] > 0)) return;
      const end = vector.map((value) => 2 * value * lengths[i]);
      scene.arrow([0, 0], end, css(theme.colors.positive), { width: 3 });
      scene.label(end, `PC${i + 1}`, theme.text, { dx: 16 });
    });
  }

  alt() {
    const { context: { text }, cov, angle, raw, eigen } = this;
    return text('pca.plane_alt', {
      count: raw.length, degrees: Math.round((angle * 180) / Math.PI), along: significant(varianceAlong(cov, angle)),
      most: significant(eigen.values[0]),
    });
  }

  themed() {
    this.update();
  }

  destroy() {
    this.scene.destroy();
    this.chart.destroy();
  }
}

const rounded = (value) => Math.max(-REACH, Math.min(REACH, Math.round(value * 100) / 100));
const round4 = (value) => Number(value.toPrecision(4));
