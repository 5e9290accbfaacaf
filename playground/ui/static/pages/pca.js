/**
 * PCA from nothing: two columns with an axis turned by hand, a whole table, and digits.
 *
 * What is dragged is in closed form here (pcamath.js); the rest is computed by torch, asked for
 * when the page rests.
 */

import { el } from '../dom.js';
import { button, chips, tabList } from './kit.js';
import { DigitsChapter } from './pcadigits.js';
import { PlaneChapter } from './pcaplane.js';
import { PRESETS } from './pcapresets.js';
import { TableChapter } from './pcatable.js';

export const styles = ['pca.css'];

const ASK_MS = 250;
const CHAPTERS = { plane: PlaneChapter, table: TableChapter, digits: DigitsChapter };

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    this.link = { p: PRESETS.cloud, ...context.facts.link };
    this.source = this.link.source ?? 'hand';
    if (this.source === 'own' && !context.facts.own) this.source = 'hand';
    this.centre = this.link.c ?? true;
    this.scale = this.link.s ?? false;
    this.table = null; // the last table that Python told of
    this.build();
    this.open(CHAPTERS[this.link.tab] ? this.link.tab : 'plane');
  }

  build() {
    const { root, text } = this.context;
    root.replaceChildren();
    this.sourceNode = el('div', { class: 'np-slot' });
    this.centring = button(text('pca.centre'), () => this.flip('centre', 'c'), { title: text('pca.centre_tip') });
    this.scaling = button(text('pca.scale'), () => this.flip('scale', 's'), { title: text('pca.scale_tip') });
    this.panel = el('div', { class: 'np-pca-chapter', role: 'tabpanel', id: 'np-chapter', tabindex: '-1' });
    this.tabs = tabList({
      label: text('pca.chapters'), current: this.link.tab ?? 'plane', controls: 'np-chapter',
      tabs: Object.keys(CHAPTERS).map((name) => ({ name, label: text(`pca.tab_${name}`) })),
      onChange: (name) => this.open(name),
    });
    this.top = el('div', { class: 'np-pca-top' }, this.sourceNode, this.centring, this.scaling);
    root.append(this.tabs.node, this.top, this.panel);
    this.buildSources();
  }

  buildSources() {
    const { text, facts: { own } } = this.context;
    const names = ['hand', 'iris', 'wine', 'breast_cancer', ...(own ? ['own'] : [])];
    this.sources = chips({
      label: text('pca.sources'), names, words: (name) => (name === 'own' ? own.file : text(`pca.source_${name}`)),
      onChoose: (name) => this.choose(name),
    });
    this.sourceNode.replaceChildren(this.sources.node);
    this.sources.show(this.source);
  }

  // ---- what is chosen ----------------------------------------------------------------------------

  open(name) {
    this.name = name;
    this.chapter?.destroy();
    this.chapter = new CHAPTERS[name](this);
    this.panel.replaceChildren(...this.chapter.nodes);
    this.panel.setAttribute('aria-label', this.context.text(`pca.tab_${name}`));
    this.panel.dataset.chapter = name;
    this.top.hidden = name === 'digits';
    this.context.link({ tab: name });
    this.refresh();
  }

  choose(source) {
    this.source = source;
    Object.assign(this.link, { x: 0, y: 1, k: undefined });
    this.table = null;
    this.sources.show(source);
    this.context.link({ source, x: null, y: null, k: null });
    this.chapter.chosen?.();
    this.refresh();
  }

  flip(switchName, key) {
    this[switchName] = !this[switchName];
    this.context.link({ [key]: this[switchName] ? '1' : '0' });
    this.refresh();
  }

  /** Points were moved by hand. */
  moved() {
    const words = this.chapter.hand.map((point) => point.join(',')).join(',');
    this.context.link({ p: words || null });
    this.link.p = this.chapter.hand;
    this.refresh();
  }

  refresh() {
    this.centring.setAttribute('aria-pressed', String(this.centre));
    this.scaling.setAttribute('aria-pressed', String(this.scale));
    this.chapter.update();
    this.askSoon();
  }

  // ---- torch -------------------------------------------------------------------------------------

  /** What torch says, once the page rests; only the newest question is asked. */
  askSoon() {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.ask(), ASK_MS);
  }

  async ask() {
    const { chapter, source, centre, scale } = this;
    // The columns of a table must be known before two of them can be asked about.
    if (source !== 'hand' && !this.table && this.name !== 'digits') {
      const told = await this.put({ source, row: 0 });
      if (!told || this.source !== source) return;
      if (told.header.error) return this.chapter.answered(told.header, told.arrays);
      this.table = { ...told.header, ...told.arrays };
      if (this.chapter !== chapter) return;
      chapter.update();
      if (chapter.takesTable) return this.answer(chapter, told);
    }
    const question = chapter.question();
    const told = await this.put(question);
    if (told && chapter === this.chapter && this.source === source && this.centre === centre && this.scale === scale) {
      this.answer(chapter, told);
    }
  }

  put(question) {
    return this.context.ask({ centre: this.centre, scale: this.scale, ...question });
  }

  answer(chapter, { header, arrays }) {
    chapter.answered(header, arrays);
    const { eigenvalues, by_svd: svd, error } = header;
    this.context.root.dataset.torch = JSON.stringify(error ?? { eigenvalues, svd });
  }

  // ---- the stage's wishes ------------------------------------------------------------------------

  update() {
    this.buildSources();
    if (this.source === 'own') {
      if (!this.context.facts.own) return this.choose('hand');
      this.table = null;
    }
    this.refresh();
  }

  themed() {
    this.chapter.themed?.();
  }

  resized() {
    this.chapter.resized?.();
  }

  destroy() {
    clearTimeout(this.asking);
    this.chapter?.destroy();
  }
}
