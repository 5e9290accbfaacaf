/** The page "Compress a picture by SVD": a picture as a sum of rank-1 terms, k of them kept. */

import { el, setText } from '../dom.js';
import { count, percent, significant } from '../words.js';
import { codeBlock } from './code.js';
import { PartialSum } from './compress_sum.js';
import { Rivals } from './compress_rivals.js';
import { Spectrum } from './compress_spectrum.js';
import { button } from './kit.js';
import { choice, fileButton } from './parts.js';

export const styles = ['parts.css', 'compress.css'];

const REST_MS = 350;
const STRIP = 7;
const STRIP_PIXELS = 110;
const TERM_PIXELS = 320;
const COARSE_PIXELS = 400;
const FLOAT_BYTES = 4;

export function mount(context) {
  const page = new Compress(context);
  return {
    themed: () => page.themed(),
    resized: () => page.spectrum.paint(),
    destroy: () => page.destroy(),
  };
}

class Compress {
  constructor(context) {
    this.context = context;
    const { link: { picture, size, grey, k }, own } = context.facts;
    this.state = {
      picture: picture || !own ? { name: picture ?? 'china' } : own, size: Number(size ?? 640), grey: grey ?? false, k: k ?? 20,
    };
    this.build();
    this.load();
  }

  // ---- building --------------------------------------------------------------------------------

  build() {
    const { context } = this;
    const { text } = context;
    this.problem = el('p', { class: 'np-c-problem', role: 'status' });
    this.problem.hidden = true;
    this.original = this.picture('original');
    this.approximation = this.picture('approximation');
    this.term = this.picture('term');
    this.spectrum = new Spectrum(context, (k) => this.choose(k));
    this.rivals = new Rivals(context);
    this.facts = el('dl', { class: 'np-c-facts' });
    this.method = el('p', { class: 'np-caption' });
    this.strip = el('div', { class: 'np-c-strip', role: 'group', 'aria-label': text('compress.strip') });
    this.code = codeBlock({ text, label: text('common.code') });
    context.root.append(
      this.controls(), this.problem,
      el('div', { class: 'np-c-main' },
        el('div', { class: 'np-c-pictures' }, this.original.node, this.approximation.node),
        el('div', { class: 'np-c-side' }, this.spectrum.node, this.facts, this.method),
        el('section', { class: 'np-c-sum' },
          el('div', {}, el('h3', { class: 'np-title', text: text('compress.strip') }), this.strip),
          this.term.node)),
      this.rivals.node, this.code.node);
  }

  picture(name) {
    const canvas = el('canvas', { role: 'img', 'data-picture': name });
    const caption = el('figcaption');
    return { canvas, caption, node: el('figure', { class: 'np-c-picture' }, caption, canvas) };
  }

  controls() {
    const { context, state } = this;
    const { text, facts } = context;
    this.names = [...facts.photos].map((name) => button(text(`compress.photo_${name}`), () => {
      this.change({ picture: { name } });
    }, { 'data-name': name }));
    this.own = el('span', { class: 'np-caption np-c-own' });
    const upload = fileButton({
      label: text('compress.own'), accept: 'image/*', megabytes: facts.megabytes, context,
      onFile: ({ file, filename }) => this.change({ picture: { file, filename } }),
      onProblem: (sentence) => this.say(sentence),
    });
    const size = choice({
      label: text('compress.size'), value: state.size,
      options: facts.sizes.map((one) => [String(one), text('compress.pixels', { size: one })]),
      onChange: (value) => this.change({ size: Number(value) }),
    });
    this.grey = button(text('compress.grey'), () => this.change({ grey: !this.state.grey }));
    this.slider = el('input', {
      type: 'range', class: 'np-range', min: 0, max: 1000, step: 1, 'aria-label': text('compress.k'),
    });
    this.slider.addEventListener('input', () => this.choose(Math.round(this.spectrum.termOf(this.slider.value / 1000)), true));
    this.slider.addEventListener('keydown', (event) => this.keyed(event));
    this.number = el('input', {
      type: 'number', class: 'np-field', min: 1, step: 1, 'aria-label': text('compress.k'),
    });
    this.number.addEventListener('input', () => {
      const k = Math.round(Number(this.number.value));
      if (k >= 1) this.choose(k);
    });
    this.of = el('span', { class: 'np-caption' });
    return el('div', { class: 'np-c-controls' },
      el('div', { class: 'np-c-choose', role: 'group', 'aria-label': text('compress.picture') }, ...this.names, upload, this.own),
      size, this.grey,
      el('div', { class: 'np-c-k' }, el('b', { text: 'k =' }), this.number, this.of, this.slider));
  }

