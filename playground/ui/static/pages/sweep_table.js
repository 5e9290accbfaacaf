/** The table of all trials: sorted by any column, exported, and each opened in the playground. */

import { css } from '../colors.js';
import { el, setText } from '../dom.js';
import { measured } from './sweep_results.js';
import { TrialStarts } from './sweep_starts.js';
import { colorOf } from './sweep_scale.js';
import { metricWords, spreadWords, statusWords, timeWords } from './sweep_words.js';

const STATUSES = ['done', 'pruned', 'running', 'waiting', 'diverged', 'failed'];

export class TrialTable {
  /**
   * @param {{onOpen: (trial: object, start: number) => void, onSort: (column: string, down: boolean) => void}} wishes
   */
  constructor(context, results, wishes) {
    Object.assign(this, { context, results, wishes });
    this.rows = new Map();
    this.sort = null; // the best first, until it is said otherwise
    this.head = el('tr');
    this.body = el('tbody');
    this.caption = el('caption', { class: 'np-s-hidden' });
    this.table = el('table', { class: 'np-s-table' }, this.caption, el('thead', {}, this.head), this.body);
    this.scroll = el('div', { class: 'np-s-scroll', tabindex: '0', role: 'region', 'aria-label': context.text('sweep.table') }, this.table);
    this.node = this.scroll;
    this.body.addEventListener('pointerover', (event) => {
      const row = event.target.closest('tr');
      this.under = true;
      results.point(row ? Number(row.dataset.number) : null);
      this.under = false;
    });
    this.body.addEventListener('pointerleave', () => results.point(null));
    results.listeners.add((number) => this.raise(number));
  }

  columns() {
    const { results: { knobs, metric }, context: { text } } = this;
    return [
      { key: 'number', name: text('sweep.column_number'), value: (row) => row.number, words: (row) => String(row.number + 1) },
      { key: 'metric', name: text(`sweep.metric_${metric.name}`), number: true, metric: true,
        value: (row) => (measured(row) ? row.value : null), words: (row) => spreadWords(metric, row) },
      ...knobs.map((knob) => ({
        key: knob.key, name: knob.name, number: !knob.choices,
        value: (row) => place(knob, row.values[knob.key]), words: (row) => knob.words(row.values[knob.key]),
      })),
      { key: 'status', name: text('sweep.column_status'), value: (row) => STATUSES.indexOf(row.status), words: (row) => this.status(row) },
      { key: 'epochs', name: text('sweep.column_epochs'), number: true, value: (row) => row.epochs, words: (row) => String(row.epochs || '–') },
      { key: 'seconds', name: text('sweep.column_seconds'), number: true, value: (row) => row.seconds,
        words: (row) => (row.seconds ? timeWords(text, row.seconds) : '–') },
    ];
  }

  status(row) {
    const { text } = this.context;
    const words = statusWords(text, row.status);
    return row.status === 'pruned' && row.pruned_at ? text('sweep.pruned_at', { status: words, epoch: row.pruned_at }) : words;
  }

  begin() {
    this.rows.clear();
    this.body.replaceChildren();
    this.shownColumns = this.columns();
    if (!this.shownColumns.some(({ key }) => key === this.sort?.column)) this.sort = { column: 'metric', down: this.firstDown('metric') };
    this.setHead();
  }

  setHead() {
    const { context: { text } } = this;
    this.caption.textContent = text('sweep.table');
    this.head.replaceChildren(...this.shownColumns.map((column) => {
      const head = el('th', { scope: 'col', class: column.number && 'np-s-number', 'data-column': column.key },
        el('button', { type: 'button', class: 'np-s-sort', on: { click: () => this.sortBy(column.key) } },
          el('span', { text: column.name }), el('i', { 'aria-hidden': 'true' })));
      return head;
    }), el('th', { scope: 'col', class: 'np-s-open' }, el('span', { class: 'np-s-hidden', text: text('sweep.column_open') })));
    this.showSort();
  }

  showSort() {
    for (const head of this.head.querySelectorAll('[data-column]')) {
      const own = head.dataset.column === this.sort.column;
      head.setAttribute('aria-sort', own ? (this.sort.down ? 'descending' : 'ascending') : 'none');
    }
  }

  sortBy(column, down = this.sort.column === column ? !this.sort.down : this.firstDown(column)) {
    this.sort = { column, down };
    this.showSort();
    this.wishes.onSort(column, down);
    this.paint();
  }

  /** The best comes first. */
  firstDown(column) {
    return column === 'metric' && this.results.metric.better === 'high';
  }

