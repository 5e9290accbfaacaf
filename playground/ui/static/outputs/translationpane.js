/** A translation, character by character, and how many test examples come out exactly. */

import { el, setText } from '../dom.js';
import { css, inkOn, mix } from '../colors.js';
import { percent } from '../words.js';
import { Chooser, ExampleList, mark, typedField } from './seqparts.js';

const LONGEST = 60;

export class TranslationPane {
  constructor(context, body, tools, scene) {
    this.context = context;
    const { text } = context;
    this.chooser = new Chooser(context, scene.counts);
    tools.append(this.chooser.node);
    this.typed = typedField(context, text('sequence.type_source'), LONGEST);
    this.chooser.onChoose = () => this.typed.clear();
    this.source = el('dd', { class: 'np-seq-mono' });
    this.said = el('dd', { class: 'np-seq-mono' });
    this.truth = el('dd', { class: 'np-seq-mono' });
    this.truthRow = el('div', {}, el('dt', { text: text('sequence.truth') }), this.truth);
    this.exact = el('p', { class: 'np-caption', role: 'status' });
    this.list = new ExampleList(context, () => this.typed.clear());
    body.append(this.typed.node,
      el('dl', { class: 'np-seq-pairs' },
        el('div', {}, el('dt', { text: text('sequence.source') }), this.source),
        el('div', {}, el('dt', { text: text('sequence.said') }), this.said),
        this.truthRow),
      this.exact, this.list.node);
  }

  paint(hub, output) {
    const { text } = this.context;
    this.chooser.paint(output.sample);
    this.typed.paint(output.sample);
    setText(this.source, output.source);
    this.paintSaid(output);
    const own = output.truth === null;
    this.truthRow.classList.toggle('np-seq-hidden', own);
    setText(this.truth, own ? ' ' : output.truth);
    const { exact } = output;
    setText(this.exact, exact
      ? text('sequence.exact', { ...exact, share: percent(exact.right / exact.of) })
      : text('sequence.exact_wait'));
    this.list.paint(output.examples);
  }

  /** Each character on a ground as dark as the network is sure of it. */
  paintSaid({ said, sure, truth }) {
    const { theme, text } = this.context;
    const letters = [...said];
    const right = truth === null ? null : said === truth;
    const key = JSON.stringify([said, right, sure.map((share) => Math.round(share * 20)), theme.dark]);
    if (key === this.shown) return;
    this.shown = key;
    const { middle, positive } = theme.colors;
    const cells = letters.map((letter, k) => {
      const ground = mix(middle, positive, Math.max(0, (sure[k] ?? 0) - 0.3) / 0.7);
      const cell = el('span', { class: 'np-seq-letter', text: letter === ' ' ? '\u00a0' : letter, title: percent(sure[k] ?? 0, 1) });
      cell.style.background = css(ground);
      cell.style.color = inkOn(ground);
      return cell;
    });
    if (right !== null) cells.push(mark(right, this.context));
    this.said.replaceChildren(...(cells.length ? cells : [el('span', { text: '–' })]));
    this.said.setAttribute('aria-label', text('sequence.sure', { text: said || '–' }));
  }

  destroy() {
    this.context.hub.option('sample', { text: '' });
  }
}
