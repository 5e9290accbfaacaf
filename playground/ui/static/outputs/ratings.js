/**
 * The output of a network that rates: the matrix of what is known beside what it says of every
 * pair, its error beside those of plain means, and what it would recommend to one user.
 */

import { css } from '../colors.js';
import { altText, el, fitCanvas, iconButton, toggle } from '../dom.js';
import { fileName, savePng } from '../png.js';
import { loadStyle } from '../mounting.js';
import { Tooltip } from '../tooltip.js';
import { count, significant } from '../words.js';
import { GAP, HeatPair, TEST, TRAIN, paintCell } from './heatpair.js';
import { Errors, Recommended } from './ratinglists.js';

/** Outlive a remount of the pane. */
const choices = { reveal: false, user: null };

export function createRatings(context) {
  return new RatingsPane(context);
}

class RatingsPane {
  constructor(context) {
    this.context = context;
    loadStyle('outputs/ratings.css');
    const { text } = context;
    this.pair = new HeatPair();
    this.canvas = el('canvas', { role: 'img', tabindex: '0', class: 'np-ratings-pair' });
    this.alt = altText(this.canvas, text('ratings.title'));
    this.legend = el('div', { class: 'np-legend' });
    this.errors = new Errors(context);
    this.recommended = new Recommended(context, (user) => this.choose(user));
    this.reveal = toggle({
      label: text('ratings.reveal'), tip: text('ratings.reveal_tip'), pressed: choices.reveal,
      onChange: (on) => {
        choices.reveal = on;
        context.hub.invalidate();
      },
    });
    const save = iconButton({ name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.save() });
    this.node = el('div', { class: 'np-ratings' }, this.canvas, this.legend, this.errors.node, this.recommended.node);
    context.root.append(
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('ratings.title') }),
        el('div', { class: 'np-tools' }, this.reveal, save)),
      this.node);
    this.tip = new Tooltip(context.root);
    this.listen();
    context.hub.want({ map: true });
    context.hub.option('output', { user: choices.user });
  }

  listen() {
    const { canvas } = this;
    const point = (event) => {
      const box = canvas.getBoundingClientRect();
      this.cell = this.pair.rows ? this.pair.at(event.clientX - box.left, event.clientY - box.top) : null;
      this.side = event.clientX - box.left < box.width / 2 ? 0 : 1;
      this.context.hub.invalidate();
    };
    canvas.addEventListener('pointermove', point);
    canvas.addEventListener('pointerdown', point);
    canvas.addEventListener('click', () => this.pick());
    for (const name of ['pointerleave', 'blur']) canvas.addEventListener(name, () => this.leave());
    canvas.addEventListener('keydown', (event) => this.key(event));
  }

  leave() {
    this.cell = null;
    this.context.hub.invalidate();
  }

  key(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const { rows, columns } = this.pair;
    if (!rows) return;
    if (event.key in moves) {
      const [down, right] = moves[event.key];
      const { row, column } = this.cell ?? { row: 0, column: 0 };
      const within = (value, most) => Math.min(Math.max(value, 0), most - 1);
      this.side ??= 0;
      this.cell = { row: within(row + down, rows), column: within(column + right, columns) };
    } else if (event.key === 'Enter' && this.cell) this.pick();
    else if (event.key === 'Escape' && this.cell) this.cell = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.context.hub.invalidate();
  }

  /** The cell's user is looked at; a known rating becomes the point that the network is drawn for. */
  pick() {
    if (!this.cell || !this.facts) return;
    this.choose(this.facts.rows[this.cell.row]);
    const at = this.cell.row * this.pair.columns + this.cell.column;
    const index = this.arrays.ratings_index.data[at];
    if (index < 0) return;
    const part = this.arrays.ratings_known.data[at] === TRAIN ? 'train' : 'test';
    this.context.hub.option('sample', { part, index });
  }

  choose(user) {
    choices.user = user;
    this.context.hub.option('output', { user });
  }

  // ---- painting ------------------------------------------------------------------------------

  paint({ scene, header, arrays }) {
    const facts = scene?.ratings;
    if (!facts || !header.output?.errors || !arrays.ratings_said || !arrays.ratings_known) return;
    this.facts = facts;
    if (arrays.ratings_known !== this.arrays?.ratings_known) this.version = (this.version ?? 0) + 1;
    this.arrays = { ...arrays };
    this.reveal.hidden = !facts.hidden;
    const [rows, columns] = arrays.ratings_said.shape;
    this.pair.place(Math.max(200, this.node.clientWidth - 4), rows, columns);
    this.pair.paint(this.canvas, this.matrices(header), this.context.theme);
    this.paintLegend();
    this.errors.paint(facts, header.output.errors);
    this.recommended.paint(facts, header.output.user, choices.reveal && facts.hidden);
    this.showTip(header);
    this.alt(() => this.describe(facts, header.output.errors));
  }

  matrices({ output }) {
    const { facts, arrays } = this;
    const { text } = this.context;
    const { lowest, highest, rows, users } = facts;
    return {
      known: arrays.ratings_known.data,
      truth: arrays.ratings_truth.data,
      said: arrays.ratings_said.data,
      share: (value) => (Number.isFinite(value)
        ? Math.min(Math.max((value - lowest) / (highest - lowest), 0), 1) : null),
      reveal: choices.reveal && facts.hidden,
      version: this.version,
      titles: [text('ratings.known'), text('ratings.said')],
      user: rows.indexOf(output.user.user),
      cell: this.cell,
    };
  }

  showTip(header) {
    const { cell, facts, arrays, pair } = this;
    if (!cell || cell.row >= pair.rows || cell.column >= pair.columns) return this.tip.hide();
    const { text } = this.context;
    const at = cell.row * pair.columns + cell.column;
    const state = arrays.ratings_known.data[at];
    const truth = arrays.ratings_truth.data[at];
    const name = { [GAP]: facts.hidden ? 'hidden' : 'gap', [TRAIN]: 'train', [TEST]: 'test' }[state];
    const [x, y] = pair.middle(cell, this.side ?? 0);
    this.tip.show(this.canvas.offsetLeft + x, this.canvas.offsetTop + y, [
      { title: true, label: text('ratings.cell', {
        user: facts.users[facts.rows[cell.row]], item: facts.items[facts.columns[cell.column]],
      }) },
      { label: text(`ratings.cell_${name}`), value: Number.isFinite(truth) ? significant(truth) : '–' },
      { label: text('ratings.cell_said'), value: significant(arrays.ratings_said.data[at]) },
    ]);
    this.canvas.dataset.cell = `${cell.row},${cell.column},${header.step}`;
  }

  paintLegend() {
    const { theme, text, lang } = this.context;
    const { counts, lowest, highest } = this.facts;
    const key = `${this.version}|${theme.dark}|${theme.text}|${choices.reveal}`;
    if (key === this.legendKey) return;
    this.legendKey = key;
    const ends = [lowest, highest].map((value) => el('span', { text: significant(value) }));
    const bar = el('i', { class: 'np-gradient' });
    const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => css(theme.colors.diverging(share)));
    bar.style.background = `linear-gradient(90deg, ${stops.join(',')})`;
    const marks = [[TRAIN, 'train', counts.train], [TEST, 'test', counts.test], [GAP, 'gap', counts.gaps]]
      .map(([state, name, number]) => this.mark(state, text(`ratings.${name}`, { count: count(number, lang) })));
    this.legend.replaceChildren(el('span', { class: 'np-scale' }, ends[0], bar, ends[1]), ...marks);
  }

  mark(state, label) {
    const { theme } = this.context;
    const canvas = el('canvas', { 'aria-hidden': 'true' });
    const share = state !== GAP || (choices.reveal && this.facts.hidden) ? 0.85 : null;
    paintCell(fitCanvas(canvas, 12, 12), 0, 0, 12, 12, state, share, theme);
    return el('span', { class: 'np-mark' }, canvas, el('span', { text: label }));
  }

  describe({ counts, baselines, rows, columns }, errors) {
    return this.context.text('ratings.alt', {
      rows: rows.length, columns: columns.length, train: counts.train, test: counts.test, gaps: counts.gaps,
      error: significant(errors.test), item: significant(baselines.item.test),
    });
  }

  save() {
    if (!this.facts) return;
    const { theme, text, hub } = this.context;
    const { pair } = this;
    const title = `${text('ratings.title')} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng({ name: fileName('ratings', hub.header), title, width: pair.width, height: pair.height + 8, theme },
      (canvas) => pair.paintOn(canvas, { ...this.matrices(hub.header), cell: null }, theme));
  }

  themed() {
    this.legendKey = null;
  }

  destroy() {
    this.context.hub.want({ map: false });
  }
}

