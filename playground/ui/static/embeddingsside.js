/** Beside the picture of a table: search, neighbours of the chosen entry, the form of an analogy. */

import { el, setText } from './dom.js';
import { shownToken } from './tokens.js';
import { significant } from './words.js';

const SIGNS = ['−', '+'];

export class Relations {
  /**
   * @param {{choose: (row: ?number) => void, terms: (rows: (?number)[]) => void, measure: (name: string) => void}} calls
   */
  constructor(context, calls) {
    this.context = context;
    this.calls = calls;
    this.terms = [null, null, null];
    this.rows = [];
    this.build();
  }

  build() {
    const { text } = this.context;
    this.id = `np-names-${Math.random().toString(36).slice(2, 8)}`;
    this.list = el('datalist', { id: this.id });
    this.search = el('input', {
      type: 'search', class: 'np-search', list: this.id, placeholder: text('embeddings.search'),
      'aria-label': text('embeddings.search'), title: text('embeddings.search_tip'), autocomplete: 'off',
      on: { change: () => this.found(), keydown: (event) => event.key === 'Enter' && this.found() },
    });
    this.measure = el('select', {
      class: 'np-select', 'aria-label': text('embeddings.measure'), title: text('embeddings.measure_tip'),
      on: { change: () => this.calls.measure(this.measure.value) },
    }, el('option', { value: 'cosine', text: text('embeddings.cosine') }),
    el('option', { value: 'euclidean', text: text('embeddings.euclidean') }));
    this.shape = el('span', { class: 'np-caption' });
    this.missing = el('p', { class: 'np-caption np-missing', role: 'status' });
    this.near = new Ranking(this.context, this.calls.choose);
    this.products = new Ranking(this.context, this.calls.choose);
    this.buildAnalogy();
    this.node = el('div', { class: 'np-side np-embeddings-side' },
      el('div', { class: 'np-row' }, this.search, this.measure, this.list), this.shape, this.missing,
      el('div', {}, this.near.node), el('div', {}, this.analogy, this.products.node));
  }

  buildAnalogy() {
    const { text } = this.context;
    this.inputs = [0, 1, 2].map((side) => el('input', {
      type: 'text', class: 'np-term', list: this.id, autocomplete: 'off', 'aria-label': text('embeddings.term', { letter: 'abc'[side] }),
      title: text('embeddings.term_tip'), placeholder: 'abc'[side],
      on: {
        focus: () => (this.filling = side),
        blur: () => setTimeout(() => (this.filling === side && document.activeElement !== this.inputs[side]) && (this.filling = null), 400),
        change: () => this.typed(side), keydown: (event) => event.key === 'Enter' && this.typed(side),
      },
    }));
    this.answers = new Ranking(this.context, this.calls.choose);
    const row = this.inputs.flatMap((input, i) => (i ? [el('span', { text: SIGNS[i - 1] }), input] : [input]));
    this.analogy = el('section', { class: 'np-analogy' },
      el('h4', { class: 'np-subtitle', text: text('embeddings.analogy'), title: text('embeddings.analogy_tip') }),
      el('div', { class: 'np-row' }, ...row, el('span', { text: '≈ ?' })), this.answers.node);
  }

  // ---- what is asked for ---------------------------------------------------------------------

  /** The row of a typed name: as it is, as it is shown, or the first that begins so or holds it. */
  rowOf(name, part = null) {
    if (name === '') return null;
    const mine = this.rows.filter((one) => part == null || one.part === part);
    const low = name.toLowerCase();
    const found = mine.find((one) => one.name === name) ?? mine.find((one) => shownToken(one.name) === name)
      ?? mine.find((one) => one.name.toLowerCase() === low)
      ?? (name.length > 1 ? mine.find((one) => one.name.toLowerCase().startsWith(low))
        ?? mine.find((one) => one.name.toLowerCase().includes(low)) : undefined);
    return found ? found.row : null;
  }

