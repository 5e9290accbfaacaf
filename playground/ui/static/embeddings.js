/**
 * The tables of an embedding: its entries in a plane or in space, with their names; who is near whom,
 * and what the difference of two entries leads to from a third.
 */

import { el, offer, select, setText, toggle } from './dom.js';
import { FlatPicture } from './embeddingsplot.js';
import { SpacePicture } from './embeddingsspace.js';
import { Relations } from './embeddingsside.js';
import { kindOf, KINDS } from './embeddingskinds.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';

const BOTH = -1;

/** What the visitor chose outlives a change of tab. */
const choice = { block: null, table: null, axes: null, units: [0, 1, 2], deep: false, measure: 'cosine', chosen: null, terms: [null, null, null] };

/** The names of the entries by their key: they are told once. */
const names = new Map();

export function createEmbeddings(context, body, tools) {
  return new Embeddings(context, body, tools);
}

class Embeddings {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.build(body, tools);
    this.arrange();
    this.ask();
  }

  build(body, tools) {
    const { text } = this.context;
    const list = (key, onChange) => select({ label: text(`embeddings.${key}`), tip: text(`embeddings.${key}_tip`), onChange });
    const fresh = { chosen: null, terms: [null, null, null] };
    this.block = list('block', (value) => this.choose({ block: Number(value), table: null, ...fresh }));
    this.table = list('table', (value) => this.choose({ table: Number(value), axes: null, ...fresh }));
    this.axes = list('axes', (axes) => this.choose({ axes }));
    this.units = [0, 1, 2].map((side) => select({
      label: text('embeddings.unit', { number: side + 1 }),
      onChange: (value) => this.choose({ units: choice.units.map((unit, i) => (i === side ? Number(value) : unit)) }),
    }));
    this.three = toggle({
      label: text('pca.three'), tip: text('embeddings.three_tip'), pressed: choice.deep,
      onChange: (on) => {
        choice.deep = on;
        this.arrange();
      },
    });
    tools.append(this.block, this.table, this.axes, ...this.units, this.three);
    this.stage = el('div', { class: 'np-embeddings-plot' });
    this.legend = el('div', { class: 'np-legend np-embeddings-legend' });
    this.side = new Relations(this.context, {
      choose: (row) => this.choose({ chosen: row }),
      terms: (terms) => this.choose({ terms }),
      measure: (measure) => this.choose({ measure }),
    });
    this.empty = el('p', { class: 'np-empty', text: text('embeddings.empty') });
    this.main = el('div', { class: 'np-embeddings' },
      el('div', { class: 'np-embeddings-main' }, this.stage, this.legend), this.side.node);
    body.append(this.main, this.empty);
    this.empty.hidden = true;
  }

  arrange() {
    this.picture?.destroy();
    const calls = { choose: (row) => this.pick(row) };
    this.picture = choice.deep ? new SpacePicture(this.context, calls) : new FlatPicture(this.context, calls);
    this.stage.replaceChildren(this.picture.node);
    this.hub.invalidate();
  }

  /** A click on an entry looks at it; while a term of the analogy is being filled in, it is that. */
  pick(row) {
    if (this.side.takes(row)) return;
    this.choose({ chosen: row === choice.chosen ? null : row });
  }

  choose(change) {
    Object.assign(choice, change);
    this.ask();
  }

  ask() {
    const { deep, terms, block, table, ...asked } = choice;
    const full = terms.every((term) => term != null);
    this.hub.option('embeddings', {
      ...asked, block: block ?? 0, table: table ?? -2, terms: full ? terms : [], have: this.key ?? null,
    });
    this.hub.invalidate();
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const { embeddings: head } = hub.header;
    if (!head) return;
    this.empty.hidden = head.blocks.length > 0;
    this.main.hidden = !head.blocks.length;
    if (!head.blocks.length) return;
    if (head.names) names.set(head.key, head.names);
    const known = names.get(head.key);
    if (this.key !== head.key && known) {
      this.key = head.key;
      this.ask();
    }
    if (!known || !hub.arrays.embeddings || !this.stage.clientWidth) return;
    this.fill(hub.scene, head);
    this.last = this.looked(head, known, hub.arrays);
    this.picture.paint(hub, this.last);
    this.side.paint(this.last, choice);
    this.legends(this.last);
  }

  /** Rows of all shown tables: name, part, kind of character, place. */
  looked(head, known, { embeddings, embeddings_bias: bias }) {
    const rows = [];
    head.sizes.forEach((size, part) => {
      for (let i = 0; i < size; i++) rows.push({ name: known[head.firsts[part] + i] ?? String(i), part, row: rows.length });
    });
    if (head.tables.length === 1 && this.kinded !== head.key) {
      this.kinded = head.key;
      this.kinds = known.every((name) => [...name].length === 1);
    }
    const letters = head.tables.length === 1 && this.kinds;
    for (const one of rows) one.kind = letters ? kindOf(one.name) : null;
    return { head, rows, places: embeddings, bias, letters, chosen: choice.chosen, terms: choice.terms };
  }

  fill(scene, { blocks, block, tables, table, axes, multiplied, width, units }) {
    const { text } = this.context;
    const key = `${scene.id}|${blocks}|${tables}|${table}|${multiplied}|${width}`;
    if (key !== this.filled) {
      this.filled = key;
      offer(this.block, blocks.map((index) => [index, blockName(text, scene, index)]));
      offer(this.table, [[BOTH, text('embeddings.both')], [0, text('embeddings.users')], [1, text('embeddings.items')]]);
      const kinds = [['pca', text('embeddings.axes_pca')], ['raw', text('embeddings.axes_raw')]];
      if (multiplied && table === BOTH) kinds.unshift(['factors', text('embeddings.axes_factors')]);
      offer(this.axes, kinds);
      const numbers = Array.from({ length: width }, (_, i) => [i, text('embeddings.number', { number: i + 1 })]);
      for (const node of this.units) offer(node, numbers);
      this.block.hidden = blocks.length < 2;
      this.table.hidden = tables.length < 2;
    }
    const values = [[this.block, block], [this.table, table], [this.axes, axes]];
    for (const [node, value] of values) if (document.activeElement !== node) node.value = value;
    this.units.forEach((node, i) => {
      node.hidden = axes !== 'raw' || i >= (choice.deep ? 3 : 2) || i >= width;
      if (units && document.activeElement !== node) node.value = units[i];
    });
  }

  legends({ head, rows, letters }) {
    const { text, theme } = this.context;
    const key = `${head.key}|${head.sizes}|${head.table}|${letters}|${theme.dark}|${theme.text}`;
    if (key === this.legended) return;
    this.legended = key;
    const chip = (style, label) => el('span', { class: 'np-chip' }, el('i', { class: 'np-swatch', style }), el('span', { text: label }));
    const chips = letters
      ? Object.keys(KINDS).filter((kind) => rows.some((one) => one.kind === kind)).map((kind) =>
        chip(`background: ${KINDS[kind](theme)}`, text(`embeddings.kind_${kind}`)))
      : head.sizes.length > 1 ? [
        chip(`background: ${this.picture.colorOf({ part: 0 }, theme)}`, text('embeddings.users')),
        chip(`background: ${this.picture.colorOf({ part: 1 }, theme)}; border-radius: 1px; transform: rotate(45deg)`, text('embeddings.items')),
      ] : [];
    this.legend.replaceChildren(...chips);
    setText(this.side.shape, text('embeddings.shape', { entries: head.sizes.join(' + '), width: head.width }));
  }

  save() {
    if (!this.last) return;
    const { text, theme } = this.context;
    const { clientWidth: width, clientHeight: height } = this.picture.node;
    const title = `${text('analysis.embeddings')} · ${text('bar.epoch_count')} ${this.hub.header.epoch}`;
    return savePng({ name: fileName('embeddings', this.hub.header), title, width, height, theme },
      (canvas) => this.picture.paintOn(canvas, this.last));
  }

  themed() {
    this.legended = null;
    this.picture.themed?.();
  }

  destroy() {
    this.picture.destroy();
  }
}
