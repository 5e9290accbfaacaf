/** The text that a network writes while it trains, and the character it expects next. */

import { altText, el, iconButton, setText, toggle } from '../dom.js';
import { percent, significant } from '../words.js';
import { Chooser, sayProblem, slider, spoken, visible } from './seqparts.js';

const LONGEST = 60; // characters of a prompt
const LENGTHS = [50, 100, 200, 400, 600];

/** What was chosen outlives a remount, and a change of the text. */
const choices = { temperature: 0.8, top_k: 0, top_p: 1, length: 200, frozen: false, again: 0 };

export class TextPane {
  constructor(context, body, tools, scene) {
    this.context = context;
    this.hub = context.hub;
    this.vocabulary = scene.sequence.vocabulary;
    this.chooser = new Chooser(context, scene.counts);
    this.build(body, tools);
    this.hub.option('output', { prompt: '', ...choices });
  }

  build(body, tools) {
    const { text } = this.context;
    this.freeze = toggle({
      label: text('sequence.freeze'), tip: text('sequence.freeze_tip'), pressed: choices.frozen,
      onChange: (frozen) => this.ask({ frozen }),
    });
    tools.append(
      this.freeze,
      iconButton({
        name: 'seed', label: text('sequence.again'), tip: text('sequence.again_tip'),
        onClick: () => this.ask({ again: choices.again + 1 }),
      }));
    this.prompt = el('input', {
      class: 'np-field', type: 'text', maxlength: LONGEST, placeholder: text('sequence.prompt'),
      'aria-label': text('sequence.prompt'), title: text('sequence.prompt_tip'), autocomplete: 'off', spellcheck: 'false',
    });
    this.prompt.addEventListener('input', () => this.hub.option('output', { prompt: this.prompt.value }));
    this.problem = el('p', { class: 'np-seq-problem', role: 'status' });
    this.given = el('b');
    this.written = el('span');
    this.cursor = el('i', { class: 'np-seq-cursor', 'aria-hidden': 'true' });
    this.before = el('span', { class: 'np-seq-before', 'aria-hidden': 'true' });
    this.box = el('div', { class: 'np-seq-text', tabindex: '0', role: 'region', 'aria-label': text('sequence.title.text') },
      this.given, this.written, this.cursor, this.before);
    this.notice = el('p', { class: 'np-empty' });
    this.bars = el('div', { class: 'np-seq-next-bars', role: 'img' });
    this.alt = altText(this.bars, text('sequence.next'));
    this.perplexity = el('p', { class: 'np-caption', title: text('sequence.perplexity_tip') });
    // What is of use only to a network that writes.
    this.writing = [this.prompt, this.box, this.sliders(), el('h4', { class: 'np-seq-label', text: text('sequence.next') }), this.bars];
    const [prompt, box, sliders, label, bars] = this.writing;
    this.sample = el('code', { class: 'np-seq-sample', tabindex: '0', role: 'region', 'aria-label': text('sequence.sample'), title: text('sequence.sample_tip') });
    body.append(prompt, this.problem, box, this.notice, sliders, label, bars, this.perplexity,
      el('div', { class: 'np-seq-sampled' }, this.sample, this.chooser.node));
  }

  sliders() {
    const { text } = this.context;
    const make = (name, min, max, step, show, value = choices[name], to = (now) => now) =>
      slider({
        label: text(`sequence.${name}`), tip: text(`sequence.${name}_tip`), min, max, step, value, show,
        change: (now) => this.ask({ [name]: to(now) }),
      });
    const most = Math.min(40, this.vocabulary.length);
    return el('div', { class: 'np-seq-sliders' },
      make('temperature', 0, 2, 0.1, (value) => value.toFixed(1)),
      make('top_k', 0, most, 1, String),
      make('top_p', 0.05, 1, 0.05, (value) => value.toFixed(2)),
      make('length', 0, LENGTHS.length - 1, 1, (at) => String(LENGTHS[at]),
        Math.max(0, LENGTHS.indexOf(choices.length)), (at) => LENGTHS[at]));
  }

  ask(change) {
    Object.assign(choices, change);
    this.hub.option('output', change);
  }

  paint(hub, output) {
    const { text } = this.context;
    sayProblem(this.context, this.problem, output.problem);
    for (const node of this.writing) node.hidden = output.blind;
    this.notice.hidden = !output.blind;
    this.chooser.paint(output.sample);
    setText(this.sample, output.tokens.map((token) => visible(this.vocabulary[token], this.context)).join(''));
    if (output.blind) setText(this.notice, text('sequence.blind'));
    else this.paintText(output);
    if (!output.blind) this.paintBars(output.next);
    const [train, test] = output.perplexity;
    this.perplexity.hidden = train === null && test === null;
    setText(this.perplexity, text('sequence.perplexity', {
      train: significant(train), test: significant(test), count: this.vocabulary.length,
    }));
  }

  /** New text is written over the old one, which stays, pale, until it is reached. */
  paintText({ text: whole, prompt, finished, round, epoch }) {
    const letters = [...whole];
    if (round !== this.round) {
      this.old = this.round === undefined ? [] : this.letters;
      this.round = round;
      this.box.scrollTop = 0;
    }
    this.letters = letters;
    setText(this.given, letters.slice(0, prompt).join(''));
    setText(this.written, letters.slice(prompt).join(''));
    setText(this.before, finished ? '' : this.old.slice(letters.length).join(''));
    this.cursor.hidden = finished;
    this.box.title = this.context.text('sequence.begun', { epoch });
  }

  paintBars(next) {
    const { text } = this.context;
    while (this.bars.children.length < next.length) {
      this.bars.append(el('div', { class: 'np-seq-column' }, el('small'), el('div', {}, el('i'), el('i')), el('b')));
    }
    [...this.bars.children].forEach((column, k) => {
      column.hidden = !next[k];
      if (!next[k]) return;
      const [token, share, drawn] = next[k];
      const [top, track, name] = column.children;
      const [plain, kept] = track.children;
      setText(top, share < 0.0095 ? '<1' : String(Math.round(share * 100)));
      setText(name, visible(this.vocabulary[token], this.context));
      plain.style.height = `${share * 100}%`;
      kept.style.height = `${drawn * 100}%`;
      column.dataset.cut = drawn === 0;
      column.title = text('sequence.bar', {
        token: spoken(this.vocabulary[token], this.context), share: percent(share, 1),
        drawn: drawn === 0 ? text('sequence.cut') : percent(drawn, 1),
      });
    });
    this.alt(() => text('sequence.next_alt', {
      list: next.slice(0, 5).map(([token, share]) =>
        `${spoken(this.vocabulary[token], this.context)} ${percent(share)}`).join(', '),
    }));
  }

  destroy() {}
}
