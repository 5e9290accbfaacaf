/**
 * One knob of the search and the values that it takes: chosen from a list, typed, or a range.
 *
 * A knob is as in core/sweep/space.py, {kind: 'choices', path, values} or {kind: 'range', path, low,
 * high, log, count}. What Python offers about it, {path, name, kind, choices, low, high, knob}, says
 * what may stand there.
 */

import { el } from '../dom.js';
import { button, chips, readNumber } from './kit.js';
import { geometric, gridOf, keyOf, numberWords } from './sweep_scale.js';

const SHOWN = 8; // names that are offered before "more"
const MOST = 64; // values of one knob
const REST_MS = 300;

export class KnobCard {
  /**
   * @param {object} offer @param {object} knob how it stands
   * @param {{onChange: () => void, onRemove: () => void, onRead: () => void}} wishes
   */
  constructor(context, offer, knob, wishes) {
    Object.assign(this, { context, offer, knob, wishes });
    const { text } = context;
    this.body = el('div', { class: 'np-s-knob-body' });
    this.node = el('div', { class: 'np-s-knob', role: 'group', 'aria-label': offer.name, 'data-path': offer.path },
      el('div', { class: 'np-s-knob-head' }, el('b', { text: offer.name }),
        button('×', () => wishes.onRemove(), { class: 'np-s-remove', 'aria-label': text('sweep.remove', { name: offer.name }), title: text('sweep.remove', { name: offer.name }) })),
      this.body);
    this.build();
  }

  get whole() {
    return this.offer.kind === 'whole';
  }

  build() {
    const { offer } = this;
    this.body.replaceChildren();
    if (offer.choices) this.buildNames();
    else this.buildNumbers();
  }

  change(knob) {
    this.knob = { path: this.offer.path, ...knob };
    this.wishes.onChange();
  }

  // ---- names -------------------------------------------------------------------------------------

  buildNames() {
    const { offer, context: { text } } = this;
    const first = offer.knob.values.map(keyOf);
    const chosen = new Set(this.knob.values.map(keyOf));
    const order = [...offer.choices].sort(([a], [b]) => rank(first, a) - rank(first, b));
    const hidden = order.filter(([value], i) => i >= SHOWN && !chosen.has(keyOf(value)));
    const shown = this.all ? order : order.filter((one) => !hidden.includes(one));
    const toggles = shown.map(([value, words]) => {
      const key = keyOf(value);
      const node = button(words, () => {
        if (chosen.has(key) && chosen.size > 1) chosen.delete(key);
        else chosen.add(key);
        node.setAttribute('aria-pressed', String(chosen.has(key)));
        this.change({ kind: 'choices', values: order.map(([one]) => one).filter((one) => chosen.has(keyOf(one))) });
      }, { 'aria-pressed': String(chosen.has(key)) });
      return node;
    });
    if (hidden.length && !this.all) {
      toggles.push(button(text('sweep.more', { count: hidden.length }), () => {
        this.all = true;
        this.build();
        this.body.querySelectorAll('button')[shown.length]?.focus();
      }, { class: 'np-toggle np-s-more' }));
    }
    this.body.append(el('div', { class: 'np-chips' }, ...toggles));
  }

  // ---- numbers -----------------------------------------------------------------------------------

  buildNumbers() {
    const { knob, offer, context: { text } } = this;
    const kinds = chips({
      label: text('sweep.kind', { name: offer.name }), names: ['range', 'choices'],
      words: (name) => text(`sweep.kind_${name}`), onChoose: (name) => this.turn(name),
    });
    kinds.show(knob.kind);
    this.body.append(kinds.node);
    if (knob.kind === 'choices') this.body.append(this.listField());
    else this.body.append(...this.rangeFields());
    this.says = el('p', { class: 'np-caption np-s-values' });
    this.body.append(this.says);
    this.say();
  }

  /** A list of a range's values, or a range over a list's. */
  turn(kind) {
    const { knob } = this;
    if (kind === knob.kind) return;
    if (kind === 'choices') this.change({ kind, values: this.values() });
    else {
      const numbers = knob.values.filter((value) => typeof value === 'number');
      const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
      const proposed = this.offer.knob.kind === 'range' ? this.offer.knob : null;
      const fits = numbers.length > 1 && high > low;
      this.change({
        kind, low: fits ? low : proposed?.low ?? 1, high: fits ? high : proposed?.high ?? 2,
        log: fits ? geometric(numbers) : Boolean(proposed?.log), count: Math.min(MOST, Math.max(2, numbers.length || 5)), step: 0,
      });
    }
    this.build();
    this.body.querySelector('[aria-pressed="true"]')?.focus();
  }

