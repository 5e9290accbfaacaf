/** The trials that are being trained now: each with its settings, its epochs and what it has. */

import { el, setText } from '../dom.js';
import { metricWords } from './sweep_words.js';

const MOST = 8;
const REST_MS = 500; // for which a place keeps the trial that has just left it

export class NowList {
  constructor(context, results) {
    Object.assign(this, { context, results, places: [], epochs: 1 });
    const { text } = context;
    this.list = el('div', { class: 'np-s-now', role: 'list', 'aria-label': text('sweep.now') });
    this.more = el('p', { class: 'np-caption' });
    this.node = el('div', { class: 'np-s-now-box' }, this.list, this.more);
    this.node.hidden = true;
  }

  begin(epochs) {
    this.epochs = epochs;
    this.places = [];
    this.list.replaceChildren();
  }

  /** Each worker has its place, so that no line moves while trials come and go. */
  paint(growing, progress, state) {
    const ended = !progress || progress.finished >= progress.planned;
    this.node.hidden = ended || (!growing.length && state !== 'running');
    if (this.node.hidden) return;
    const wanted = Math.min(MOST, Math.max(1, progress.workers, growing.length));
    while (this.places.length < wanted) this.places.push(this.build());
    while (this.places.length > wanted) this.places.pop().node.remove();
    const now = performance.now();
    for (const place of this.places) {
      const one = growing.find(({ number }) => number === place.number);
      if (one) place.left = null;
      else if (place.number != null) place.left ??= now;
    }
    const known = new Set(this.places.filter(({ left }) => left === null).map(({ number }) => number));
    const fresh = growing.filter(({ number }) => !known.has(number));
    for (const place of this.places) {
      const free = place.number == null || place.left !== null;
      if (free && fresh.length) Object.assign(place, { number: fresh.shift().number, left: null });
      else if (place.left !== null && now - place.left > REST_MS) place.number = null;
      this.show(place, growing.find(({ number }) => number === place.number));
    }
    const others = progress.running - wanted;
    setText(this.more, others > 0 ? this.context.text('sweep.now_more', { count: others }) : '');
  }

  build() {
    const parts = { name: el('b'), values: el('span', { class: 'np-s-now-values' }), bar: el('i'), epochs: el('span', { class: 'np-s-now-epochs' }), value: el('span', { class: 'np-s-now-value' }) };
    const node = el('div', { class: 'np-s-now-row', role: 'listitem' }, parts.name, parts.values,
      el('span', { class: 'np-s-track', 'aria-hidden': 'true' }, parts.bar), parts.epochs, parts.value);
    const place = { ...parts, node, number: null, left: null };
    node.addEventListener('pointerenter', () => this.results.point(place.number));
    node.addEventListener('pointerleave', () => this.results.point(null));
    this.list.append(node);
    return place;
  }

  show(place, one) {
    const { context: { text }, results } = this;
    place.node.classList.toggle('np-s-now-free', place.number == null);
    if (place.number == null) {
      setText(place.name, text('sweep.now_none'));
      for (const part of ['values', 'epochs', 'value']) setText(place[part], '');
      place.bar.style.width = '0';
      return;
    }
    if (!one) return;
    const row = results.byNumber.get(one.number);
    const score = results.metric.name !== 'test_loss';
    setText(place.name, text('sweep.trial', { number: one.number + 1 }));
    setText(place.values, row ? results.knobs.map((knob) => `${knob.name} ${knob.words(row.values[knob.key])}`).join(' · ') : '');
    setText(place.epochs, text('sweep.now_epochs', { epoch: one.epoch, epochs: this.epochs }));
    setText(place.value, one.curve.length ? metricWords({ percent: score && results.metric.accuracy }, one.curve.at(-1)[1]) : '');
    place.bar.style.width = `${(100 * one.epoch) / Math.max(1, this.epochs)}%`;
  }

  destroy() {
    this.places = [];
  }
}
