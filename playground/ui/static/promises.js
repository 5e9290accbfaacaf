/** What convolution and pooling promise, measured on test pictures: a table of numbers. */

import { el, setText } from './dom.js';
import { Paced } from './paced.js';
import { count, percent, significant } from './words.js';

export class Promises {
  constructor(context) {
    this.context = context;
    this.study = new Paced(context, 'operation');
    const { text } = context;
    this.note = el('p', { class: 'np-caption' });
    this.list = el('dl');
    this.node = el('section', { class: 'np-arithmetic np-promises', tabindex: '0', role: 'region', 'aria-label': text('promises.title') },
      el('h4', { text: text('promises.title') }), this.list, this.note);
  }

  paint(hub, name, { block }) {
    const { text } = this.context;
    this.study.take(hub);
    const { head: result, version } = this.study;
    if (!result || result.block !== block) {
      setText(this.note, this.study.said() || text('promises.measuring'));
      this.list.replaceChildren();
      this.key = null;
      return;
    }
    const key = `${version}|${name}`;
    if (key === this.key) return;
    this.key = key;
    setText(this.note, text('promises.note', { pictures: result.pictures, name }));
    this.list.replaceChildren(...this.rows(result).map(([head, value, tip]) =>
      el('div', {}, el('dt', { text: head }), el('dd', { text: value }), el('dd', { class: 'np-tells', text: tip }))));
  }

  rows({ alone, whole, links, kept, conv }) {
    const { text, lang } = this.context;
    const rows = [...alone.map((one) => this.shift(one, 'alone')), ...whole.map((one) => this.shift(one, 'whole'))];
    if (conv && links) {
      rows.push([text('promises.sharing'), text('promises.sharing_value', {
        weights: count(links.weights, lang), dense: count(links.dense_weights, lang),
      }), text('promises.sharing_tip', { uses: significant(links.uses) })]);
    }
    if (links) {
      rows.push([text('promises.sparse'), text('promises.sparse_value', {
        links: count(links.links, lang), dense: count(links.dense_links, lang), share: percent(links.links / links.dense_links, 1),
      }), text('promises.sparse_tip')]);
    }
    rows.push([text('promises.invariance'), text('promises.invariance_value', {
      inputs: percent(kept.inputs), outputs: percent(kept.outputs),
    }), text('promises.invariance_tip')]);
    return rows;
  }

  shift(one, key) {
    const { text } = this.context;
    if (!one || one.error === null) {
      return [text(`promises.${key}`, { shift: one?.shift ?? 1 }), text('promises.none'), text('promises.none_tip')];
    }
    return [
      text(`promises.${key}`, { shift: one.shift }),
      text('promises.error', { error: significant(one.error) }),
      one.moved === null ? text('promises.between', { jump: one.jump })
        : text('promises.places', { places: one.places, moved: one.moved, border: one.border === null ? '–' : significant(one.border) }),
    ];
  }

  destroy() {
    this.node.remove();
  }
}
