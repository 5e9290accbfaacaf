/** The page "Tensors": A and B, an operation, the result, and where each of its cells comes from. */

import { el, setText } from '../dom.js';
import { codeBlock } from './code.js';
import { choice, field } from './parts.js';
import { SourceForm } from './tensors_source.js';
import { Terms, arithmetic, misfit } from './tensors_reason.js';
import { indexed } from './tensors_numbers.js';
import { TensorView } from './tensors_view.js';

export const styles = ['parts.css', 'tensors.css'];

const SIGNS = {
  matmul: 'A @ B', add: 'A + B', multiply: 'A * B', einsum: 'einsum', add_number: 'A + s',
  times_number: 's * A', transpose: 'A.T', permute: 'permute', reshape: 'reshape', expand: 'expand',
  norm: '‖A‖',
};
const MOST_LINK = 3000;
const FIRST = {
  a: { kind: 'typed', text: '[[1, 2, 3], [4, 5, 6]]' },
  b: { kind: 'typed', text: '[[1, 0], [0, 1], [2, -1]]' },
  operation: 'matmul',
  settings: {
    expression: 'ij,jk->ik', number: '2', order: '1, 0', shape: '3, 2', power: '2', along: '',
  },
};

/** Places to begin: what each shows is in its name. */
const EXAMPLES = {
  product: {},
  row: { operation: 'add', b: { kind: 'typed', text: '[10, 20, 30]' } },
  mismatch: { b: { kind: 'typed', text: '[[7, 8, 9], [1, 0, 1]]' } },
  grey: {
    operation: 'einsum', settings: { expression: 'hwc,c->hw' },
    a: { kind: 'photo', name: 'flower', step: 2, dtype: 'float32' },
    b: { kind: 'typed', text: '[0.299, 0.587, 0.114]' },
  },
  brighter: {
    operation: 'add_number', settings: { number: '100' }, a: { kind: 'photo', name: 'china', step: 2 },
  },
  digits: {
    operation: 'einsum', settings: { expression: 'nij->ij' }, a: { kind: 'digits', index: 0, count: 64 },
  },
  chord: {
    operation: 'add', a: { kind: 'tones', frequencies: '440', seconds: 0.8 },
    b: { kind: 'tones', frequencies: '554.37, 659.26', seconds: 0.8 },
  },
  text: {
    operation: 'reshape', settings: { shape: '-1, 3' }, a: { kind: 'text', writing: 'utf8', text: '\u5f20\u91cf' },
  },
  complex: {
    operation: 'times_number', settings: { number: '1j' }, a: { kind: 'typed', text: '[1+2j, 3, -1j]' },
  },
  iris: {
    operation: 'einsum', settings: { expression: 'ni,nj->ij' },
    a: { kind: 'table', table: 'iris' }, b: { kind: 'table', table: 'iris' },
  },
};

export function mount(context) {
  const bench = new Bench(context);
  return { themed: () => bench.themed() };
}

class Bench {
  constructor(context) {
    this.context = context;
    const { a, b, op, s } = context.facts.link;
    this.state = {
      a: a ?? FIRST.a, b: b ?? FIRST.b, operation: op ?? FIRST.operation,
      settings: { ...FIRST.settings, ...s }, at: {},
    };
    this.build();
    this.ask();
  }

  // ---- building --------------------------------------------------------------------------------

  build() {
    const { context: { root, text } } = this;
    this.forms = {};
    this.views = {};
    this.reason = el('div', {
      class: 'np-t-reason', role: 'region', tabindex: '0', 'aria-label': text('tensors.reason'),
    });
    const cards = ['A', 'B', 'C'].map((name) => this.card(name));
    this.bar = el('div', { class: 'np-t-bar' });
    this.settings = el('div', { class: 'np-t-settings' });
    this.operations = Object.keys(this.context.facts.takes).map((name) => el('button', {
      type: 'button', class: 'np-toggle np-t-op', text: SIGNS[name], 'data-name': name,
      title: text(`tensors.op_${name}`), 'aria-label': `${text(`tensors.op_${name}`)}: ${SIGNS[name]}`,
      on: { click: () => this.change({ operation: name }) },
    }));
    const examples = choice({
      label: text('tensors.examples'), value: '',
      options: [['', text('tensors.choose')],
        ...Object.keys(EXAMPLES).map((name) => [name, text(`tensors.example_${name}`)])],
      onChange: (name) => name && this.example(name),
    });
    this.bar.append(
      el('div', { class: 'np-t-ops', role: 'group', 'aria-label': text('tensors.operation') }, ...this.operations),
      this.settings, examples);
    this.line = el('code', { class: 'np-t-line' });
    this.help = el('p', { class: 'np-caption' });
    this.code = codeBlock({ text, label: text('common.code') });
    root.append(this.bar,
      el('div', { class: 'np-t-about' }, this.line, this.help),
      el('div', { class: 'np-t-cards' }, ...cards),
      this.code.node);
  }

