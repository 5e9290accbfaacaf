/**
 * Taking hold of a weight matrix by its singular values: a handle on every bar, by pointer or by
 * keys; and in a row above, numbers to type, the cut to a rank, the nearest orthogonal matrix,
 * undo, and what the last deed did to the scores.
 */

import { el, iconButton, setText } from './dom.js';
import { geometry, subscript } from './spectrumcard.js';
import { accuracy, percent, significant } from './words.js';

const MOST_HANDLES = 24; // of one matrix; every other value can be typed
const GAP_MS = 50; // between two deeds of one movement
const ENOUGH = 0.95; // share of ‖W‖² that the rank offered first keeps
const REST_MS = 900; // after which keys begin a new movement

let strokes = Date.now() % 1e9;

export class Grip {
  /** @param {Cards} cards on which the handles lie @param {{log: boolean}} choices of the view */
  constructor(context, cards, choices) {
    this.context = context;
    this.hub = context.hub;
    this.cards = cards;
    this.choices = choices;
    this.held = null; // {key, place, value, stroke, pointer}
    this.chosen = { key: null, place: 0, rank: null };
    this.handles = new Map(); // "matrix|place" -> button
    this.build();
  }

  build() {
    const { text } = this.context;
    const stop = (event) => event.stopPropagation();
    this.matrix = el('select', {
      class: 'np-select', 'aria-label': text('grip.matrix'), title: text('grip.matrix_tip'),
      on: { change: () => this.choose(this.matrix.value, 0) },
    });
    this.which = el('select', {
      class: 'np-select', 'aria-label': text('grip.which'),
      on: { change: () => this.choose(this.chosen.key, Number(this.which.value)) },
    });
    this.value = el('input', {
      type: 'number', min: '0', step: 'any', class: 'np-number', 'aria-label': text('grip.value'),
      title: text('grip.value_tip'), on: { change: () => this.type(), keydown: stop },
    });
    this.rank = el('input', {
      type: 'range', min: '0', max: '1', step: '1', class: 'np-range', 'aria-label': text('grip.rank'),
      title: text('grip.rank_tip'), on: { input: () => this.chooseRank(), keydown: stop },
    });
    this.saved = el('output', { class: 'np-grip-saved' });
    const button = (label, tip, click) =>
      el('button', { type: 'button', class: 'np-toggle', text: label, title: tip, on: { click } });
    this.cut = button(text('grip.cut'), text('grip.cut_tip'), () =>
      this.act({ deed: 'rank', rank: Number(this.rank.value) }));
    this.polar = button(text('grip.polar'), text('grip.polar_tip'), () => this.act({ deed: 'orthogonal' }));
    this.undo = iconButton({
      name: 'undo', label: text('hands.undo'), tip: text('hands.undo_tip'),
      onClick: () => {
        this.release();
        this.hub.send({ type: 'deed', value: { deed: 'undo' } });
      },
    });
    this.effect = el('output', { class: 'np-grip-effect', 'aria-live': 'polite' });
    this.node = el('div', { class: 'np-grip', hidden: true }, // until there is a matrix to hold
      el('span', { class: 'np-grip-part' }, this.matrix, this.which, this.value),
      el('span', { class: 'np-grip-part' }, this.rank, this.cut),
      el('span', { class: 'np-grip-part' }, this.polar, this.undo),
      el('div', { class: 'np-grip-said' }, this.effect, this.saved));
  }

  get item() {
    return this.cards.cards?.find(({ item }) => item.key === this.chosen.key)?.item;
  }

  // ---- what is done --------------------------------------------------------------------------

  act(deed) {
    if (!this.item) return;
    this.release();
    this.hub.send({ type: 'deed', value: { ...deed, block: this.item.block } });
  }

  type() {
    const value = Number(this.value.value);
    if (this.value.value === '' || !Number.isFinite(value)) return;
    this.act({ deed: 'singular', place: this.chosen.place, value: Math.max(0, value), stroke: null });
  }

  choose(key, place) {
    if (key !== this.chosen.key) this.chosen.rank = null;
    Object.assign(this.chosen, { key, place });
    this.hub.invalidate();
  }

  chooseRank() {
    this.chosen.rank = Number(this.rank.value);
    this.hub.invalidate();
  }

  /** Begins a movement of one value, or goes on with it. */
  hold(item, place, value, pointer) {
    const { held } = this;
    if (!held || held.key !== item.key || held.place !== place) {
      strokes += 1;
      this.held = { key: item.key, block: item.block, place, stroke: strokes, pointer };
      this.choose(item.key, place);
    }
    this.held.value = Math.max(0, value);
    clearTimeout(this.sending);
    const wait = (this.sent ?? 0) + GAP_MS - performance.now();
    if (wait > 0) this.sending = setTimeout(() => this.send(), wait);
    else this.send();
    this.hub.invalidate();
  }