  listField() {
    const { context: { text }, offer } = this;
    const input = el('input', {
      type: 'text', class: 'np-field np-s-list', autocomplete: 'off', spellcheck: 'false',
      'aria-label': text('sweep.list', { name: offer.name }),
    });
    input.value = this.knob.values.join(', ');
    let timer = null;
    const tell = () => {
      clearTimeout(timer);
      const values = this.readList(input.value);
      input.setAttribute('aria-invalid', String(!values));
      if (values && keyOf(values) !== keyOf(this.knob.values)) this.change({ kind: 'choices', values });
      this.say(values ? null : text('sweep.list_unread', this.bounds()));
    };
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(tell, REST_MS);
    });
    input.addEventListener('change', tell);
    return input;
  }

  readList(words) {
    const parts = words.split(/[,;，；\s]+/).filter(Boolean);
    const values = [...new Set(parts.map(readNumber))];
    return values.length && values.length <= MOST && values.every((value) => this.fits(value)) ? values : null;
  }

  fits(value) {
    const { low, high } = this.offer;
    if (value === null || (this.whole && !Number.isInteger(value))) return false;
    return (low == null || value >= low) && (high == null || value <= high);
  }

  bounds() {
    const { low, high } = this.offer;
    return { low: low == null ? '−∞' : numberWords(low), high: high == null ? '∞' : numberWords(high) };
  }

  rangeFields() {
    const { context: { text }, offer } = this;
    const ends = ['low', 'high'].map((end) => el('input', {
      type: 'text', inputmode: 'decimal', class: 'np-field np-s-end', autocomplete: 'off',
      'aria-label': text(`sweep.range_${end}`, { name: offer.name }),
    }));
    ends.forEach((input, i) => {
      input.value = numberWords(i ? this.knob.high : this.knob.low).replace('−', '-');
      input.addEventListener('input', () => this.readRange(ends));
    });
    const count = el('input', { type: 'number', class: 'np-field', min: 2, max: MOST, step: 1, 'aria-label': text('sweep.range_count', { name: offer.name }) });
    count.value = this.knob.count;
    count.addEventListener('input', () => {
      const value = Number(count.value);
      const good = Number.isInteger(value) && value >= 2 && value <= MOST;
      count.setAttribute('aria-invalid', String(!good));
      if (good) this.change({ ...this.knob, count: value });
      this.say();
    });
    this.scaling = chips({
      label: text('sweep.scaling', { name: offer.name }), names: ['linear', 'log'], words: (name) => text(`sweep.scaling_${name}`),
      onChoose: (name) => {
        if (name === 'log' && !(this.knob.low > 0)) return this.say(text('sweep.log_positive'));
        this.change({ ...this.knob, log: name === 'log' });
        this.scaling.show(name);
        this.say();
      },
    });
    this.scaling.show(this.knob.log ? 'log' : 'linear');
    return [
      el('div', { class: 'np-s-range' }, ends[0], el('span', { 'aria-hidden': 'true', text: '–' }), ends[1], this.scaling.node),
      el('label', { class: 'np-named np-s-count' }, el('span', { text: text('sweep.count') }), count),
    ];
  }

  readRange(ends) {
    const [low, high] = ends.map((input) => readNumber(input.value));
    const good = [low, high].map((value) => value !== null && this.fits(value));
    const ordered = low < high && (!this.knob.log || low > 0);
    ends.forEach((input, i) => input.setAttribute('aria-invalid', String(!good[i] || !ordered)));
    const fine = good[0] && good[1] && ordered;
    if (fine) this.change({ ...this.knob, low, high });
    const { text } = this.context;
    this.say(fine ? null : text(good[0] && good[1] && this.knob.log && low <= 0 ? 'sweep.log_positive' : 'sweep.range_unread', this.bounds()));
  }

  // ---- what it comes to --------------------------------------------------------------------------

  values() {
    return gridOf(this.knob, this.whole);
  }

  /** @param {'grid' | 'random' | 'bayes'} method */
  show(method) {
    this.method = method;
    this.node.querySelector('.np-s-count')?.toggleAttribute('hidden', method !== 'grid');
    if (!this.unread) this.say();
  }

  /** Whether something stands in a field that cannot be searched. */
  get unread() {
    return Boolean(this.body.querySelector('[aria-invalid="true"]'));
  }

  say(trouble = null) {
    this.wishes.onRead();
    if (!this.says) return;
    const { knob, context: { text } } = this;
    this.says.classList.toggle('np-s-trouble', Boolean(trouble));
    if (trouble) this.says.textContent = trouble;
    else if (knob.kind === 'range' && this.method !== 'grid') this.says.textContent = text(this.whole ? 'sweep.any_whole' : 'sweep.any', { low: numberWords(knob.low), high: numberWords(knob.high) });
    else if (knob.kind === 'range') this.says.textContent = this.values().map(numberWords).join(', ');
    else this.says.textContent = '';
  }
}

const rank = (first, value) => {
  const at = first.indexOf(keyOf(value));
  return at < 0 ? first.length : at;
};

/** A knob as the address and the command line write it; see `knob_from` in core/sweep/space.py. */
export function knobText(knob) {
  if (knob.kind === 'choices') return `${knob.path}=${knob.values.join(',')}`;
  return `${knob.path}=${knob.log ? 'log' : 'linear'}:${knob.low}:${knob.high}:${knob.count}`;
}