  /** An arrow moves by one term, not by one place of the slider. */
  keyed(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.choose(this.state.k + by);
  }

  // ---- another picture -------------------------------------------------------------------------

  change(some) {
    Object.assign(this.state, some);
    this.load();
  }

  async load() {
    const { state, context } = this;
    const { picture, size, grey } = state;
    this.tell();
    this.showChoices();
    context.root.setAttribute('aria-busy', 'true');
    setText(this.method, context.text('compress.working'));
    const answer = await context.ask({ picture, size, grey });
    if (!answer) return;
    context.root.removeAttribute('aria-busy');
    setText(this.method, '');
    if (answer.header.error) {
      this.say(answer.header.error);
      return;
    }
    this.say('');
    this.show(answer.header, answer.arrays);
  }

  tell() {
    const { picture, size, grey, k } = this.state;
    this.context.link({
      picture: picture.name ?? null, size: String(size), grey: grey ? '1' : '0', k: String(k),
    });
  }

  say(sentence) {
    this.problem.hidden = !sentence;
    setText(this.problem, sentence);
  }

  showChoices() {
    const { picture, grey } = this.state;
    for (const one of this.names) one.setAttribute('aria-pressed', String(one.dataset.name === picture.name));
    this.grey.setAttribute('aria-pressed', String(grey));
    setText(this.own, picture.filename ?? '');
  }

  show(header, arrays) {
    const { context: { text, lang } } = this;
    this.header = header;
    this.energy = arrays.energy.data;
    this.sum = new PartialSum(header, arrays);
    this.coarse = this.sum.coarse(COARSE_PIXELS);
    this.paintOriginal(header, arrays.picture.data);
    this.slider.disabled = header.terms < 2;
    this.number.max = header.terms;
    setText(this.of, text('compress.of', { terms: header.terms }));
    setText(this.method, header.exact ? text('compress.exact', { terms: header.terms })
      : text('compress.leading', { terms: header.terms }));
    const size = `${count(header.rows, lang)} × ${count(header.columns, lang)}`;
    setText(this.original.caption, text(`compress.original_${header.channels}`, { size }));
    this.original.canvas.setAttribute('aria-label', this.original.caption.textContent);
    this.spectrum.show(header, arrays);
    this.paintStrip();
    this.choose(this.state.k);
  }

  paintOriginal({ rows, columns, channels }, data) {
    const { canvas } = this.original;
    [canvas.width, canvas.height] = [columns, rows];
    const image = new ImageData(columns, rows);
    const pixels = image.data;
    for (let i = 0; i < rows * columns; i += 1) {
      const [from, to] = [3 * i, 4 * i];
      const grey = 0.299 * data[from] + 0.587 * data[from + 1] + 0.114 * data[from + 2];
      for (let c = 0; c < 3; c += 1) pixels[to + c] = channels === 1 ? grey : data[from + c];
      pixels[to + 3] = 255;
    }
    canvas.getContext('2d').putImageData(image, 0, 0);
  }

  // ---- another k ---------------------------------------------------------------------------------

  choose(wanted, sliding = false) {
    if (!this.sum) return;
    const k = Math.max(1, Math.min(this.header.terms, wanted));
    const { text } = this.context;
    this.state.k = k;
    if (!sliding) this.slider.value = String(Math.round(this.spectrum.shareOf(k) * 1000));
    this.slider.setAttribute('aria-valuetext', `k = ${k}`);
    if (document.activeElement !== this.number) this.number.value = String(k);
    this.spectrum.at(k);
    this.showFacts(k);
    const most = this.sum.paintTerm(
      this.term.canvas, k - 1, this.context.theme.colors.neurons, TERM_PIXELS);
    const words = text('compress.term', { k, most: significant(most) });
    setText(this.term.caption, words);
    this.term.canvas.setAttribute('aria-label', words);
    this.code.show(this.header.code.replace('{k}', String(k)));
    this.drive();
    this.rest();
  }