  send() {
    const { held } = this;
    this.sending = null;
    if (!held) return;
    this.sent = performance.now();
    const { block, place, value, stroke } = held;
    this.hub.send({ type: 'deed', value: { deed: 'singular', block, place, value, stroke } });
  }

  release() {
    if (!this.held) return;
    if (this.sending) this.send();
    clearTimeout(this.sending);
    clearTimeout(this.resting);
    this.sending = null;
    this.held = null;
    this.hub.invalidate();
  }

  holds(key) {
    return this.held?.key === key;
  }

  // ---- handles -------------------------------------------------------------------------------

  /** Puts a handle on every bar of the cards as they were just painted. */
  place() {
    const { scroll, cards } = this.cards;
    if (!this.context.hands || !cards) return;
    const seen = new Set();
    for (const card of cards) {
      if (!card.item.held) continue;
      const shape = geometry(card, this.choices.log);
      const number = Math.min(card.item.values.length, MOST_HANDLES);
      for (let i = 0; i < number; i++) {
        const key = `${card.item.key}|${i}`;
        seen.add(key);
        this.put(this.handles.get(key) ?? this.make(key, card.item.key, i, scroll), card, shape, i);
      }
    }
    for (const [key, node] of this.handles) {
      if (seen.has(key)) continue;
      node.remove();
      this.handles.delete(key);
    }
  }

  make(key, matrix, place, scroll) {
    const node = el('div', {
      class: 'np-handle', role: 'slider', 'aria-orientation': 'vertical', 'aria-valuemin': '0',
      on: {
        pointerdown: (event) => this.grab(event, node, matrix, place),
        pointermove: (event) => this.drag(event, node),
        pointerup: () => this.drop(node),
        pointercancel: () => this.drop(node),
        keydown: (event) => this.key(event, matrix, place),
        blur: () => !this.held?.pointer && this.release(),
        focus: () => !this.held && this.choose(matrix, place),
      },
    });
    this.handles.set(key, node);
    scroll.append(node);
    return node;
  }

  put(node, card, shape, i) {
    const { item } = card;
    const { held } = this;
    const mine = held && held.key === item.key && held.place === i;
    const value = mine ? held.value : item.values[i];
    // A value that is led past another stands where it has come to in the order.
    const at = mine ? nearest(item.values, value) : i;
    const wide = Math.max(8, Math.min(34, shape.step));
    const x = card.x + shape.barX(at) - wide / 2;
    const y = card.y + Math.max(shape.toY(Math.min(value, item.top)), 0);
    node.style.transform = `translate(${x.toFixed(1)}px, ${(y - 9).toFixed(1)}px)`;
    node.style.width = `${wide}px`;
    node.classList.toggle('np-held', Boolean(mine));
    node.classList.toggle('np-chosen', item.key === this.chosen.key && i === this.chosen.place);
    // One stop for the tab key in each matrix; arrows go from value to value.
    const stop = item.key === this.chosen.key ? this.chosen.place === i : i === 0;
    node.tabIndex = stop ? 0 : -1;
    const shown = significant(value);
    if (node.dataset.value === shown) return;
    node.dataset.value = shown;
    node.setAttribute('aria-label', `${item.name}: σ${subscript(i + 1)}`);
    node.setAttribute('aria-valuenow', String(value));
    node.setAttribute('aria-valuemax', String(Math.max(item.top, value)));
    node.setAttribute('aria-valuetext', shown);
    node.title = this.context.text('grip.handle_tip');
  }

  cardOf(matrix) {
    return this.cards.cards.find(({ item }) => item.key === matrix);
  }

  grab(event, node, matrix, place) {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    node.setPointerCapture(event.pointerId);
    this.release();
    const card = this.cardOf(matrix);
    // What is grabbed a little beside its top does not jump.
    const top = geometry(card, this.choices.log).toY(card.item.values[place]);
    this.away = this.yOf(event, card) - top;
    this.dragging = { matrix, place };
    this.cards.quiet = true;
    node.focus({ preventScroll: true });
    this.choose(matrix, place);
  }

  yOf(event, card) {
    return event.clientY - this.cards.canvas.getBoundingClientRect().top - card.y;
  }

