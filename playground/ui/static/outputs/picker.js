/** Pictures of every class to choose the one that is looked at, and the photographs. */

import { el } from '../dom.js';
import { className } from '../scene.js';
import { paintPixels, pixelCanvas } from './picturepaint.js';

export class Picker {
  /**
   * @param {object} context of the view
   * @param {(options: object) => void} onChosen hears of the choice, as options of the sample
   */
  constructor(context, onChosen) {
    Object.assign(this, { context, onChosen, buttons: [] });
    const { text } = context;
    this.list = el('div', { class: 'np-picker', role: 'listbox', tabindex: '0', 'aria-label': text('picker.title') });
    this.list.addEventListener('keydown', (event) => this.key(event));
    this.node = this.list;
  }

  paint(hub) {
    const { scene, arrays } = hub;
    const told = scene?.sheet;
    if (told && arrays.sheet && scene !== this.scene) this.fill(scene, told, arrays.sheet);
    this.mark(hub.header.output?.sample);
  }

  fill(scene, told, sheet) {
    this.scene = scene;
    const shape = sheet.shape.slice(1);
    const size = shape[0] * shape[1] * shape[2];
    const key = told.indices.join();
    const rows = [];
    this.buttons = [];
    told.indices.forEach((index, place) => {
      const label = told.labels[place];
      if (!rows[label]) rows[label] = [];
      const canvas = pixelCanvas();
      paintPixels(canvas, sheet.data, place * size, shape);
      const name = this.context.text('picker.one', { name: className(scene, label), number: rows[label].length + 1 });
      const options = { part: told.part, index };
      rows[label].push(this.button(canvas, name, options, `${told.part}|${index}`));
    });
    const groups = rows.map((row, label) =>
      el('div', { class: 'np-picker-row', role: 'group', 'aria-label': className(scene, label) },
        el('span', { class: 'np-picker-name', text: className(scene, label), title: className(scene, label), 'aria-hidden': 'true' }),
        ...row));
    if (key !== this.filled) this.list.replaceChildren(...groups.filter(Boolean));
    else this.list.replaceChildren(...groups.filter(Boolean));
    this.filled = key;
  }

  button(canvas, name, options, key) {
    const node = el('div', {
      class: 'np-picker-one', role: 'option', 'aria-label': name, title: name, 'aria-selected': 'false', 'data-key': key,
      id: `np-pick-${key.replace('|', '-')}`, on: { click: () => this.choose(node) },
    }, canvas);
    node.options = options;
    this.buttons.push(node);
    return node;
  }

  choose(node) {
    this.onChosen(node.options);
    this.list.setAttribute('aria-activedescendant', node.id);
    node.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  /** Arrows go from picture to picture; up and down from class to class. */
  key(event) {
    const at = this.buttons.findIndex((node) => node.getAttribute('aria-selected') === 'true');
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.buttons.length - 1,
      ArrowDown: this.beyond(at, 1), ArrowUp: this.beyond(at, -1) }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const node = this.buttons[Math.max(0, Math.min(this.buttons.length - 1, next))];
    if (node) this.choose(node);
  }

  /** The picture at the same place of the next row. */
  beyond(at, way) {
    const row = this.buttons[at]?.parentElement;
    const other = way > 0 ? row?.nextElementSibling : row?.previousElementSibling;
    if (!other) return at;
    const place = [...row.querySelectorAll('.np-picker-one')].indexOf(this.buttons[at]);
    const there = other.querySelectorAll('.np-picker-one');
    return this.buttons.indexOf(there[Math.min(place, there.length - 1)]);
  }

  mark(sample) {
    const key = sample && sample.part !== 'own' ? `${sample.part}|${sample.index}` : '';
    if (key === this.marked && this.scene === this.markedScene) return;
    [this.marked, this.markedScene] = [key, this.scene];
    for (const node of this.buttons) node.setAttribute('aria-selected', String(node.dataset.key === key));
  }
}
