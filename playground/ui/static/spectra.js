/**
 * Singular values of every weight matrix, as they move: a strip through time and bars now, with
 * the band of a random matrix; and hands to take hold of them.
 */

import { Cards, roundStep } from './cards.js';
import { el, toggle } from './dom.js';
import { Grip } from './grip.js';
import { recordOf } from './record.js';
import { matrixName } from './scene.js';
import { facts, paintCard, probeCard } from './spectrumcard.js';

const ROOM = 4; // times the largest value now

/** What the visitor chose outlives a remount. */
const choices = { log: false, logX: false, band: 'first' };

export function createSpectra(context, body, tools) {
  return new Spectra(context, body, tools);
}

class Spectra {
  constructor(context, body, tools) {
    this.context = context;
    this.tops = new Map(); // matrix -> the top of its axis, which moves calmly
    this.book = recordOf(context, 'singular');
    this.buildTools(tools);
    const holder = el('div', { class: 'np-spectra-cards' });
    this.cards = new Cards(context, holder, {
      name: 'singular', width: 236, height: 172,
      find: (hub) => this.find(hub),
      paintCard: (canvas, card, view) => paintCard(canvas, card, view, choices),
      probeCard: (card, x, y, view) => probeCard(card, x, y, view, choices),
      describe: (items) => items.map((item) => this.describe(item)).join(' '),
      empty: () => '',
    });
    this.grip = new Grip(context, this.cards, choices);
    body.append(el('div', { class: 'np-spectra' }, this.grip.node, holder));
  }

  buildTools(tools) {
    const { text, hub } = this.context;
    const flip = (key, label, tip) => toggle({
      label, tip, pressed: choices[key],
      onChange: (value) => {
        choices[key] = value;
        hub.invalidate();
      },
    });
    const band = el('select', {
      class: 'np-select', 'aria-label': text('spectra.band'), title: text('spectra.band_tip'),
      on: {
        change: () => {
          choices.band = band.value;
          hub.invalidate();
        },
      },
    },
    el('option', { value: 'first', text: text('spectra.band_first') }),
    el('option', { value: 'now', text: text('spectra.band_now') }),
    el('option', { value: '', text: text('spectra.band_none') }));
    band.value = choices.band;
    tools.append(band,
      flip('logX', text('curves.log_x'), text('curves.log_x_tip')),
      flip('log', text('curves.log_y'), text('curves.log_y_tip')));
  }

  find({ header, arrays, scene }) {
    return header.spectra?.map((head, order) => {
      const values = [...(arrays[`sv_${head.key}`]?.data ?? [])];
      const deviation = choices.band ? head[choices.band] : 0;
      const [m, n] = [Math.max(head.rows, head.cols), Math.min(head.rows, head.cols)].map(Math.sqrt);
      return {
        ...head, order, values, deviation,
        band: choices.band && head.count > 1 ? [deviation * (m - n), deviation * (m + n)] : null,
        expected: arrays[`mp_${head.key}`]?.data,
        book: this.book, epochLabel: this.context.text('curves.epoch'),
        name: matrixName(this.context.text, scene, head),
        top: this.axisTop(head, order),
      };
    });
  }

  /** Grows at once, shrinks when the largest value has sunk below half; rests under a hand. */
  axisTop({ key, norm, first, rows, cols }, order) {
    const edge = choices.band === 'first' ? first * (Math.sqrt(rows) + Math.sqrt(cols)) : 0;
    let highest = 0;
    for (let row = 0; row < this.book.count; row++) highest = Math.max(highest, this.book.value(row, order, 0));
    // What was and what chance would do are seen as far as they leave room for what is.
    const needed = Math.max(norm, Math.min(Math.max(edge, highest), ROOM * norm), 1e-9);
    const top = this.tops.get(key) ?? 0;
    if (this.grip.holds(key) && top) return top;
    if (needed > top || needed < top * 0.5) {
      const step = roundStep(needed * 1.15, 3);
      this.tops.set(key, Math.ceil((needed * 1.05) / step) * step);
    }
    return this.tops.get(key);
  }

  describe(item) {
    const { text, lang } = this.context;
    const found = facts(item, lang);
    const numbers = item.values.length < item.count ? text('spectra.alt_top', found) : text('spectra.alt', found);
    return item.band ? `${numbers} ${text('spectra.alt_band', { ...found, low: item.band[0], high: item.band[1] })}` : numbers;
  }

  paint(hub) {
    if (!hub.header.spectra) return;
    this.book.take(hub);
    this.grip.follow(hub);
    this.cards.paint(hub);
    this.grip.place();
  }

  save() {
    return this.cards.save();
  }

  destroy() {
    this.grip.destroy();
    this.cards.destroy();
  }
}