  drag(event, node) {
    if (!this.dragging || !node.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const { matrix, place } = this.dragging;
    const card = this.cardOf(matrix);
    if (!card) return;
    const y = this.yOf(event, card) - this.away;
    this.hold(card.item, place, geometry(card, this.choices.log).fromY(y), true);
  }

  drop() {
    if (!this.dragging) return;
    this.dragging = null;
    this.cards.quiet = false;
    const before = this.held;
    this.release();
    if (!before) return;
    const card = this.cardOf(before.key);
    if (card) this.choose(before.key, nearest(card.item.values, before.value));
  }

  key(event, matrix, place) {
    const item = this.cardOf(matrix)?.item;
    if (!item) return;
    const others = { ArrowLeft: place - 1, ArrowRight: place + 1 };
    if (event.key in others) {
      event.preventDefault();
      const to = Math.max(0, Math.min(Math.min(item.values.length, MOST_HANDLES) - 1, others[event.key]));
      this.handles.get(`${matrix}|${to}`)?.focus();
      return;
    }
    const now = this.held?.key === matrix && this.held.place === place ? this.held.value : item.values[place];
    const step = Math.max(now * 0.02, item.top * 0.005);
    const to = {
      ArrowUp: now + step, ArrowDown: now - step, PageUp: now + 10 * step, PageDown: now - 10 * step, Home: 0,
    }[event.key];
    if (event.key === 'Escape') return this.release();
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.hold(item, place, to, false);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => !this.dragging && this.release(), REST_MS);
  }

  // ---- the row above -------------------------------------------------------------------------

  /** Follows the newest frame, but never a control that the visitor holds. */
  follow({ header, scene }) {
    if (!this.context.hands) return;
    this.undo.disabled = !header.hands?.depth;
    this.tellEffect(header);
    const items = this.cards.cards?.map(({ item }) => item).filter(({ held }) => held) ?? [];
    this.node.hidden = !items.length;
    if (!items.length) return;
    const key = `${scene.id}|${items.map((item) => item.key)}|${items.map((item) => item.values.length)}`;
    if (key !== this.filled) {
      this.filled = key;
      this.matrix.replaceChildren(...items.map((item) => el('option', { value: item.key, text: item.name })));
      if (!items.some((item) => item.key === this.chosen.key)) {
        const richest = items.reduce((best, item) => (item.values.length > best.values.length ? item : best));
        Object.assign(this.chosen, { key: richest.key, place: 0, rank: null });
      }
      this.listed = null;
    }
    this.matrix.value = this.chosen.key;
    this.followItem(items.find((item) => item.key === this.chosen.key));
  }

  followItem(item) {
    const { text } = this.context;
    const { values } = item;
    if (this.listed !== item.key) {
      this.listed = item.key;
      this.which.replaceChildren(...values.map((_, i) => el('option', { value: i, text: `σ${subscript(i + 1)}` })));
      this.rank.max = String(values.length);
    }
    this.chosen.place = Math.min(this.chosen.place, values.length - 1);
    this.which.value = String(this.chosen.place);
    if (document.activeElement !== this.value) {
      const value = this.held?.key === item.key ? this.held.value : values[this.chosen.place];
      this.value.value = value.toPrecision(4);
    }
    const energy = item.stable_rank * item.norm ** 2;
    const shareOf = (rank) => (energy ? values.slice(0, rank).reduce((sum, value) => sum + value * value, 0) / energy : 0);
    if (this.chosen.rank == null) {
      this.chosen.rank = 1;
      while (this.chosen.rank < values.length && shareOf(this.chosen.rank) < ENOUGH) this.chosen.rank += 1;
    }
    this.rank.value = String(this.chosen.rank);
    const kept = Number(this.rank.value);
    const [whole, factors] = [item.rows * item.cols, kept * (item.rows + item.cols)];
    const share = shareOf(kept);
    const facts = { rank: kept, factors, whole, share: percent(share, 1), saved: percent(1 - factors / whole) };
    const said = factors < whole ? text('grip.saved', facts) : text('grip.unsaved', facts);
    setText(this.saved, item.cut ? `${said} · ${text('grip.cut_links')}` : said);
    this.saved.title = text('grip.saved_tip', { ...facts, rows: item.rows, cols: item.cols });
    this.rank.setAttribute('aria-valuetext', this.saved.textContent);
    setText(this.cut, text('grip.cut', { rank: kept }));
  }

  tellEffect(header) {
    const { effect } = header.hands ?? {};
    const { text } = this.context;
    if (!effect) return setText(this.effect, '');
    const part = effect.after.test_score == null ? 'train' : 'test';
    const show = header.score === 'r2' ? significant : accuracy;
    const [before, after] = [effect.before, effect.after].map((one) => show(one[`${part}_score`]));
    const name = header.score === 'r2' ? text(`curves.${part}_r2`) : text(`curves.${part}_accuracy`);
    const loss = [effect.before, effect.after].map((one) => significant(one[`${part}_loss`]));
    setText(this.effect, text('grip.effect', {
      deed: text(`deeds.${effect.deed}`), score: name, before, after,
      loss: text(`curves.${part}_loss`), loss_before: loss[0], loss_after: loss[1],
    }));
  }

  destroy() {
    clearTimeout(this.sending);
    clearTimeout(this.resting);
  }
}

/** Place of the value that is nearest. */
function nearest(values, value) {
  let best = 0;
  values.forEach((one, i) => {
    if (Math.abs(one - value) < Math.abs(values[best] - value)) best = i;
  });
  return best;
}
