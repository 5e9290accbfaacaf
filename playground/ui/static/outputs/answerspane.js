/** Puzzles and names: what was read, what the network answers at each place, and what is right. */

import { className } from '../scene.js';
import { altText, el, setText } from '../dom.js';
import { css, inkOn, mix } from '../colors.js';
import { percent, significant } from '../words.js';
import { Bars, Chooser, ExampleList, mark, typedField } from './seqparts.js';

const LONGEST = 64;
const PAD = '·';

export class AnswersPane {
  constructor(context, body, tools, scene) {
    this.context = context;
    this.scene = scene;
    const { text } = context;
    this.names = scene.target === 'language';
    this.chooser = new Chooser(context, scene.counts);
    tools.append(this.chooser.node);
    if (scene.sequence.vocabulary.length) {
      this.typed = typedField(context, text(this.names ? 'sequence.type_name' : 'sequence.type_sequence'), LONGEST);
      this.chooser.onChoose = () => this.typed.clear();
      body.append(this.typed.node);
    }
    this.cells = el('div', { class: 'np-seq-cells', role: 'img', tabindex: '0' });
    this.alt = altText(this.cells, text('sequence.title.answers'));
    this.answer = el('p', { class: 'np-seq-answer' });
    this.bars = new Bars('np-seq-classes');
    this.whole = el('p', { class: 'np-caption' });
    const sums = !scene.class_names.length;
    this.list = new ExampleList(context, () => this.typed?.clear(), sums ? () => null : undefined);
    body.append(this.cells, this.answer, this.bars.node, this.whole, this.list.node);
  }

  paint({ arrays }, output) {
    const { text } = this.context;
    this.chooser.paint(output.sample);
    this.typed?.paint(output.sample);
    const single = output.asked.length === 0;
    this.paintCells(output);
    this.answer.hidden = !single;
    this.bars.node.hidden = !arrays.class_scores || !single || !this.scene.class_names.length;
    if (single) this.paintAnswer(output);
    if (!this.bars.node.hidden) this.paintScores(arrays.class_scores.data, output);
    this.list.node.hidden = this.names;
    if (!this.names) this.list.paint(output.examples);
    setText(this.whole, output.whole ? text('sequence.whole', output.whole) : '');
    this.alt(() => this.describe(output));
  }

  name(index) {
    return className(this.scene, index);
  }

  // ---- the sequence, a column for each place

  paintCells(output) {
    const { theme } = this.context;
    const key = JSON.stringify([output.tokens ?? output.values, output.marks, output.asked, output.said,
      output.truth, output.sure.map((share) => Math.round(share * 20)), theme.dark]);
    if (key === this.shown) return;
    this.shown = key;
    const answers = new Map(output.asked.map((place, k) => [place, k]));
    const read = output.tokens
      ? output.tokens.map((token) => this.scene.sequence.vocabulary[token])
      : output.values.map((value) => value.toFixed(2));
    // Of a name, the empty places in front of it are left out.
    const start = this.names ? Math.max(0, read.findIndex((token) => token !== PAD)) : 0;
    const columns = read.map((token, place) => this.column(token, place, answers.get(place), output)).slice(start);
    this.cells.classList.toggle('np-seq-numbers', !output.tokens);
    this.cells.replaceChildren(...columns);
  }

  column(token, place, k, output) {
    const { text } = this.context;
    const marked = output.marks?.[place];
    const cells = [el('span', { class: `np-seq-read${marked ? ' np-seq-marked' : ''}`, text: token })];
    if (output.asked.length) cells.push(...this.judged(k, output));
    const tip = k === undefined ? `${text('sequence.place')} ${place + 1}: ${token}${marked ? ` (${text('sequence.mark')})` : ''}`
      : text('sequence.token_tip', {
        place: place + 1, read: token, said: this.name(output.said[k]), sure: percent(output.sure[k], 1),
        truth: output.truth[k] === null ? '–' : this.name(output.truth[k]),
      });
    return el('div', { class: 'np-seq-place', title: tip }, ...cells);
  }

  /** What was said, on a ground of right or wrong, and what is right. */
  judged(k, { said, truth, sure }) {
    if (k === undefined) return [el('span', { class: 'np-seq-said' }), el('small')];
    const known = truth[k] !== null;
    const right = said[k] === truth[k];
    const cell = el('span', { class: `np-seq-said${known && !right ? ' np-seq-miss' : ''}`, text: this.name(said[k]) });
    const { middle, positive, negative } = this.context.theme.colors;
    const ground = mix(middle, known && !right ? negative : positive, 0.25 + 0.75 * sure[k]);
    cell.style.background = css(ground);
    cell.style.color = inkOn(ground);
    return [cell, el('small', { text: known ? this.name(truth[k]) : '' })];
  }

  // ---- one answer to the whole

  paintAnswer({ said, truth }) {
    const { text } = this.context;
    const classes = this.scene.class_names.length > 0;
    const show = (value) => (classes ? this.name(value) : significant(value));
    const known = truth[0] !== null;
    const words = known
      ? text('sequence.answer_is', { said: show(said[0]), truth: show(truth[0]) })
      : text('sequence.answer_typed', { said: show(said[0]) });
    const key = words + this.context.theme.dark;
    if (key === this.told) return;
    this.told = key;
    const right = known && classes ? [mark(said[0] === truth[0], this.context)] : [];
    this.answer.replaceChildren(el('span', { text: words }), ...right);
  }

  paintScores(scores, { truth }) {
    const { theme, text } = this.context;
    const items = [...scores].map((share, k) => ({
      name: this.name(k), share, mark: truth[0] === k ? 'true' : '',
      color: css(theme.colors.classOf(k, scores.length)),
    }));
    const best = items.map((item) => item).sort((a, b) => b.share - a.share).slice(0, 3);
    const now = performance.now();
    const speak = !this.spokenAt || now - this.spokenAt > 1000;
    if (speak) this.spokenAt = now;
    this.bars.paint(items, speak ? text('sequence.scores_alt', {
      list: best.map(({ name, share }) => `${name} ${percent(share)}`).join(', '),
    }) : null);
  }

  describe(output) {
    const { text } = this.context;
    const classes = this.scene.class_names.length > 0;
    const show = (value) => (value === null ? '–' : classes ? this.name(value) : significant(value));
    return text('sequence.answers_alt', {
      read: output.tokens ? output.tokens.map((token) => this.scene.sequence.vocabulary[token]).join('')
        : output.values.join(' '),
      said: output.said.map(show).join(' '), truth: output.truth.map(show).join(' '),
    });
  }

  themed() {
    this.shown = this.told = null;
  }

  destroy() {
    this.context.hub.option('sample', { text: '' });
  }
}
