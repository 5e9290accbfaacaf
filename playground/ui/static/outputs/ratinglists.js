/** What stands below the matrices of ratings: errors as bars, and the lists of one user. */

import { el, setText } from '../dom.js';
import { count, percent, significant } from '../words.js';

const ROWS = ['network', 'bias', 'item', 'user', 'global'];
const PARTS = ['test', 'cold', 'gaps'];

/** Errors of the network and of what can be said without one, the shorter the better. */
export class Errors {
  constructor(context) {
    this.context = context;
    this.summary = el('p', { class: 'np-caption', role: 'status' });
    this.table = el('table', { class: 'np-errors' });
    this.cold = el('p', { class: 'np-caption' });
    this.node = el('div', { class: 'np-ratings-errors' }, this.summary, this.table, this.cold);
  }

  paint(facts, errors) {
    const { counts, baselines } = facts;
    const parts = PARTS.filter((part) => (part === 'cold' ? counts.cold > 0 : part in baselines.item));
    this.build(facts, parts);
    const values = { network: errors, ...baselines };
    const longest = Math.max(...ROWS.flatMap((name) => parts.map((part) => values[name][part] ?? 0)));
    ROWS.forEach((name, row) => parts.forEach((part, column) => {
      const cell = this.cells[row][column];
      const value = values[name][part];
      setText(cell.lastChild, significant(value));
      const share = value == null || !longest ? 0 : value / longest;
      cell.firstChild.style.width = `${Math.round(share * 1000) / 10}%`;
    }));
    this.say(errors.test, baselines.item.test);
  }

  build({ counts }, parts) {
    const key = JSON.stringify([parts, counts]);
    if (key === this.key) return;
    this.key = key;
    const { text, lang } = this.context;
    this.cells = ROWS.map(() => parts.map(() => el('td', {}, el('i'), el('b'))));
    this.table.replaceChildren(
      el('thead', {}, el('tr', {}, el('th', { scope: 'col', text: text('ratings.rmse'), title: text('ratings.rmse_tip') }),
        ...parts.map((part) => el('th', { scope: 'col', text: text(`ratings.of_${part}`), title: text(`ratings.of_${part}_tip`) })))),
      el('tbody', {}, ...ROWS.map((name, row) => el('tr', { class: `np-error-${name}` },
        el('th', { scope: 'row', text: text(`ratings.by_${name}`), title: text(`ratings.by_${name}_tip`) }), ...this.cells[row]))));
    const numbers = { users: counts.cold_users, items: counts.cold_items, count: count(counts.cold, lang) };
    setText(this.cold, text(`ratings.${counts.cold_users + counts.cold_items ? 'cold' : 'no_cold'}`, numbers));
  }

  say(mine, item) {
    const { text } = this.context;
    if (mine == null || !item) return setText(this.summary, '');
    const better = mine < item;
    setText(this.summary, text(`ratings.${better ? 'better' : 'worse'}`, {
      error: significant(mine), item: significant(item), share: percent(Math.abs(1 - mine / item)),
    }));
  }
}

/** What the network would recommend to one user, beside what that user liked. */
export class Recommended {
  /** @param {(user: number) => void} choose */
  constructor(context, choose) {
    this.context = context;
    const { text } = context;
    this.select = el('select', {
      class: 'np-select', 'aria-label': text('ratings.user'), title: text('ratings.user_tip'),
      on: { change: () => choose(Number(this.select.value)) },
    });
    this.count = el('span', { class: 'np-caption' });
    this.best = el('ol');
    this.liked = el('ol');
    const list = (name, node) => el('div', {}, el('h4', { class: 'np-subtitle', text: text(`ratings.${name}`) }), node);
    this.node = el('div', { class: 'np-recommended' },
      el('div', { class: 'np-recommended-head' }, el('span', { text: text('ratings.for') }), this.select, this.count),
      el('div', { class: 'np-recommended-lists' }, list('best', this.best), list('liked', this.liked)));
  }

  paint(facts, user, reveal) {
    const { text } = this.context;
    const key = `${facts.users.length}|${facts.users[0]}|${facts.users.at(-1)}`;
    if (key !== this.key) {
      this.key = key;
      this.select.replaceChildren(...facts.users.map((name, value) => el('option', { value, text: name })));
    }
    if (document.activeElement !== this.select) this.select.value = user.user;
    setText(this.count, text('ratings.user_count', { train: user.train, test: user.test }));
    this.fill(this.best, user.best.map(([item, said, truth]) => [
      facts.items[item], significant(said), reveal ? text('ratings.truly', { value: significant(truth) }) : '',
    ]));
    this.fill(this.liked, user.liked.map(([item, rating, said]) => [
      facts.items[item], significant(rating), text('ratings.said_short', { value: significant(said) }),
    ]));
  }

  fill(list, rows) {
    if (list.children.length !== rows.length || list.querySelector('.np-caption')) {
      list.replaceChildren(...rows.map(() => el('li', {}, el('span'), el('b'), el('small'))));
    }
    if (!rows.length) {
      list.replaceChildren(el('li', { class: 'np-caption', text: this.context.text('ratings.none') }));
      return;
    }
    rows.forEach(([name, value, note], place) => {
      const [label, number, small] = list.children[place].children;
      setText(label, name);
      label.title = name;
      setText(number, value);
      setText(small, note);
    });
  }
}
