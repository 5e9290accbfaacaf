/**
 * What the network makes of sequences: a text that it writes, a translation, a forecast, or its
 * answers place by place.
 */

import { css } from '../colors.js';
import { el, setText } from '../dom.js';
import { neuronName } from '../scene.js';
import { significant } from '../words.js';
import { AnswersPane } from './answerspane.js';
import { visible } from './seqparts.js';
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
    this.back = el('button', {
      type: 'button', class: 'np-toggle np-seq-back', text: context.text('output.back'), title: context.text('output.back_tip'),
      on: { click: () => this.hub.want({ focus: null }) },
    });
    this.focus = el('div', { class: 'np-seq-focus', role: 'img', tabindex: '0' });
    this.back.hidden = this.focus.hidden = true;
    context.root.append(el('div', { class: 'np-head' }, this.title, this.tools, this.back), this.body, this.focus);
    this.hub.want({ map: true });
  }

  paint(hub) {
    const { scene, header } = hub;
    const output = header?.output;
    if (!scene?.sequence || output?.kind !== scene.sequence.kind) return;
    this.show(scene);
    this.paintFocus(hub, output);
    this.pane.paint(hub, output);
  }

  /** A unit that was clicked: its value at each place, instead of the pane. */
  paintFocus({ scene, header, arrays }, output) {
    const { text, theme } = this.context;
    const { focus } = header;
    const found = focus && arrays.focus;
    this.back.hidden = this.focus.hidden = !found;
    this.body.hidden = this.tools.hidden = Boolean(found);
    const name = found ? neuronName(text, scene, focus.block, focus.unit) : text(`sequence.title.${scene.sequence.kind}`);
    setText(this.title, name);
    if (!found) return;
    const { data, shape: [, places] } = arrays.focus;
    const read = output.tokens?.length === places
      ? output.tokens.map((token) => visible(scene.sequence.vocabulary[token], this.context)) : [];
    const values = [...data].map((byte) => (byte / 255) * 2 - 1);
    const key = JSON.stringify([[...data], read, theme.dark]);
    if (key === this.focused) return;
    this.focused = key;
    this.focus.replaceChildren(...values.map((share, place) => {
      const fill = el('i');
      fill.style.background = css(theme.colors.diverging((share + 1) / 2));
      fill.style.height = `${Math.abs(share) * 50}%`;
      fill.style[share > 0 ? 'bottom' : 'top'] = '50%';
      const value = significant(share * focus.scale);
      return el('div', { title: `${text('sequence.place')} ${place + 1}: ${value}` },
        el('div', {}, fill), el('small', { text: read[place] ?? '' }));
    }));
    this.focus.setAttribute('aria-label', text('sequence.focus_alt', {
      name, values: values.slice(0, 30).map((share) => significant(share * focus.scale)).join(' '),
    }));
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
