/**
 * What the network makes of sequences: a text that it writes, a translation, a forecast, or its
 * answers place by place.
 */

import { el, setText } from '../dom.js';
import { AnswersPane } from './answerspane.js';
import { SeriesPane } from './seriespane.js';
import { TextPane } from './textpane.js';
import { TranslationPane } from './translationpane.js';

const PANES = { text: TextPane, translation: TranslationPane, series: SeriesPane, answers: AnswersPane };

export function createSequences(context) {
  return new Sequences(context);
}

class Sequences {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.title = el('h3', { class: 'np-title' });
    this.tools = el('div', { class: 'np-tools' });
    this.body = el('div', { class: 'np-seq' });
    context.root.append(el('div', { class: 'np-head' }, this.title, this.tools), this.body);
    this.hub.want({ map: true });
  }

  paint(hub) {
    const { scene, header } = hub;
    const output = header?.output;
    if (!scene?.sequence || output?.kind !== scene.sequence.kind) return;
    this.show(scene);
    this.pane.paint(hub, output);
  }

  /** Another set of sequences has another pane; the same one keeps what was typed into it. */
  show(scene) {
    const key = JSON.stringify([scene.sequence, scene.class_names, scene.target]);
    if (key === this.key) return;
    this.key = key;
    this.pane?.destroy();
    this.tools.replaceChildren();
    this.body.replaceChildren();
    const { kind } = scene.sequence;
    setText(this.title, this.context.text(`sequence.title.${kind}`));
    this.pane = new PANES[kind](this.context, this.body, this.tools, scene);
  }

  resized() {
    this.pane?.resized?.();
  }

  themed() {
    this.pane?.themed?.();
  }

  destroy() {
    this.pane?.destroy();
    this.hub.want({ map: false });
  }
}
