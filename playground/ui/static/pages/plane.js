/** A matrix moves the plane: the matrix by hand, what it does, and one lens at a time upon it. */

import { el } from '../dom.js';
import { short } from '../words.js';
import { pageColors, paintColumns, paintGround } from './ground.js';
import { chips, complexWords, eigenvalueWords, facts, numberField, readNumber, tabList, vectorWords } from './kit.js';
import { LENSES } from './lenses.js';
import { apply, column, determinant, eigen, fromColumns, rankOf, sizeOf, svd, trace, unit } from './matrix.js';
import { PRESETS } from './planepresets.js';
import { Plane, Space } from './scene.js';

export const styles = ['plane.css'];

export const MOST = 10;
const SLIDER = 3;
const ROUND = 0.05;
const ASK_MS = 250;

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    const { m, lens, v } = context.facts.link;
    this.matrix = m ?? PRESETS[2].shear;
    this.lensName = LENSES[lens] ? lens : 'area';
    this.vector = (v?.length === this.size && unit(v)) || this.firstVector();
    this.colors = pageColors(context.theme);
    this.build();
    this.setMatrix(this.matrix);
  }

  get size() {
    return sizeOf(this.matrix);
  }

  firstVector() {
    return this.size === 2 ? [0.9396926, -0.3420201] : [0.8017837, -0.5345225, 0.2672612];
  }

  // ---- what is on the page ----------------------------------------------------------------------

  build() {
    const { root, text } = this.context;
    root.replaceChildren();
    this.dimensions = chips({
      label: text('plane.dimensions'), names: ['2', '3'], words: (n) => `${n} × ${n}`,
      onChoose: (n) => this.choose(PRESETS[n].symmetric),
    });
    this.presets = el('div', { class: 'np-presets' });
    this.saying = el('p', { class: 'np-saying', role: 'status' });
    this.stageNode = el('div', { class: 'np-plane-scene' });
    this.editor = el('div', { class: 'np-editor' });
    this.facts = facts();
    this.panel = el('div', { class: 'np-lens', role: 'tabpanel', id: 'np-lens', tabindex: '0' });
    this.tabs = tabList({
      label: text('plane.lenses'), current: this.lensName, controls: 'np-lens',
      tabs: Object.keys(LENSES).map((name) => ({ name, label: text(`plane.lens_${name}`) })),
      onChange: (name) => this.openLens(name),
    });
    this.torch = this.buildTorch();
    root.append(
      el('div', { class: 'np-plane-top' }, this.dimensions.node, this.presets),
      this.saying,
      el('div', { class: 'np-plane' }, this.stageNode, el('div', { class: 'np-plane-side' },
        el('div', { class: 'np-plane-matrix' }, this.editor, this.facts.node),
        this.tabs.node, this.panel, this.torch)));
    this.buildForSize();
  }

  /** What depends on whether there are two dimensions or three. */
  buildForSize() {
    const { context } = this;
    this.built = this.size;
    this.scene?.destroy();
    const Scene = this.size === 2 ? Plane : Space;
    this.scene = new Scene(context, { paint: (scene) => this.paint(scene), alt: () => this.alt() });
    if (this.size === 2) {
      this.scene.readOut((point) => [
        { label: 'x', value: vectorWords(point) },
        { label: 'Ax', value: vectorWords(apply(this.matrix, point)) },
      ]);
    }
    this.stageNode.replaceChildren(this.scene.node, ...(this.size === 3
      ? [el('p', { class: 'np-hint', text: context.text('plane.turn_hint') })] : []));
    this.presetChips = chips({
      label: context.text('plane.presets'), names: Object.keys(PRESETS[this.size]),
      words: (name) => context.text(`plane.preset_${name}`),
      onChoose: (name) => this.choose(PRESETS[this.size][name]),
    });
    this.presets.replaceChildren(this.presetChips.node);
    this.buildEditor();
    this.buildLens();
  }

  buildEditor() {
    const { size, context: { text } } = this;
    this.fields = Array.from({ length: size * size }, (_, at) => {
      const label = text('plane.entry', { row: Math.floor(at / size) + 1, column: (at % size) + 1 });
      const change = (value) => this.setMatrix(this.matrix.map((old, i) => (i === at ? value : old)));
      const field = numberField({ label, value: 0, low: -MOST, high: MOST, onChange: change });
      const range = el('input', { type: 'range', class: 'np-range', 'aria-label': label,
        min: -SLIDER, max: SLIDER, step: ROUND, on: { input: () => change(Number(range.value)) } });
      return { field, range, node: el('div', { class: `np-entry np-column-${at % size}` }, field.node, range) };
    });
    const typed = el('input', { class: 'np-typed', type: 'text', 'aria-label': text('plane.type'),
      placeholder: text('plane.type_tip'), autocomplete: 'off', spellcheck: 'false' });
    this.typedProblem = el('p', { class: 'np-trouble', role: 'alert' });
    typed.addEventListener('change', () => this.typed(typed));
    typed.addEventListener('keydown', (event) => event.key === 'Enter' && this.typed(typed));
    this.editor.replaceChildren(
      el('div', { class: `np-entries np-size-${size}` }, ...this.fields.map(({ node }) => node)),
      typed, this.typedProblem);
  }

  typed(field) {
    const { matrix, problem } = readMatrix(field.value, this.context.text);
    this.typedProblem.textContent = problem ?? '';
    field.setAttribute('aria-invalid', String(Boolean(problem)));
    if (matrix) this.choose(matrix);
  }

  buildLens() {
    this.lens?.stop?.();
    this.panel.setAttribute('aria-label', this.context.text(`plane.lens_${this.lensName}`));
    this.lens = LENSES[this.lensName](this);
    this.panel.replaceChildren(...this.lens.nodes);
    this.placeHandles();
  }

  placeHandles() {
    const { text } = this.context;
    const columns = Array.from({ length: this.size }, (_, k) => ({
      id: `column${k}`,
      label: () => text('plane.handle_column', { number: k + 1, place: vectorWords(column(this.matrix, k)) }),
      get: () => column(this.matrix, k),
      set: (to) => this.moveColumn(k, to),
      color: () => this.colors.columns[k],
    }));
    this.scene.setHandles([...(this.lens.fixed ? [] : columns), ...(this.lens.handles ?? [])]);
  }

  openLens(name) {
    this.lensName = name;
    this.buildLens();
    this.lens.update?.();
    this.context.link({ lens: name });
    this.scene.invalidate();
  }

  // ---- what changes ---------------------------------------------------------------------------

  choose(matrix) {
    this.setMatrix([...matrix]);
  }

  moveColumn(k, to) {
    const columns = Array.from({ length: this.size }, (_, i) => column(this.matrix, i));
    const round = (value) => Math.max(-MOST, Math.min(MOST, Math.round(value / ROUND) * ROUND));
    columns[k] = to.map((value) => Number(round(value).toFixed(4)));
    this.setMatrix(fromColumns(columns));
  }

  setMatrix(matrix) {
    this.matrix = matrix;
    if (this.vector.length !== this.size) this.vector = this.firstVector();
    this.svd = svd(matrix);
    this.eigen = eigen(matrix);
    if (this.built !== this.size) this.buildForSize();
    this.showMatrix();
    this.lens.update?.(true);
    this.scene.invalidate();
    this.writeLink();
    this.askSoon();
  }

  setVector(vector) {
    this.vector = vector;
    this.lens.update?.();
    this.scene.invalidate();
    this.writeLink();
  }

  writeLink() {
    const words = (values) => values.map((value) => String(Number(value.toPrecision(10)))).join(',');
    this.context.link({ m: words(this.matrix), v: words(this.vector) });
  }

  showMatrix() {
    const { context: { text }, matrix, eigen: { values } } = this;
    for (const [at, { field, range }] of this.fields.entries()) {
      field.show(matrix[at]);
      range.value = String(matrix[at]);
      range.setAttribute('aria-valuetext', short(matrix[at]));
    }
    const name = Object.entries(PRESETS[this.size]).find(([, entries]) =>
      entries.every((entry, i) => Math.abs(entry - matrix[i]) < 1e-9))?.[0];
    this.presetChips.show(name);
    this.dimensions.show(String(this.size));
    this.saying.textContent = name ? text(`plane.say_${name}`) : text('plane.say_own');
    const sigma = this.svd.values;
    const condition = sigma.at(-1) > 0 && rankOf(sigma) === this.size ? short(sigma[0] / sigma.at(-1)) : '∞';
    this.facts.show([
      [text(this.size === 2 ? 'plane.determinant' : 'plane.determinant_3'), short(determinant(matrix))],
      [text('plane.trace'), short(trace(matrix))],
      [text('plane.rank'), String(rankOf(sigma))],
      [text('plane.eigenvalues'), eigenvalueWords(values)],
      [text('plane.singular_values'), sigma.map((value) => short(value)).join(', ')],
      [text('plane.condition'), condition, text('plane.condition_tip')],
    ]);
  }

  // ---- the picture ------------------------------------------------------------------------------

  paint(scene) {
    const shown = this.lens.shown?.() ?? this.matrix;
    const zero = Array(this.size).fill(0);
    // So large that neither the ellipse nor what a lens shows is cut off.
    scene.hold(Math.max(1, this.svd.values[0], this.lens.reach?.() ?? 0));
    paintGround(scene, shown, this.colors);
    this.lens.under?.(scene, this.colors);
    paintColumns(scene, shown, this.colors, ['e₁', 'e₂', 'e₃'].map((name) => (this.lens.plain ? name : `A${name}`)));
    this.lens.paint?.(scene, this.colors);
    scene.dot(zero, this.colors.muted, 3);
  }

  alt() {
    const { context: { text }, matrix, size } = this;
    const rows = Array.from({ length: size }, (_, row) => vectorWords(matrix.slice(row * size, row * size + size)));
    return text('plane.alt', { rows: rows.join(' '), determinant: short(determinant(matrix)),
      eigenvalues: eigenvalueWords(this.eigen.values) });
  }

  // ---- torch ------------------------------------------------------------------------------------

  buildTorch() {
    const { text } = this.context;
    this.torchTable = el('table', { class: 'np-torch' });
    const node = el('details', { class: 'np-torch-box', open: true },
      el('summary', { text: text('plane.torch') }), this.torchTable);
    node.addEventListener('toggle', () => this.askSoon());
    return node;
  }

  /** What torch says of the matrix, once it rests; nothing is asked while nobody looks. */
  askSoon() {
    clearTimeout(this.asking);
    if (!this.torch.open) return;
    this.asking = setTimeout(async () => {
      const { size, matrix, context } = this;
      const rows = Array.from({ length: size }, (_, row) => matrix.slice(row * size, row * size + size));
      const answer = await context.ask({ matrix: rows });
      if (answer && this.matrix === matrix) this.showTorch(answer.header);
    }, ASK_MS);
  }

  showTorch({ error, lines }) {
    this.torchTable.replaceChildren(el('tbody', {}, ...(error
      ? [el('tr', {}, el('td', { text: error }))]
      : lines.map(({ code, values }) => el('tr', {},
        el('th', { scope: 'row' }, el('code', { text: code })),
        el('td', { text: torchWords(values, this.size) }))))));
    this.context.root.dataset.torch = JSON.stringify(lines ?? error);
  }

  // ---- the stage's wishes -----------------------------------------------------------------------

  themed() {
    this.colors = pageColors(this.context.theme);
    this.scene.invalidate();
    this.lens.update?.();
  }

  destroy() {
    clearTimeout(this.asking);
    this.lens?.stop?.();
    this.scene.destroy();
  }
}

