/** The networks of a trial: the best of them is opened at once, each other one from a row of chips. */

import { el, setText } from '../dom.js';
import { button } from './kit.js';
import { metricWords, statusWords } from './sweep_words.js';

export class TrialStarts {
  /**
   * @param {{columns: number, onOpen: (start: number) => void, onFlip: () => void}} wishes
   */
  constructor(context, results, row, wishes) {
    Object.assign(this, { context, results, row, wishes, open: false });
    this.first = button('', () => wishes.onOpen(this.best()?.start ?? 0), { class: 'np-toggle np-s-open-best' });
    this.flip = button('▾', () => this.turn(), { class: 'np-toggle np-s-open-flip', 'aria-expanded': 'false' });
    this.buttons = el('span', { class: 'np-s-open-pair' }, this.first, this.flip);
    this.chips = el('div', { class: 'np-chips np-s-starts', role: 'group' });
    this.node = el('tr', { class: 'np-s-starts-row', 'data-number': String(row.number) },
      el('td', { colspan: wishes.columns }, this.chips));
  }

  turn() {
    this.open = !this.open;
    this.flip.setAttribute('aria-expanded', String(this.open));
    this.wishes.onFlip();
    this.show(this.row);
    if (this.open) this.chips.querySelector('button')?.focus();
  }

  /** The start with the best number; null where none has one. */
  best() {
    const { metric } = this.results;
    const sign = metric.better === 'low' ? 1 : -1;
    const known = (this.row.starts ?? []).filter((start) => metric.of(start) != null);
    return known.reduce((best, start) => {
      if (!best) return start;
      const early = Number(start.diverged) - Number(best.diverged);
      return (early || sign * (metric.of(start) - metric.of(best))) < 0 ? start : best;
    }, null);
  }

  show(row) {
    this.row = row;
    const { context: { text }, results: { metric } } = this;
    const starts = row.starts ?? [];
    const best = this.best();
    const several = starts.length > 1;
    const number = row.number + 1;
    this.flip.hidden = !several;
    setText(this.first, text(several && best ? 'sweep.open_best' : 'sweep.open'));
    const facts = { number, start: best?.start ?? 0, value: metricWords(metric, best ? metric.of(best) : null) };
    label(this.first, text(several && best ? 'sweep.open_best_number' : 'sweep.open_number', facts), text(several && best ? 'sweep.open_best_tip' : 'sweep.open_tip', facts));
    label(this.flip, text('sweep.open_other', { number }), text('sweep.open_other_tip', { count: starts.length }));
    if (!this.open) return;
    const key = JSON.stringify(starts);
    if (key === this.shown) return;
    this.shown = key;
    this.chips.setAttribute('aria-label', text('sweep.starts_of', { number }));
    this.chips.replaceChildren(
      el('span', { class: 'np-caption', text: text('sweep.starts_of', { number }) }),
      ...starts.map((start) => button(this.words(start, best), () => this.wishes.onOpen(start.start), {
        'aria-label': text('sweep.open_start', { number, start: start.start, value: this.value(start) }),
        'data-start': String(start.start) })));
  }

  value(start) {
    const { context: { text }, results: { metric } } = this;
    return start.diverged ? statusWords(text, 'diverged') : metricWords(metric, metric.of(start));
  }

  words(start, best) {
    const { text } = this.context;
    const words = text('sweep.start_words', { number: start.start, value: this.value(start) });
    return start === best ? text('sweep.start_best', { start: words }) : words;
  }
}

function label(node, words, tip) {
  if (node.title === tip && node.getAttribute('aria-label') === words) return;
  node.setAttribute('aria-label', words);
  node.title = tip;
}