  sorted() {
    const column = this.shownColumns.find(({ key }) => key === this.sort.column);
    const sign = this.sort.down ? -1 : 1;
    const keyed = this.results.trials.filter((row) => this.results.passes(row)).map((row) => [column.value(row), row]);
    keyed.sort(([a, one], [b, other]) => {
      // What has no value stands last, whichever way it is sorted.
      if (a == null || b == null) return Number(a == null) - Number(b == null) || one.number - other.number;
      // A pruned trial's value is of another epoch: it comes behind those that ran to their end.
      const early = column.metric ? Number(one.status !== 'done') - Number(other.status !== 'done') : 0;
      return early || sign * (a - b) || one.number - other.number;
    });
    return keyed.map(([, row]) => row);
  }

  paint() {
    if (!this.results.whole) return;
    const wanted = this.sorted().flatMap((row) => {
      const tr = this.rowOf(row);
      const { starts } = this.rows.get(row.number);
      return starts.open ? [tr, starts.node] : [tr];
    });
    const present = this.body.children;
    if (wanted.length === present.length && wanted.every((node, i) => node === present[i])) return;
    // A page that shrank under a drag along an axis would take the axis away from the pointer.
    const { style } = this.scroll;
    style.minHeight = this.results.brushes.size ? style.minHeight || `${this.scroll.offsetHeight}px` : '';
    const focused = document.activeElement;
    this.body.replaceChildren(...wanted);
    // A row that was moved keeps the focus that its button had.
    if (focused !== document.activeElement && this.body.contains(focused)) focused.focus({ preventScroll: true });
  }

  rowOf(row) {
    let node = this.rows.get(row.number);
    if (!node) this.rows.set(row.number, (node = this.buildRow(row)));
    const bad = this.results.bad(row);
    node.tr.classList.toggle('np-s-best-row', this.results.best === row);
    this.shownColumns.forEach((column, i) => setText(node.cells[i], column.words(row)));
    node.swatch.style.background = bad === null ? 'transparent' : css(colorOf(this.context.theme, bad));
    node.tr.dataset.status = row.status;
    tell(node.metric, this.startsOf(row));
    node.starts.show(row);
    tell(node.status, row.notice ? this.context.text(`errors.${row.notice.code}`, row.notice.params) : '');
    return node.tr;
  }

  buildRow(row) {
    const { text } = this.context;
    const cells = this.shownColumns.map((column) => el('span', { 'data-column': column.key }));
    const swatch = el('i', { class: 'np-s-swatch', 'aria-hidden': 'true' });
    let [metric, status] = [null, null];
    const tds = this.shownColumns.map((column, i) => {
      const td = el(column.key === 'number' ? 'th' : 'td', { scope: column.key === 'number' ? 'row' : null, class: column.number ? 'np-s-number' : null },
        column.metric ? swatch : null, cells[i]);
      if (column.metric) metric = td;
      if (column.key === 'status') status = td;
      return td;
    });
    const starts = new TrialStarts(this.context, this.results, row, {
      columns: tds.length + 1, onOpen: (start) => this.wishes.onOpen(row, start), onFlip: () => this.paint() });
    const tr = el('tr', { 'data-number': String(row.number), on: {
      focusin: () => this.results.point(row.number) } }, ...tds, el('td', { class: 'np-s-open' }, starts.buttons));
    return { tr, cells, swatch, metric, status, starts };
  }

  /** Each start's own number. */
  startsOf(row) {
    const { results: { metric }, context: { text } } = this;
    if (!row.starts?.length) return '';
    return row.starts.map((start) => text('sweep.start_words', {
      number: start.start, value: start.diverged ? statusWords(text, 'diverged') : metricWords(metric, metric.of(start)),
    })).join('\n');
  }

  /** Shows which row is meant by a line that is pointed at. */
  raise(number) {
    this.raised?.classList.remove('np-s-raised');
    this.raised = this.rows.get(number)?.tr;
    this.raised?.classList.add('np-s-raised');
    if (!this.raised || this.under || !this.raised.isConnected || this.raised.contains(document.activeElement)) return;
    const { offsetTop: top, offsetHeight: height } = this.raised;
    const { scrollTop, clientHeight } = this.scroll;
    const head = this.head.offsetHeight;
    if (top - head < scrollTop) this.scroll.scrollTop = top - head;
    else if (top + height > scrollTop + clientHeight) this.scroll.scrollTop = top + height - clientHeight;
  }
}

/** What is read of a cell that is pointed at. */
function tell(node, title) {
  if (node.title !== title) node.title = title;
}

/** What a knob's values are sorted by: numbers by their size, names in the order of the choices. */
function place(knob, value) {
  if (value == null) return null;
  if (!knob.choices) return value;
  return knob.choices.findIndex(([one]) => one === value);
}