function torchWords(values, size) {
  if (values.length === size * size) {
    return Array.from({ length: size }, (_, row) => vectorWords(values.slice(row * size, row * size + size))).join(' ');
  }
  return values.map((value) => (Array.isArray(value) ? complexWords({ re: value[0], im: value[1] })
    : value === null ? '∞' : short(value))).join(', ');
}

/** A matrix as it may be typed: [[1, 2], [3, 4]], or rows parted by semicolons. */
export function readMatrix(typed, text) {
  const inner = typed.trim().replace(/^\[\s*\[?|\]?\s*\]$/g, '');
  if (!inner) return {};
  const rows = inner.split(/\]\s*,?\s*\[|;/).map((row) =>
    row.replace(/[[\]]/g, '').trim().split(/\s*,\s*|\s+/).filter(Boolean).map(readNumber));
  if (rows.flat().includes(null)) return { problem: text('plane.typed_unread') };
  const odd = rows.findIndex((row) => row.length !== rows[0].length);
  if (odd > 0) {
    return { problem: text('plane.typed_ragged',
      { first: rows[0].length, row: odd + 1, other: rows[odd].length }) };
  }
  const shape = { rows: rows.length, columns: rows[0].length };
  if (shape.rows !== shape.columns || ![2, 3].includes(shape.rows)) {
    return { problem: text('plane.typed_size', shape) };
  }
  if (rows.flat().some((value) => Math.abs(value) > MOST)) return { problem: text('plane.typed_large', { most: MOST }) };
  return { matrix: rows.flat() };
}