  found() {
    const row = this.rowOf(this.search.value);
    this.lacking(this.search.value, row);
    if (row != null || this.search.value === '') this.calls.choose(row);
  }

  typed(side) {
    const { value } = this.inputs[side];
    const row = this.rowOf(value);
    this.lacking(value, row);
    this.put(side, row);
  }

  lacking(name, row) {
    setText(this.missing, name !== '' && row == null ? this.context.text('embeddings.missing', { name }) : '');
  }

  put(side, row) {
    this.terms = this.terms.map((term, i) => (i === side ? row : term));
    this.calls.terms(this.terms);
  }

  /** A click in the picture while a term is being filled in. @returns {boolean} whether it was */
  takes(row) {
    if (this.filling == null) return false;
    const side = this.filling;
    this.inputs[side].value = shownToken(this.rows[row].name);
    this.put(side, row);
    this.filling = side < 2 ? side + 1 : null;
    if (this.filling != null) this.inputs[this.filling].focus();
    return true;
  }

  // ---- painting ------------------------------------------------------------------------------

  paint({ head, rows }, choice) {
    const { text } = this.context;
    this.rows = rows;
    const key = `${head.key}|${head.table}|${head.sizes}`;
    if (key !== this.key) {
      this.key = key;
      this.list.replaceChildren(...rows.map((one) => el('option', { value: shownToken(one.name) })));
    }
    this.terms = choice.terms;
    this.inputs.forEach((input, side) => {
      const term = choice.terms[side];
      if (document.activeElement !== input) input.value = term == null || !rows[term] ? '' : shownToken(rows[term].name);
    });
    if (document.activeElement !== this.measure) this.measure.value = choice.measure;
    const name = head.chosen ? shownToken(rows[head.chosen.row].name) : '';
    const title = head.chosen
      ? text('embeddings.near', { name, length: significant(head.chosen.length) }) : text('embeddings.hint');
    this.near.paint(title, head.chosen?.near ?? [], rows, head.measure);
    this.products.node.hidden = !head.chosen?.products;
    if (head.chosen?.products) this.products.paint(text('embeddings.products', { name }), head.chosen.products, rows, 'product');
    this.answers.node.hidden = !head.analogy;
    if (head.analogy) this.answers.paint('', head.analogy.found, rows, head.measure);
  }
}

/** A list of entries with a bar and a number each; a click looks at the entry. */
class Ranking {
  constructor(context, choose) {
    this.context = context;
    this.title = el('h4', { class: 'np-subtitle' });
    this.lines = Array.from({ length: 10 }, () => {
      const bar = el('i');
      const label = el('span');
      const value = el('b');
      const node = el('button', { type: 'button', class: 'np-bar-row np-rank', on: { click: () => choose(Number(node.dataset.row)) } },
        label, el('div', { class: 'np-bar-track' }, bar), value);
      return { node, label, bar, value };
    });
    this.node = el('section', { class: 'np-ranking' }, this.title, ...this.lines.map(({ node }) => node));
  }

  paint(title, found, rows, measure) {
    setText(this.title, title);
    this.title.hidden = !title;
    this.title.classList.toggle('np-plain', !found.length);
    const most = Math.max(1e-12, ...found.map(([, value]) => Math.abs(value)));
    this.lines.forEach(({ node, label, bar, value }, i) => {
      node.hidden = i >= found.length;
      if (node.hidden) return;
      const [row, number] = found[i];
      const name = shownToken(rows[row].name);
      node.dataset.row = row;
      setText(label, name);
      label.title = rows[row].name;
      // The nearest has the shortest distance, and the longest bar all the same.
      const share = measure === 'euclidean' ? 1 - number / (most * 1.05) : measure === 'cosine' ? Math.max(0, number) : Math.max(0, number) / most;
      bar.style.width = `${Math.round(share * 100)}%`;
      setText(value, measure === 'cosine' ? number.toFixed(2).replace('-', '−') : significant(number));
    });
  }
}
