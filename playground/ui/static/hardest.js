/** The pictures with the greatest loss; a click makes one of them the picture all parts look at. */

import { el, offer, select, setText } from './dom.js';
import { Paced } from './paced.js';
import { fileName, savePng } from './png.js';
import { className, isRegression } from './scene.js';
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
    const list = (key, parse, more) => select({
      label: text(`hardest.${key}`), tip: text(`hardest.${key}_tip`),
      onChange: (value) => this.pick({ [key]: parse(value) }), ...more,
    });
    this.part = list('part', String, {
      options: [['test', text('map.test')], ['train', text('map.train')]], value: choice.part,
    });
    this.true = list('true', Number);
    this.predicted = list('predicted', Number);
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
      const classes = scene.class_names.map((_, k) => [k, text(`hardest.${key}_class`, { name: className(scene, k) })]);
      offer(this[key], [[ANY, any], ...classes], choice[key] < classes.length ? choice[key] : ANY);
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
    const facts = isRegression(scene) ? 'hardest.facts_values' : head.found ? 'hardest.facts' : 'hardest.none';
    setText(this.facts, text(facts, {
      part, total: count(head.total, lang), right: count(head.right ?? 0, lang), mean: significant(head.mean),
      found: count(head.found, lang), shown: head.rows.length, epoch: count(head.epoch, lang),
    }));
    const { hardest_pictures: pictures, hardest_again: again } = this.study.arrays;
    const canvases = (i) => [pictures, again].filter(Boolean).map(({ data, shape: [, ...shape] }) =>
      pictureCanvas(data, shape, i * shape.reduce((product, side) => product * side, 1)));
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.index : null;
    this.list.replaceChildren(...head.rows.map((row, i) => this.tile(scene, head, row, canvases(i))));
    if (focused !== null) this.list.querySelector(`[data-index="${focused}"]`)?.focus();
    this.chosen = null;
  }

  tile(scene, head, row, canvases) {
    const { text } = this.context;
    const loss = text('hardest.loss', { loss: significant(row.loss) });
    const more = { type: 'button', 'data-index': row.index, on: { click: () => choosePicture(this.hub, head.part, row.index) } };
    if (isRegression(scene)) {
      const said = text(canvases.length > 1 ? 'hardest.tile_again' : 'hardest.tile_value', {
        number: row.index + 1, loss: significant(row.loss), truth: significant(row.truth), said: significant(row.prediction),
      });
      return el('button', { ...more, class: 'np-hard', 'aria-label': said, title: said },
        el('span', { class: 'np-hard-pair' }, ...canvases), el('b', { text: text('hardest.number', { number: row.index + 1 }) }), el('small', { text: loss }));
    }
    const [truth, guess] = [className(scene, row.truth), className(scene, row.prediction)];
    const wrong = row.truth !== row.prediction;
    const facts = { truth, guess, share: percent(row.share, 1), own: percent(row.own, 1), loss: significant(row.loss), number: row.index + 1 };
    return el('button', {
      ...more, class: wrong ? 'np-hard np-wrong-hard' : 'np-hard',
      'aria-label': text(wrong ? 'hardest.tile_wrong' : 'hardest.tile_right', facts),
      title: text(wrong ? 'hardest.tile_wrong' : 'hardest.tile_right', facts),
    }, ...canvases,
    el('b', { text: wrong ? `${truth} → ${guess}` : `${truth} ✓` }),
    el('small', { text: loss }),
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
