/**
 * The test examples of which the network is least sure, and most: of pictures, sequences and
 * ratings, which lie in no plane. Whether the answer is right is said beside them.
 */

import { el } from './dom.js';
import { answerText, pointFace, readText } from './pointface.js';
import { className, isRegression } from './scene.js';
import { percent, significant } from './words.js';

export class Examples {
  constructor(context) {
    this.context = context;
    this.node = el('div', { class: 'np-sure-examples', tabindex: '0', role: 'group', 'aria-label': context.text('certainty.show_examples') });
  }

  /** @param {object} study with its head and arrays @param {string} way by which they are ordered */
  paint(scene, study, way) {
    const key = [study.version, way, scene.id, this.context.theme.background].join('|');
    if (key === this.key) return;
    this.key = key;
    const { text } = this.context;
    const { order, points } = study.head.examples;
    this.node.classList.toggle('np-sure-pictures', Boolean(study.arrays.certainty_pictures));
    this.node.replaceChildren(...['least', 'most'].map((side) =>
      el('section', {}, el('h4', { class: 'np-subtitle', text: text(`certainty.${side}`) }),
        el('ul', { class: 'np-sure-list' }, ...order[way][side].map((i) => this.item(scene, study, points[i], i, way))))));
  }

  item(scene, study, told, i, way) {
    const { text } = this.context;
    const unsure = this.amount(scene, told.unsure[way]);
    const name = readText(told) || text('influence.test_number', { number: told.index + 1 });
    const answer = this.answer(scene, told);
    const facts = [name, answer, text('certainty.unsure', { value: unsure })].filter(Boolean).join(' · ');
    return el('li', { class: told.right === false ? 'np-sure-item np-sure-wrong' : 'np-sure-item', title: facts, 'aria-label': facts },
      pointFace(this.context, told, study.arrays, 'certainty', i),
      el('b', { text: answer }), el('small', { text: unsure }));
  }

  /** "4 ✓", or "4 → 9" where another class is said; of values what is said and what is right. */
  answer(scene, told) {
    const { text } = this.context;
    const truth = answerText(scene, told);
    if (isRegression(scene)) {
      return told.said == null ? truth : text('certainty.said_value', { said: significant(told.said), truth });
    }
    const share = percent(told.share);
    if (told.said == null) return `${truth} ${told.right ? '✓' : '✗'}`.trim();
    const said = className(scene, told.said);
    return told.right ? `${truth} ✓ ${share}` : text('certainty.said_wrong', { said, truth, share });
  }

  amount(scene, value) {
    return isRegression(scene) ? `± ${significant(value)}` : significant(value);
  }
}
