/**
 * One head as arcs over the tokens: from the place that asks to the places that it looks at, as
 * strong as it looks. Of two sequences one stands above the other, with lines between them.
 */

import { el, fitCanvas } from './dom.js';
import { css } from './colors.js';
import { shownToken } from './tokens.js';

const EDGE = 14;
const FAINT = 0.06; // of the largest weight: what is weaker is not drawn
const LETTER = 13;
const WIDEST = 44; // px of a token's column

export class ArcPicture {
  constructor(context) {
    this.context = context;
    this.canvas = el('canvas', { role: 'img', tabindex: '0' });
    this.node = el('div', { class: 'np-attention-arcs' }, this.canvas);
  }

  paint(last, aimed) {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (width < 40) return;
    this.place(last, width, height);
    const canvas = fitCanvas(this.canvas, this.size.width, this.size.height);
    canvas.clearRect(0, 0, this.size.width, this.size.height);
    this.paintOn(canvas, last, aimed);
  }

  /** Two rows of tokens where those that ask are not those that are asked. */
  place({ queries, keys, asking, asked, rows }, width, height) {
    const crossed = asking !== asked || queries !== keys;
    const most = Math.max(queries, keys);
    const each = Math.min(WIDEST, (width - 2 * EDGE) / most);
    const words = rows ? 20 : 16;
    const high = crossed ? Math.min(height, 260) : Math.min(height, Math.max(120, (each * most) / 2 + 40));
    this.size = { width, height: high };
    const lines = crossed ? { top: words, bottom: high - words } : { top: high - words, bottom: high - words };
    const middle = (count) => (width - each * count) / 2;
    this.crossed = crossed;
    this.at = {
      each, words, ...lines,
      row: (i) => middle(queries) + (i + 0.5) * each,
      column: (k) => middle(keys) + (k + 0.5) * each,
    };
  }

  /** The place that asks under the pointer, or of what is asked the column. */
  probe(x, y) {
    if (!this.at || !this.last) return [null, null];
    const { each, row, column, top, bottom } = this.at;
    const { queries, keys } = this.last;
    const index = (first, count) => {
      const found = Math.floor((x - first(0)) / each + 0.5);
      return found >= 0 && found < count ? found : null;
    };
    // Above are the words that are read, below those that are written.
    const upper = this.crossed && y < (top + bottom) / 2;
    if (upper) {
      const k = index(column, keys);
      return k == null ? [null, null] : [this.strongest(k), k];
    }
    return [index(row, queries), null];
  }

  strongest(column) {
    const { queries, weight } = this.last;
    let best = 0;
    for (let i = 1; i < queries; i++) if (weight(i, column) > weight(best, column)) best = i;
    return best;
  }

  paintOn(canvas, last, { row, column }) {
    this.last = last;
    const { theme } = this.context;
    const lit = row != null;
    canvas.lineCap = 'round';
    // A row that is lit has its own scale: its arcs are told from each other.
    let most = last.top;
    if (lit) {
      most = 1e-6;
      for (let k = 0; k < last.keys; k++) most = Math.max(most, last.weight(row, k));
    }
    this.most = most;
    for (const pale of lit ? [true, false] : [false]) {
      for (let i = 0; i < last.queries; i++) {
        if (lit && pale === (i === row)) continue;
        for (let k = 0; k < last.keys; k++) {
          if (!last.sees(i, k)) continue;
          const weight = last.weight(i, k);
          const top = pale ? last.top : most;
          if (weight < (lit && !pale ? 0.01 : FAINT) * top) continue;
          const strong = lit && !pale && (column == null || column === k);
          const share = Math.min(1, weight / top);
          canvas.strokeStyle = css(theme.colors.positive, pale || (lit && !strong) ? 0.1 * share : 0.1 + 0.9 * share);
          canvas.lineWidth = (lit && !pale ? 1 : 0.6) + 2.5 * share;
          this.arc(canvas, i, k);
        }
      }
    }
    this.paintWords(canvas, last, row, column);
  }

  arc(canvas, i, k) {
    const { row, column, top, bottom, words } = this.at;
    const [from, to] = [row(i), column(k)];
    canvas.beginPath();
    if (this.crossed) {
      const [high, low] = [top + 4, bottom - 4];
      const middle = (high + low) / 2;
      canvas.moveTo(from, low);
      canvas.bezierCurveTo(from, middle, to, middle, to, high);
    } else if (i === k) {
      canvas.arc(from, top - words / 4 - 3, 4, 0, 7);
    } else {
      const base = top - 4;
      const rise = Math.min(base - 6, Math.abs(to - from) * 0.62 + 6);
      canvas.moveTo(from, base);
      canvas.bezierCurveTo(from, base - rise * 1.3, to, base - rise * 1.3, to, base);
    }
    canvas.stroke();
  }

  /** The tokens; those that are looked at stand out as they are looked at. */
  paintWords(canvas, last, lit, column) {
    const { theme } = this.context;
    const { each, row, top, bottom } = this.at;
    const size = Math.max(8, Math.min(LETTER, each * 1.25));
    const write = (words, count, at, y, strong, bold) => {
      const widest = Math.max(...(words ?? []).map((word) => [...shownToken(word)].length), 1);
      const step = words && widest < 2 ? Math.max(1, Math.ceil((size * 0.62) / each)) : Math.max(1, Math.ceil((size * 0.62 * (words ? widest : 2)) / each));
      for (let i = 0; i < count; i++) {
        if (i % step && i !== bold) continue;
        const share = strong(i);
        canvas.fillStyle = share > 0.5 || i === bold ? theme.text : theme.muted;
        canvas.font = `${i === bold || share > 0.5 ? '700 ' : ''}${size}px ${theme.font}`;
        canvas.textAlign = 'center';
        canvas.textBaseline = 'middle';
        canvas.fillText(words ? shownToken(words[i]) : String(i + 1), at(i), y);
      }
    };
    const seen = (k) => (lit == null ? 0 : last.weight(lit, k) / this.most);
    if (!this.crossed) return write(last.rows, last.queries, row, bottom + 8, seen, lit);
    write(last.columns, last.keys, this.at.column, top - 9, seen, column);
    write(last.rows, last.queries, row, bottom + 9, () => 0, lit);
  }
}
