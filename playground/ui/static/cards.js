/**
 * Small charts side by side on one canvas, one for each weight matrix, with hover values.
 *
 * A chart says how it looks (`paintCard`) and what lies under the pointer (`probeCard`); here is
 * what all of them share: the grid, the canvas, the tooltip, the alt text, the saved picture.
 */

import { altText, el, fitCanvas } from './dom.js';
import { fileName, savePng } from './png.js';
import { Tooltip } from './tooltip.js';

const GAP = 14;
const WIDEST = 360;
const LARGE = { room: 520, widest: 460 }; // px, on the whole screen

/** The head of a card: its title and lines of facts beneath it. Text stays left and on its line. */
export function cardHead(context, title, lines, width, theme) {
  context.textBaseline = 'alphabetic';
  context.textAlign = 'left';
  context.fillStyle = theme.text;
  context.font = `600 12.5px ${theme.font}`;
  context.fillText(title, 4, 13, width - 8);
  context.fillStyle = theme.muted;
  context.font = `11.5px ${theme.font}`;
  lines.forEach((line, i) => context.fillText(line, 4, 30 + 15 * i, width - 8));
}

export class Cards {
  /**
   * @param {object} context of the view
   * @param {HTMLElement} body
   * @param {{name: string, width: number, height: number, compact?: boolean, find: Function, paintCard: Function,
   *   probeCard: Function, describe: Function, empty: Function}} chart
   */
  constructor(context, body, chart) {
    this.context = context;
    this.chart = chart;
    this.canvas = el('canvas', { role: 'img' });
    this.message = el('p', { class: 'np-empty' });
    this.scroll = el('div', { class: 'np-cards', tabindex: '0', role: 'group',
      'aria-label': context.text(`analysis.${chart.name}`) }, this.canvas, this.message);
    body.append(this.scroll);
    this.tip = new Tooltip(body);
    this.alt = altText(this.canvas, context.text(`analysis.${chart.name}`));
    this.scroll.addEventListener('pointermove', (event) => {
      this.pointer = { x: event.clientX, y: event.clientY };
      this.showTip();
    });
    this.scroll.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
  }

  paint(hub) {
    const found = this.chart.find(hub);
    if (!found) return;
    const empty = found.length === 0;
    this.canvas.hidden = empty;
    this.message.hidden = !empty;
    if (empty) {
      this.message.textContent = this.chart.empty(hub);
      return;
    }
    this.place(found);
    const context = fitCanvas(this.canvas, this.width, this.height);
    context.clearRect(0, 0, this.width, this.height);
    this.paintOn(context);
    if (this.pointer) this.showTip();
    this.alt(() => this.chart.describe(this.cards.map(({ item }) => item)));
  }

  /** As many cards in a row as fit; further ones below, to be scrolled to. */
  place(items) {
    const space = Math.max(this.chart.width, this.scroll.clientWidth - 2);
    const wanted = items.reduce((sum, { span = 1 }) => sum + span, 0);
    const room = this.scroll.clientHeight - 4;
    const most = Math.max(1, Math.min(wanted, Math.floor((space + GAP) / (this.chart.width + GAP))));
    const across = this.chart.compact ? this.columns(wanted, most, space, room) : most;
    const large = room > LARGE.room;
    const each = Math.min(large ? LARGE.widest : WIDEST, (space - GAP * (across - 1)) / across);
    const rows = this.chart.compact || large ? Math.ceil(wanted / across) : 1;
    const height = Math.max(this.chart.height, Math.min(large ? each * 1.2 : 300, (room + GAP) / rows - GAP));
    let [column, row] = [0, 0];
    this.cards = items.map((item) => {
      const span = Math.min(item.span ?? 1, across);
      if (column + span > across) [column, row] = [0, row + 1];
      const card = {
        item, width: each * span + GAP * (span - 1), height, x: column * (each + GAP), y: row * (height + GAP),
      };
      column += span;
      return card;
    });
    this.width = space;
    this.height = (row + 1) * (height + GAP) - GAP;
  }

  /** Compact cards take as few columns as let all rows be seen at once: they are larger then. */
  columns(wanted, most, space, room) {
    let across = most;
    while (across > 1) {
      const fewer = across - 1;
      const wide = (space - GAP * (fewer - 1)) / fewer > WIDEST;
      if (wide || Math.ceil(wanted / fewer) * (this.chart.height + GAP) - GAP > room) break;
      across = fewer;
    }
    return across;
  }

  paintOn(context) {
    for (const card of this.cards) {
      context.save();
      context.translate(card.x, card.y);
      this.chart.paintCard(context, card, this.context);
      context.restore();
    }
  }

  showTip() {
    if (!this.cards || this.canvas.hidden) return;
    if (this.quiet) return this.tip.hide();
    const box = this.canvas.getBoundingClientRect();
    const x = this.pointer.x - box.left;
    const y = this.pointer.y - box.top;
    const card = this.cards.find((one) =>
      x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height);
    const rows = card && this.chart.probeCard(card, x - card.x, y - card.y, this.context);
    if (!rows) return this.tip.hide();
    const outer = this.scroll.parentElement.getBoundingClientRect();
    this.tip.show(this.pointer.x - outer.left, this.pointer.y - outer.top, rows);
  }

  save() {
    if (!this.cards) return;
    const { text, theme, hub } = this.context;
    const title = `${text(`analysis.${this.chart.name}`)} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng(
      { name: fileName(this.chart.name, hub.header), title, width: this.width, height: this.height, theme },
      (canvas) => this.paintOn(canvas));
  }

  destroy() {}
}

/** A round step that divides a range of this size into about `number` parts. */
export function roundStep(range, number) {
  const rough = range / number;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}