  card(name) {
    const { context } = this;
    const { text } = context;
    const input = name !== 'C';
    const view = new TensorView(name, context, {
      onPoint: (flat, at) => this.point(name, flat, at),
      onMove: (at) => this.move(name, at),
      onEdit: input ? (typed) => this.forms[name].edited(typed) : null,
    });
    this.views[name] = view;
    const card = el('section', { class: 'np-t-card', 'data-tensor': name, 'aria-label': name });
    this.problems ??= {};
    this.problems[name] = el('div', { class: 'np-t-mishap' });
    if (input) {
      this.forms[name] = new SourceForm(name, context, {
        onChange: (source) => {
          const { [name]: _moved, ...at } = this.state.at;
          this.change({ [name.toLowerCase()]: source, at });
        },
        onProblem: (sentence) => this.mishap(name, sentence),
      });
      card.append(this.forms[name].node);
    } else {
      card.append(el('div', { class: 'np-t-head' },
        el('h3', { class: 'np-title', text: text('tensors.result') })), this.reason);
    }
    card.append(this.problems[name], view.node);
    this.cards = { ...this.cards, [name]: card };
    return card;
  }

  showSettings() {
    const { context: { text, facts }, state: { operation, settings } } = this;
    for (const one of this.operations) {
      one.setAttribute('aria-pressed', String(one.dataset.name === operation));
    }
    setText(this.help, text(`tensors.help_${operation}`));
    if (this.settingsOf === operation && this.saidSettings === settings) return;
    this.settingsOf = operation;
    const set = (key) => (value) => {
      this.saidSettings = { ...this.state.settings, [key]: value };
      this.change({ settings: this.saidSettings });
    };
    this.saidSettings = settings;
    this.settings.replaceChildren(...facts.takes[operation][1].map((key) => (key === 'power'
      ? choice({
        label: text('tensors.power'), value: settings.power, onChange: set(key),
        options: [['1', '1'], ['2', '2'], ['inf', '∞']],
      })
      : field({
        label: text(`tensors.setting_${key}`), value: settings[key], onChange: set(key), size: 12,
        placeholder: key === 'along' ? text('tensors.along_all') : '',
      }))));
  }

  // ---- what changes ----------------------------------------------------------------------------

  /** A window moves, and with it those upon tensors of as many rows and columns. */
  move(name, at) {
    const wholes = Object.entries(this.views).filter(([, view]) => view.told)
      .map(([other, view]) => [other, view.told.window]);
    const [, rows, columns] = this.views[name].told.window.whole;
    this.state.at = { ...this.state.at };
    for (const [other, { whole, at: before }] of wholes) {
      if (other === name) this.state.at[other] = at;
      else if (whole[1] === rows && whole[2] === columns) this.state.at[other] = [at[0], at[1], before[2]];
    }
    this.last = ['C', null];
    this.ask();
  }

  change(some) {
    Object.assign(this.state, some);
    // Another result is looked at where A is; beyond its sides the worker brings it inside.
    if (some.operation || some.settings) this.state.at = { ...this.state.at, C: this.state.at.A ?? null };
    const { a, b, operation, settings } = this.state;
    // A tensor that is too long for an address is not in it.
    const words = (value) => {
      const text = JSON.stringify(value);
      return text.length < MOST_LINK ? text : null;
    };
    this.context.link({ a: words(a), b: words(b), op: operation, s: words(settings) });
    this.ask();
  }

  example(name) {
    const { settings, ...rest } = EXAMPLES[name];
    this.change({
      ...FIRST, ...rest, at: {}, settings: { ...FIRST.settings, ...settings },
    });
  }

  /** What would fit is taken up. */
  fit({ then, dtype, settings, operation }) {
    const some = {};
    for (const name of ['A', 'B']) {
      const key = name.toLowerCase();
      const source = { ...this.state[key] };
      if (then?.[name]) source.then = then[name];
      if (dtype?.[name]) source.dtype = dtype[name];
      if (then?.[name] || dtype?.[name]) some[key] = source;
    }
    if (settings) some.settings = { ...this.state.settings, ...settings };
    if (operation) some.operation = operation;
    this.change(some);
  }

  async ask() {
    this.showSettings();
    const { a, b, operation, settings, at } = this.state;
    this.context.root.setAttribute('aria-busy', 'true');
    const answer = await this.context.ask({ a, b, operation, settings, at });
    if (!answer) return;
    this.context.root.removeAttribute('aria-busy');
    if (answer.header.error) this.mishap(this.lacking(), answer.header.error);
    else this.show(answer.header, answer.arrays);
  }

  /** Whose file is not there any more. */
  lacking() {
    return this.state.a.file ? 'A' : 'B';
  }

  mishap(name, sentence) {
    this.problems[name].replaceChildren(
      el('p', { class: 'np-t-problem', role: 'status', text: sentence }));
    const view = this.views[name];
    if (view.told) view.node.classList.add('np-t-stale');
    else view.node.hidden = true;
    this.forms[name]?.show(this.state[name.toLowerCase()], view.told ?? null);
  }

