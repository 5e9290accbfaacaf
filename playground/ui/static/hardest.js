/** The pictures with the greatest loss; a click makes one of them the picture all parts look at. */

import { el, setText } from './dom.js';
import { Paced } from './paced.js';
import { fileName, savePng } from './png.js';
import { className } from './scene.js';
import { choosePicture, chosenPicture, pictureCanvas } from './thumbnails.js';
import { count, percent, significant } from './words.js';

const ANY = -1;

/** What the visitor chose outlives a change of tab. */
const choice = { part: 'test', true: ANY, predicted: ANY };

export function createHardest(context, body, tools) {
  return new Hardest(context, body, tools);
}

/** Asks for the pictures of one class that are taken for another, e.g. from the confusion matrix. */
export function chooseHardest(change) {
  Object.assign(choice, { part: 'test', true: ANY, predicted: ANY }, change);
}

class Hardest {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.study = new Paced(context, 'hardest');
    const { text } = context;
    const select = (key, parse) => {
      const node = el('select', {
        class: 'np-select', 'aria-label': text(`hardest.${key}`), title: text(`hardest.${key}_tip`),
        on: { change: () => this.pick({ [key]: parse(node.value) }) },
      });
      return node;
    };
    this.part = select('part', String);
    this.part.append(el('option', { value: 'test', text: text('map.test') }), el('option', { value: 'train', text: text('map.train') }));
    this.part.value = choice.part;
    this.true = select('true', Number);
    this.predicted = select('predicted', Number);
    tools.append(this.part, this.true, this.predicted);
    this.facts = el('p', { class: 'np-caption np-facts', role: 'status' });
    this.list = el('div', { class: 'np-hardest', role: 'group', 'aria-label': text('analysis.hardest') });
    // What is being pointed at does not run away.
    for (const event of ['pointerleave', 'focusout']) this.list.addEventListener(event, () => this.hub.invalidate());
    body.append(el('div', { class: 'np-hardest-view' }, this.facts, this.list));
    this.pick({});
  }

  pick(change) {
    Object.assign(choice, change);
    this.asked = true;
    this.hub.option('hardest', { ...choice });
    this.hub.invalidate();
  }

  fill(scene) {
    if (this.scene === scene.id) return;
    this.scene = scene.id;
    const { text } = this.context;
    for (const key of ['true', 'predicted']) {
      const any = text(key === 'true' ? 'hardest.any_true' : 'hardest.any_predicted');
      this[key].replaceChildren(el('option', { value: ANY, text: any }),
        ...scene.class_names.map((_, k) => el('option', { value: k, text: text(`hardest.${key}_class`, { name: className(scene, k) }) })));
      this[key].value = choice[key] < scene.class_names.length ? choice[key] : ANY;
      this[key].hidden = !scene.class_names.length;
    }
  }

  paint(hub) {
    this.fill(hub.scene);
    this.late ||= this.study.take(hub);
    const { head } = this.study;
    const said = this.study.said();
    if (said || !head) return setText(this.facts, said || this.context.text('hardest.measuring'));
    const held = this.list.matches(':hover') || this.list.contains(document.activeElement);
    if (this.shownScene !== hub.scene.id || (this.late && (!held || this.asked))) this.build(hub.scene, head);
    this.markChosen(hub);
  }

  build(scene, head) {
    const { text, lang } = this.context;
    this.shownScene = scene.id;
    this.late = this.asked = false;
    const part = text(head.part === 'test' ? 'map.test' : 'map.train');
    setText(this.facts, text(head.found ? 'hardest.facts' : 'hardest.none', {
      part, total: count(head.total, lang), right: count(head.right ?? 0, lang), mean: significant(head.mean),
      found: count(head.found, lang), shown: head.rows.length, epoch: count(head.epoch, lang),
    }));
    const { data, shape: [, ...shape] } = this.study.arrays.hardest_pictures ?? { data: [], shape: [0, 1, 1, 1] };
    const size = shape.reduce((product, side) => product * side, 1);
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.index : null;
    this.list.replaceChildren(...head.rows.map((row, i) => this.tile(scene, head, row, pictureCanvas(data, shape, i * size))));
    if (focused !== null) this.list.querySelector(`[data-index="${focused}"]`)?.focus();
    this.chosen = null;
  }

  tile(scene, head, row, canvas) {
    const { text } = this.context;
    const [truth, guess] = [className(scene, row.truth), className(scene, row.prediction)];
    const wrong = row.truth !== row.prediction;
    const facts = { truth, guess, share: percent(row.share, 1), own: percent(row.own, 1), loss: significant(row.loss), number: row.index + 1 };
    return el('button', {
      type: 'button', class: wrong ? 'np-hard np-wrong-hard' : 'np-hard', 'data-index': row.index,
      'aria-label': text(wrong ? 'hardest.tile_wrong' : 'hardest.tile_right', facts),
      title: text(wrong ? 'hardest.tile_wrong' : 'hardest.tile_right', facts),
      on: { click: () => choosePicture(this.hub, head.part, row.index) },
    }, canvas,
    el('b', { text: wrong ? `${truth} → ${guess}` : `${truth} ✓` }),
    el('small', { text: text('hardest.loss', { loss: significant(row.loss) }) }),
    el('small', { text: text('hardest.share', { share: percent(row.share) }) }));
  }

  /** The picture that all parts look at, where it is among these. */
  markChosen(hub) {
    const { part, index } = chosenPicture(hub) ?? {};
    const chosen = part === this.study.head.part ? index : null;
    if (chosen === this.chosen) return;
    this.chosen = chosen;
    for (const node of this.list.children) node.setAttribute('aria-pressed', String(Number(node.dataset.index) === chosen));
  }

  save() {
    const { context: { text, theme }, list, study: { head } } = this;
    if (!head) return;
    const nodes = [...list.children];
    const across = Math.min(12, nodes.length || 1);
    const side = 84;
    const title = `${text('analysis.hardest')} · ${this.facts.textContent}`;
    return savePng({
      name: fileName('hardest', head), title, theme, width: Math.max(600, across * side + 12), height: Math.ceil(nodes.length / across) * (side + 22) + 8,
    }, (canvas) => {
      canvas.imageSmoothingEnabled = false;
      canvas.font = `11px ${theme.font}`;
      canvas.fillStyle = theme.text;
      nodes.forEach((node, i) => {
        const [x, y] = [(i % across) * side + 8, Math.floor(i / across) * (side + 22)];
        canvas.drawImage(node.querySelector('canvas'), x, y, side - 8, side - 8);
        canvas.fillText(node.querySelector('b').textContent, x, y + side + 4, side - 8);
      });
    });
  }

  destroy() {}
}
