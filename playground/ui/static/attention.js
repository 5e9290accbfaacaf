/**
 * Who looks at whom: one head of a block's attention as a matrix and as arcs over the tokens, and
 * all heads small beside them. A token that is pointed at lights its row and its arcs.
 */

import { ArcPicture } from './attentionarcs.js';
import { HeadStrip } from './attentionheads.js';
import { MatrixPicture } from './attentionmatrix.js';
import { altText, el, offer, select, setText } from './dom.js';
import { steadyExtent } from './plot.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';
import { shownToken } from './tokens.js';
import { percent } from './words.js';

const MEAN = -1;
const TOLD = 5; // keys that are named
const CHOICE = 4; // places among which one looks more here than there

/** What the visitor chose outlives a change of tab. */
const choice = { block: null, map: null, head: null };

export function createAttention(context, body, tools) {
  return new Attention(context, body, tools);
}

class Attention {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.row = null; // the asking place that is lit, from 0 within the matrix
    this.column = null;
    this.extent = steadyExtent();
    this.build(body, tools);
    this.ask();
  }

  build(body, tools) {
    const { text } = this.context;
    const list = (key) => select({
      label: text(`attention.${key}`), tip: text(`attention.${key}_tip`), onChange: (value) => this.choose({ [key]: Number(value) }),
    });
    this.block = list('block');
    this.map = list('map');
    this.head = list('head');
    tools.append(this.block, this.map, this.head);
    this.strip = new HeadStrip(this.context, (head) => this.choose({ head }));
    this.matrix = new MatrixPicture(this.context);
    this.arcs = new ArcPicture(this.context);
    this.alts = [this.matrix, this.arcs].map((picture) => altText(picture.canvas, text('analysis.attention')));
    this.read = el('p', { class: 'np-caption np-attention-read' });
    this.empty = el('p', { class: 'np-empty', text: text('attention.empty') });
    this.empty.hidden = true;
    this.pictures = el('div', { class: 'np-attention-pictures' }, this.strip.node, this.matrix.node, this.arcs.node);
    body.append(el('div', { class: 'np-attention' }, this.pictures, this.empty, this.read));
    for (const picture of [this.matrix, this.arcs]) this.listen(picture);
  }

  /** Another block has heads of its own. */
  choose(change) {
    if ('block' in change) Object.assign(choice, { map: null, head: null });
    if ('map' in change) choice.head = null;
    Object.assign(choice, change);
    this.extent = steadyExtent();
    this.aim(null, null);
    this.ask();
  }

  ask() {
    this.hub.option('attention', { block: choice.block ?? 0, map: choice.map ?? -1, head: choice.head });
  }

  // ---- pointer and keys ----------------------------------------------------------------------

  listen(picture) {
    const { canvas } = picture;
    const point = ({ offsetX, offsetY }) => this.aim(...picture.probe(offsetX, offsetY));
    canvas.addEventListener('pointermove', point);
    canvas.addEventListener('pointerdown', point);
    canvas.addEventListener('pointerleave', () => this.aim(null, null));
    canvas.addEventListener('blur', () => this.aim(null, null));
    canvas.addEventListener('keydown', (event) => this.key(event, picture));
  }

  key(event, picture) {
    if (!this.last) return;
    const { queries, keys } = this.last;
    const next = (at, by, count) => (at == null ? 0 : Math.max(0, Math.min(count - 1, at + by)));
    const { row, column } = this;
    // Over the tokens one goes to the left and to the right; in the matrix up and down as well.
    const flat = picture === this.arcs;
    const moves = flat ? {
      ArrowLeft: [next(row, -1, queries), null], ArrowRight: [next(row, 1, queries), null],
    } : {
      ArrowUp: [next(row, -1, queries), column], ArrowDown: [next(row, 1, queries), column],
      ArrowLeft: [row ?? 0, next(column, -1, keys)], ArrowRight: [row ?? 0, next(column, 1, keys)],
    };
    const jumps = { Home: [0, flat ? null : column], End: [queries - 1, flat ? null : column], Escape: [null, null] };
    const to = moves[event.key] ?? jumps[event.key];
    if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    this.aim(...to);
  }

  aim(row, column) {
    if (row === this.row && column === this.column) return;
    this.row = row ?? null;
    this.column = column ?? null;
    this.hub.invalidate();
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const { attention } = hub.header;
    if (!attention) return;
    const none = !attention.maps.length;
    this.empty.hidden = !none;
    this.pictures.hidden = none;
    setText(this.read, '');
    if (none || !hub.arrays.attention || !this.pictures.clientWidth) return;
    this.fill(hub.scene, attention);
    this.last = this.lookingOf(attention, hub.arrays);
    if (this.row >= this.last.queries) this.row = null;
    if (this.column >= this.last.keys) this.column = null;
    const aimed = { row: this.row, column: this.column };
    this.strip.paint(hub.arrays.attention_heads, attention.head, this.last);
    this.matrix.paint(this.last, aimed);
    this.arcs.paint(this.last, aimed);
    setText(this.read, this.words());
    const about = `${blockName(this.context.text, hub.scene, attention.block)}, ${this.headName(attention.head)}`;
    const said = this.read.textContent;
    for (const alt of this.alts) alt(() => `${about}. ${said}`);
  }

  /** What the pictures are of: weights, and the places that ask and are asked with their texts. */
  lookingOf({ maps, map, tokens, said }, { attention, attention_seen: seen }) {
    const { name, asking, asked } = maps[map];
    const [queries, keys] = attention.shape;
    const texts = (all, first, count) => (all && first + count <= all.length ? all.slice(first, first + count) : null);
    const [reads, writes] = [tokens, said].map((all) => texts(all, asking, queries));
    // Of what is written, a row is the token that is being written, not the one before it.
    const written = name === 'cross' && writes;
    return {
      name, asking, asked, queries, keys, reads, writes, written,
      weight: (row, column) => attention.data[row * keys + column],
      sees: (row, column) => seen.data[row * keys + column] > 0,
      rows: written ? writes : reads, columns: texts(tokens, asked, keys), top: this.topOf(attention, seen),
    };
  }

  /** The weight that has the full colour: calmly the largest of a place that has a choice. */
  topOf({ data, shape: [queries, keys] }, seen) {
    let [most, chosen] = [0, 0];
    for (let row = 0; row < queries; row++) {
      let [largest, count] = [0, 0];
      for (let at = row * keys; at < (row + 1) * keys; at++) {
        count += seen.data[at] > 0;
        largest = Math.max(largest, data[at]);
      }
      most = Math.max(most, largest);
      if (count >= CHOICE) chosen = Math.max(chosen, largest);
    }
    return Math.min(1, this.extent((chosen || most) / 1.12));
  }

  fill(scene, { blocks, block, maps, map, heads, head }) {
    const { text } = this.context;
    const key = `${scene.id}|${blocks}|${block}|${maps.map(({ name }) => name)}|${heads}`;
    if (key !== this.filled) {
      this.filled = key;
      offer(this.block, blocks.map((index) => [index, blockName(text, scene, index)]));
      offer(this.map, maps.map(({ name }, i) => [i, text(`attention.${name}`)]));
      const all = Array.from({ length: heads }, (_, i) => [i, this.headName(i)]);
      offer(this.head, heads > 1 ? [[MEAN, this.headName(MEAN)], ...all] : all);
      this.map.hidden = maps.length < 2;
      this.head.hidden = heads < 2;
      this.strip.node.hidden = heads < 2;
    }
    for (const [node, value] of [[this.block, block], [this.map, map], [this.head, head]]) {
      if (document.activeElement !== node) node.value = value;
    }
  }

  // ---- words ---------------------------------------------------------------------------------

  headName(head) {
    const { text } = this.context;
    return head === MEAN ? text('attention.mean') : text('attention.head_number', { number: head + 1 });
  }

  place(texts, first, index) {
    const { text } = this.context;
    const place = first + index + 1;
    return texts ? text('attention.token', { token: shownToken(texts[index]), place }) : text('attention.place', { place });
  }

  /** The row that is lit, in words: what it asks, and what it takes most of. */
  words() {
    const { text } = this.context;
    const { row, column, last } = this;
    if (row == null) return text('attention.hint');
    const asks = this.place(last.rows, last.asking, row);
    const more = last.written && last.reads ? text('attention.reads', { token: shownToken(last.reads[row]) })
      : last.writes ? text('attention.writes', { token: shownToken(last.writes[row]) }) : '';
    const name = (k) => this.place(last.columns, last.asked, k);
    if (column != null) {
      const weight = last.sees(row, column)
        ? text('attention.weight', { asks, asked: name(column), percent: percent(last.weight(row, column), 1) })
        : text('attention.unseen', { asks, asked: name(column) });
      return [weight, more].filter(Boolean).join(' · ');
    }
    const best = Array.from({ length: last.keys }, (_, k) => k).filter((k) => last.sees(row, k))
      .sort((a, b) => last.weight(row, b) - last.weight(row, a)).slice(0, TOLD)
      .map((k) => `${name(k)} ${percent(last.weight(row, k), 1)}`).join(this.context.lang === 'zh-CN' ? '，' : ', ');
    return [text('attention.row', { asks, best }), more].filter(Boolean).join(' · ');
  }

  save() {
    if (!this.last) return;
    const { text, theme } = this.context;
    const { block, head } = this.hub.header.attention;
    const parts = [text('analysis.attention'), blockName(text, this.hub.scene, block), this.headName(head)];
    const sizes = [this.matrix.size, this.arcs.size];
    const width = sizes[0].width + sizes[1].width + 20;
    const aimed = { row: this.row, column: this.column };
    return savePng({
      name: fileName('attention', this.hub.header), width, theme, height: Math.max(...sizes.map(({ height }) => height)),
      title: `${parts.join(' · ')} · ${text('bar.epoch_count')} ${this.hub.header.epoch}`,
    }, (canvas) => {
      this.matrix.paintOn(canvas, this.last, aimed);
      canvas.translate(sizes[0].width + 20, 0);
      this.arcs.paintOn(canvas, this.last, aimed);
    });
  }

  destroy() {}
}