  // ---- what is shown ---------------------------------------------------------------------------

  show(header, arrays) {
    const { state, context: { text } } = this;
    this.header = header;
    this.terms = header.how ? new Terms(header, arrays) : null;
    const uses = this.uses();
    for (const name of ['A', 'B']) {
      const told = header.tensors[name] ?? null;
      const source = state[name.toLowerCase()];
      this.cards[name].hidden = !uses.includes(name);
      this.problems[name].replaceChildren();
      this.views[name].node.classList.remove('np-t-stale');
      if (header.problem?.where === name) {
        this.mishap(name, header.problem.sentence);
        continue;
      }
      this.forms[name].show(source, told);
      const typed = source.kind === 'typed' && !source.then ? source.text : null;
      this.views[name].show(told, arraysOf(arrays, name), typed);
    }
    this.views.C.show(header.tensors.C ?? null, arraysOf(arrays, 'C'));
    const { problem } = header;
    this.problems.C.replaceChildren(...(problem?.where === 'operation'
      ? misfit(problem, { told: header.tensors, text, onFit: (change) => this.fit(change) })
      : problem ? [el('p', { class: 'np-caption', text: text('tensors.no_result') })] : []));
    setText(this.line, header.line ?? '');
    this.line.hidden = !header.line;
    this.code.show(header.code);
    this.reason.hidden = !this.terms;
    this.pointAgain();
  }

  uses() {
    const { operation, settings } = this.state;
    const takes = this.context.facts.takes[operation][0];
    const count = takes || (settings.expression.includes(',') || settings.expression.includes('，') ? 2 : 1);
    return ['A', 'B'].slice(0, count);
  }

  /** The cell that was pointed at last, or the first of the result. */
  pointAgain() {
    const [name, flat] = this.last ?? ['C', 0];
    const cells = this.views[name].told && this.views[name].arrays?.cells.data;
    const at = cells ? Math.max(0, cells.indexOf(flat)) : -1;
    if (at >= 0) this.point(name, cells[at], at);
    else if (this.views.C.told) this.point('C', this.views.C.arrays.cells.data[0], 0);
    else this.mark({ A: new Map(), B: new Map(), C: new Map() });
  }

  /** A cell is pointed at: what it reads, or who reads it. What was said stays until the next. */
  point(name, flat, at = null) {
    if (!this.terms || flat === null) return;
    this.last = [name, flat];
    const marks = { A: new Map(), B: new Map(), C: new Map() };
    const here = { A: null, B: null, C: null };
    marks[name].set(flat, 'np-t-here');
    here[name] = flat;
    const words = name === 'C' ? this.reasonOf(at, flat, marks) : this.readersOf(name, flat, marks);
    this.reason.replaceChildren(...words,
      el('p', { class: 'np-caption', text: this.context.text('tensors.hint') }));
    this.mark(marks, here);
  }

  mark(marks, here = { A: null, B: null, C: null }) {
    for (const [name, view] of Object.entries(this.views)) view.mark(marks[name], here[name]);
  }

  reasonOf(at, flat, marks) {
    const { terms, header: { tensors }, views: { C } } = this;
    const read = terms.of(at);
    for (const places of read) places.forEach((place, i) => marks[terms.names[i]].set(place, 'np-t-read'));
    const value = C.grid.valueAt(at);
    return arithmetic(terms, at, { told: tensors, flat, value, text: this.context.text }, (term) => {
      if (term === null) return this.mark(marks);
      const some = { A: new Map(marks.A), B: new Map(marks.B), C: marks.C };
      read[term].forEach((place, i) => some[terms.names[i]].set(place, 'np-t-here'));
      return this.mark(some);
    });
  }

  readersOf(name, flat, marks) {
    const { terms, views: { C }, header: { tensors }, context: { text } } = this;
    const operand = terms.names.indexOf(name);
    if (operand < 0) return [];
    const readers = terms.readers(operand, flat).map((cell) => C.arrays.cells.data[cell]);
    for (const place of readers) marks.C.set(place, 'np-t-read');
    const shown = readers.slice(0, 8).map((place) => indexed('C', place, tensors.C.shape)).join(', ');
    const place = indexed(name, flat, tensors[name].shape);
    const words = readers.length
      ? text('tensors.read_by', {
        place, count: readers.length, cells: shown + (readers.length > 8 ? ', …' : ''),
      })
      : text('tensors.read_by_none', { place });
    return [el('p', { class: 'np-t-formula', text: words })];
  }

  themed() {
    for (const view of Object.values(this.views)) view.themed();
  }
}

/** The arrays of one tensor, without its name before theirs. */
function arraysOf(arrays, name) {
  return Object.fromEntries(Object.entries(arrays)
    .filter(([key]) => key.startsWith(`${name}/`)).map(([key, array]) => [key.slice(2), array]));
}