  /** Sums towards k, frame by frame, until it is there: the coarse sum first. */
  drive() {
    if (this.driving) return;
    const { canvas } = this.approximation;
    const step = () => {
      const { k } = this.state;
      let there = false;
      if (this.coarse && this.coarse.k !== k) {
        this.coarse.approach(k);
        this.coarse.paint(canvas);
      } else {
        there = this.sum.approach(k);
        if (there || !this.coarse) this.sum.paint(canvas);
      }
      canvas.dataset.k = String(there || !this.coarse ? this.sum.k : this.coarse.k);
      canvas.dataset.whole = String(there);
      this.driving = there ? null : requestAnimationFrame(step);
    };
    step();
  }

  /** When k rests, others of as few numbers are computed. */
  rest() {
    clearTimeout(this.resting);
    this.rivals.wait();
    this.resting = setTimeout(() => this.compare(), REST_MS);
  }

  async compare() {
    const { picture, size, grey, k } = this.state;
    this.tell();
    const answer = await this.context.ask({ picture, size, grey, k });
    if (!answer || k !== this.state.k) return;
    if (answer.header.error) this.say(answer.header.error);
    else if (answer.header.rivals) this.rivals.show(answer.header, answer.arrays);
  }

  showFacts(k) {
    const { header: { rows, columns, channels, mean_square: square }, context: { text, lang } } = this;
    const left = Math.max(0, 1 - this.energy[k]);
    const whole = channels * rows * columns;
    const kept = channels * k * (rows + columns + 1);
    const level = Math.sqrt(left * square);
    const even = Math.floor((rows * columns) / (rows + columns + 1));
    const facts = [
      ['energy', percent(this.energy[k], this.energy[k] > 0.999 ? 4 : 2)],
      ['error', percent(Math.sqrt(left), 2)],
      ['level', text('compress.level_words', { level: significant(level) })],
      ['numbers', text('compress.numbers_words', {
        formula: channels > 1 ? `${channels} · ` : '', k, rows, columns, kept: count(kept, lang), whole: count(whole, lang),
        share: percent(kept / whole, 1),
      })],
      ['bytes', text('compress.bytes_words', {
        kept: count(kept * FLOAT_BYTES, lang), whole: count(whole, lang), share: percent((kept * FLOAT_BYTES) / whole, 0),
      })],
      ['even', text('compress.even_words', { k: even, bytes: Math.floor(even / FLOAT_BYTES) })],
    ];
    this.facts.replaceChildren(...facts.map(([name, value]) =>
      el('div', { 'data-fact': name }, el('dt', { text: text(`compress.${name}`) }), el('dd', { text: value }))));
    const words = text('compress.approximation', { k });
    setText(this.approximation.caption, words);
    this.approximation.canvas.setAttribute('aria-label', `${words}: ${text('compress.energy')} ${facts[0][1]}, ${text('compress.error')} ${facts[1][1]}`);
  }

  /** The first terms, one by one: the picture is their sum. */
  paintStrip() {
    const { header: { terms, exact }, context: { text, theme } } = this;
    const shown = Math.min(STRIP, terms);
    const cards = Array.from({ length: shown }, (_, t) => {
      const canvas = el('canvas', { 'aria-hidden': 'true' });
      this.sum.paintTerm(canvas, t, theme.colors.neurons, STRIP_PIXELS);
      return el('button', {
        type: 'button', class: 'np-c-term', 'aria-label': text('compress.to_term', { k: t + 1 }), title: text('compress.to_term', { k: t + 1 }),
        on: { click: () => this.choose(t + 1) },
      }, canvas, el('span', { text: `σ${subscript(t + 1)} · ${percent(this.energy[t + 1] - this.energy[t], 1)}` }));
    });
    const signs = cards.flatMap((card, i) => (i ? [el('span', { class: 'np-c-plus', text: '+' }), card] : [card]));
    if (terms > shown) signs.push(el('span', { class: 'np-c-plus', text: exact ? `+ … + σ${subscript(terms)}` : '+ …' }));
    this.strip.replaceChildren(...signs);
  }

  themed() {
    if (!this.sum) return;
    this.paintStrip();
    this.choose(this.state.k);
  }

  destroy() {
    clearTimeout(this.resting);
    cancelAnimationFrame(this.driving);
  }
}

const subscript = (number) => String(number).replace(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[digit]);
