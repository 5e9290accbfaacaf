/**
 * Of pictures, sequences and ratings, which have no place in a map: those that the networks disagree
 * on most, in a list; a click looks at one, and what all of them say of it stands beside.
 */

import { el, setText } from '../dom.js';
import { pictureCanvas } from '../thumbnails.js';
import { significant } from '../words.js';
import { chips } from './kit.js';
import { answerName, pointName, readText } from './seedsanswers.js';

const PICTURE = 58; // px of a small picture

export class DisputedList {
  /**
   * @param {object} context of the stage
   * @param {{onPoint: (index: number) => void, onMeasure: (measure: string) => void}} calls
   */
  constructor(context, { onPoint, onMeasure }) {
    Object.assign(this, { context, hub: context.hub, onPoint });
    const { text } = context;
    this.measures = chips({ label: text('seeds.measure'), names: ['deviation', 'information'],
      words: (name) => text(name === 'deviation' ? 'seeds.deviation' : 'seeds.information'), onChoose: onMeasure });
    this.list = el('div', { class: 'np-seeds-disputed', role: 'group', 'aria-label': text('seeds.disputed') });
    this.note = el('p', { class: 'np-caption' });
    this.node = el('section', { class: 'np-seeds-card np-seeds-list' },
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('seeds.disputed') }),
        el('div', { class: 'np-tools' }, this.measures.node)),
      this.list, this.note);
    // What is being pointed at does not run away.
    for (const event of ['pointerleave', 'focusout']) this.list.addEventListener(event, () => this.hub.invalidate());
    this.list.addEventListener('keydown', (event) => this.key(event));
  }

  /** The arrow keys go from one to the next. */
  key(event) {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const nodes = [...this.list.children];
    const at = nodes.indexOf(document.activeElement);
    if (!step || at < 0 || !nodes[at + step]) return;
    event.preventDefault();
    event.stopPropagation();
    nodes[at + step].focus();
    nodes[at + step].click();
  }

  paint({ header, scene, arrays }) {
    const { disputed } = header;
    if (!disputed) return;
    const { text } = this.context;
    this.measures.node.hidden = scene.task === 'regression';
    this.measures.show(disputed.measure);
    setText(this.note, text(disputed.part === 'test' ? 'seeds.disputed_test' : 'seeds.disputed_train', { count: disputed.of }));
    const held = this.list.matches(':hover') || this.list.contains(document.activeElement);
    const order = disputed.rows.map(({ index }) => index).join();
    if (scene.id !== this.scene || disputed.measure !== this.measure || (order !== this.order && !held)) {
      Object.assign(this, { scene: scene.id, measure: disputed.measure, order });
      this.build(disputed, scene, arrays.disputed_pictures);
    }
    for (const row of disputed.rows) this.fill(row, disputed, scene);
    for (const node of this.list.children) node.setAttribute('aria-pressed', String(Number(node.dataset.index) === disputed.chosen?.index));
  }

  build({ rows }, scene, pictures) {
    this.list.classList.toggle('np-seeds-pictures', Boolean(pictures));
    this.nodes = new Map();
    const size = pictures ? pictures.shape.slice(1).reduce((product, side) => product * side, 1) : 0;
    this.list.replaceChildren(...rows.map(({ index, read }, i) => {
      const said = el('b');
      const bar = el('i');
      const picture = pictures && pictureCanvas(pictures.data, pictures.shape.slice(1), i * size);
      if (picture) picture.style.width = picture.style.height = `${PICTURE}px`;
      const name = pictures ? null : el('span', { class: 'np-seeds-read', text: readText(read) || pointName(this.context, scene, index) });
      const node = el('button', { type: 'button', class: 'np-seeds-point', 'data-index': index, on: { click: () => this.onPoint(index) } },
        ...(picture ? [picture] : [name]), said, el('span', { class: 'np-seeds-agree' }, bar));
      this.nodes.set(index, { node, said, bar });
      return node;
    }));
  }

  fill(row, { rows, form }, scene) {
    const parts = this.nodes.get(row.index);
    if (!parts) return;
    const most = rows[0].spread || 1;
    const votes = row.agree != null;
    setText(parts.said, votes ? `${row.agree} / ${scene.count}` : `± ${significant(row.spread)}`);
    parts.bar.style.width = `${100 * (votes ? row.agree / scene.count : Math.min(1, row.spread / most))}%`;
    const words = this.describe(row, form, scene);
    if (parts.node.title === words) return;
    parts.node.title = words;
    parts.node.setAttribute('aria-label', words);
  }

  describe({ index, read, said, truth, agree, spread }, form, scene) {
    const { text } = this.context;
    const point = pointName(this.context, scene, index);
    const name = read ? `${point}: ${read}` : point;
    if (agree != null) {
      const [most, right] = [said, truth].map((one) => answerName(one, form, this.context));
      return text('seeds.point_votes', { name, agree, count: scene.count, said: most, truth: right });
    }
    if (said != null) return text('seeds.point_value', { name, said: significant(said), spread: significant(spread), truth: significant(truth) });
    return text('seeds.point_spread', { name, spread: significant(spread) });
  }

  destroy() {}
}
