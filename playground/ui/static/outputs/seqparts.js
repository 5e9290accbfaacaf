/** Parts that the panes of sequences share: which example is shown, fields, bars. */

import { el, iconButton, setText, toggle } from '../dom.js';
import { percent } from '../words.js';

/** Outlives another data set: the part of the data that is looked at. */
const choices = { train: false };

/** Steps through the examples of both parts of the data. */
export class Chooser {
  /** @param {object} context @param {number[]} counts of the training and the test part */
  constructor(context, counts) {
    this.context = context;
    this.counts = counts;
    const { text } = context;
    const go = (by) => this.go(by);
    this.where = el('span', { class: 'np-seq-where', 'aria-live': 'polite' });
    this.part = toggle({
      label: text('sequence.train_part'), tip: text('sequence.train_part'), pressed: choices.train,
      onChange: (train) => {
        choices.train = train;
        this.choose(0);
      },
    });
    this.node = el('div', { class: 'np-seq-chooser' },
      iconButton({ name: 'previous', label: text('sequence.previous'), onClick: () => go(-1) }),
      this.where,
      iconButton({ name: 'next', label: text('sequence.following'), onClick: () => go(1) }),
      this.part);
  }

  go(by) {
    const count = this.counts[choices.train ? 0 : 1];
    this.choose(((this.index ?? 0) + by + count) % count);
  }

  choose(index) {
    this.context.hub.option('sample', { part: choices.train ? 'train' : 'test', index, text: '' });
    this.onChoose?.();
  }

  paint({ part, index }) {
    const { text } = this.context;
    if (part !== 'own') this.index = index;
    const name = part === 'own' ? text('sequence.own_part') : `${text(`sequence.${part}_part`)} ${index + 1}`;
    setText(this.where, name);
  }
}

/**
 * A field whose text becomes the sample while it is typed.
 * @returns {{node: HTMLElement, input: HTMLInputElement, clear: () => void, paint: Function}}
 */
export function typedField(context, label, most) {
  const { text, hub } = context;
  const input = el('input', {
    class: 'np-field', type: 'text', maxlength: most, placeholder: label, 'aria-label': label,
    title: text('sequence.type_tip'), autocomplete: 'off', spellcheck: 'false',
  });
  const problem = el('p', { class: 'np-seq-problem', role: 'status' });
  input.addEventListener('input', () => hub.option('sample', { text: input.value.slice(0, most) }));
  return {
    node: el('div', { class: 'np-seq-typed' }, input, problem),
    input,
    clear: () => (input.value = ''),
    paint: (sample) => sayProblem(context, problem, sample.problem),
  };
}

export function sayProblem({ text }, node, problem) {
  setText(node, problem ? text(`errors.${problem.code}`, problem.params) : '');
}

/** A labelled slider with its value; `change` hears every move. */
export function slider({ label, tip, min, max, step, value, show, change }) {
  const shown = el('b', { text: show(value) });
  const input = el('input', { type: 'range', min, max, step, value, 'aria-label': label, 'aria-valuetext': show(value) });
  input.addEventListener('input', () => {
    const now = Number(input.value);
    setText(shown, show(now));
    input.setAttribute('aria-valuetext', show(now));
    change(now);
  });
  return el('label', { class: 'np-seq-slider', title: tip }, el('span', { text: label }), shown, input);
}

/** A character as it can be seen. */
export function visible(token, { text }) {
  if (token === ' ') return '␣';
  if (token === '\n') return '↵';
  return token || text('sequence.space');
}

/** Its name for whoever hears it. */
export function spoken(token, { text }) {
  if (token === ' ') return text('sequence.space');
  if (token === '\n') return text('sequence.line_end');
  return token;
}

/** Horizontal bars with names and shares, in the order given; names may change from frame to frame. */
export class Bars {
  constructor(className) {
    this.node = el('div', { class: `np-seq-bars ${className}`, role: 'img' });
    this.rows = [];
  }

  /** @param {Array<{name: string, share: number, tip?: string, mark?: string, color?: string}>} items */
  paint(items, alt) {
    while (this.rows.length < items.length) {
      const parts = { name: el('span'), fill: el('i'), share: el('b') };
      parts.row = el('div', { class: 'np-seq-bar' }, parts.name, el('div', { class: 'np-seq-track' }, parts.fill), parts.share);
      this.rows.push(parts);
      this.node.append(parts.row);
    }
    this.rows.forEach((parts, k) => {
      const item = items[k];
      parts.row.hidden = !item;
      if (!item) return;
      setText(parts.name, item.name);
      setText(parts.share, percent(item.share));
      parts.fill.style.width = `${(item.share * 100).toFixed(1)}%`;
      if (item.color) parts.fill.style.background = item.color;
      parts.row.title = item.tip ?? `${item.name} ${percent(item.share)}`;
      parts.row.dataset.mark = item.mark ?? '';
    });
    if (alt) this.node.setAttribute('aria-label', alt);
  }
}

/** ✓ or ✗, said aloud as a word. */
export function mark(right, { text }) {
  return el('span', {
    class: `np-seq-mark ${right ? 'np-seq-right' : 'np-seq-wrong'}`, role: 'img', text: right ? '✓' : '✗',
    'aria-label': text(right ? 'sequence.right' : 'sequence.wrong'),
  });
}

/** Test examples: whether they are right, what was read, what was said; a click looks at one. */
export class ExampleList {
  /** @param {object} context @param {() => void} onPick @param {(said, truth) => boolean|null} judge */
  constructor(context, onPick, judge = (said, truth) => said === truth) {
    this.context = context;
    this.onPick = onPick;
    this.judge = judge;
    this.rows = [];
    this.body = el('tbody');
    this.node = el('div', {
      class: 'np-seq-list', tabindex: '0', role: 'region', 'aria-label': context.text('sequence.examples'),
    }, el('table', {}, this.body));
  }

  paint(examples) {
    while (this.rows.length < examples.length) this.add(this.rows.length);
    this.rows.forEach((parts, k) => {
      parts.row.hidden = !examples[k];
      if (examples[k]) this.fill(parts, examples[k]);
    });
  }

  add(index) {
    const cells = [el('td'), el('td'), el('td')];
    const pick = el('button', {
      type: 'button', class: 'np-seq-pick',
      on: {
        click: () => {
          this.onPick?.();
          this.context.hub.option('sample', { part: 'test', index, text: '' });
        },
      },
    });
    cells[1].append(pick);
    const row = el('tr', {}, ...cells);
    this.rows.push({ row, cells, pick });
    this.body.append(row);
  }

  fill({ row, cells, pick }, [source, said, truth]) {
    const key = `${source}|${said}|${truth}`;
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    const { text } = this.context;
    const right = this.judge(said, truth);
    cells[0].replaceChildren(...(right === null ? [] : [mark(right, this.context)]));
    setText(pick, source);
    cells[2].replaceChildren(el('span', { class: 'np-seq-mono', text: said || '–' }),
      ...(right ? [] : [el('small', { text: `${text('sequence.truth')}: ${truth}` })]));
  }
}
