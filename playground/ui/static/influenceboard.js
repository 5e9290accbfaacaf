/**
 * Pictures, sequences and ratings by what they do to the network, the most harmful first: each has
 * a frame in the colour of its influence, and its number. The arrow keys step through them.
 */

import { el } from './dom.js';
import { influenceColor } from './influencemap.js';
import { answerText, pointFace, readText } from './pointface.js';

const ACROSS = { ArrowLeft: -1, ArrowRight: 1 };
const DOWN = { ArrowUp: -1, ArrowDown: 1 };
const SAVED = { most: 96, across: 12, side: 76, row: 22, width: 620 };

export class InfluenceBoard {
  /**
   * @param {(place: number) => void} choose a point was clicked, or stepped to by the keys
   * @param {{say: Function, value: Function}} words of a point: its sentence, its number
   */
  constructor(context, choose, words) {
    this.context = context;
    this.choose = choose;
    this.words = words;
    this.list = el('div', { class: 'np-influence-board', role: 'group', on: { keydown: (event) => this.key(event) } });
    this.empty = el('p', { class: 'np-empty', text: context.text('influence.board_empty') });
    this.node = el('div', { class: 'np-influence-map np-influence-scroll' }, this.list, this.empty);
  }

  paint({ scene }, picture) {
    this.picture = picture;
    const { theme } = this.context;
    const key = [picture.key, picture.ranked.length, [...picture.leftOut], theme.background].join('|');
    if (key !== this.built) {
      this.built = key;
      this.build(scene);
    }
    this.mark();
  }

  build(scene) {
    const { ranked } = this.picture;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    this.empty.hidden = ranked.length > 0;
    this.list.hidden = !ranked.length;
    this.list.classList.toggle('np-influence-tiles', Boolean(this.picture.arrays.influence_pictures));
    this.list.replaceChildren(...ranked.map((point) => this.tile(scene, point)));
    this.list.setAttribute('aria-label', this.context.text('influence.board', { count: ranked.length }));
    this.list.querySelector(`[data-place="${focused}"]`)?.focus();
  }

  tile(scene, point) {
    const { most, arrays, leftOut } = this.picture;
    const { context } = this;
    const said = this.words.say(scene, point);
    const answer = answerText(scene, point.told);
    const node = el('button', {
      type: 'button', class: 'np-influence-tile', 'data-place': point.place, title: said, 'aria-label': said, tabindex: '-1',
      on: { click: () => this.choose(point.place) },
    }, pointFace(context, point.told, arrays, 'influence', point.row),
    el('b', { text: readText(point.told) ? answer && `→ ${answer}` : `#${point.place + 1}${answer && ` · ${answer}`}` }),
    el('small', { text: this.words.value(point) }));
    node.style.setProperty('--np-influence', influenceColor(context.theme, point, most));
    node.classList.toggle('np-unsure', !point.sure);
    node.classList.toggle('np-left-out', leftOut.has(point.place));
    return node;
  }

  /** The chosen tile, and the one that the tabulator leads to. */
  mark() {
    const { chosen, ranked } = this.picture;
    const reached = chosen?.place ?? ranked[0]?.place;
    for (const node of this.list.children) {
      const place = Number(node.dataset.place);
      node.setAttribute('aria-pressed', String(place === chosen?.place));
      node.tabIndex = place === reached ? 0 : -1;
    }
    if (chosen && chosen.place !== this.shown) {
      const node = this.list.querySelector('[aria-pressed="true"]');
      const [top, bottom] = [node.offsetTop - 4, node.offsetTop + node.offsetHeight + 4];
      this.node.scrollTop = Math.max(Math.min(this.node.scrollTop, top), bottom - this.node.clientHeight);
    }
    this.shown = chosen?.place;
  }

  key(event) {
    const nodes = [...this.list.children];
    const at = nodes.indexOf(document.activeElement);
    const columns = Math.max(1, nodes.findIndex((node) => node.offsetTop > nodes[0].offsetTop));
    const step = ACROSS[event.key] ?? (DOWN[event.key] ?? 0) * columns;
    if (event.key === 'Escape' && this.picture.chosen) this.choose(this.picture.chosen.place);
    else if (!step || at < 0) return;
    else {
      const next = nodes[Math.max(0, Math.min(nodes.length - 1, at + step))];
      if (next !== nodes[at]) {
        next.focus();
        this.choose(Number(next.dataset.place));
      }
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- as a picture --------------------------------------------------------------------------

  get tiles() {
    return [...this.list.children].slice(0, SAVED.most);
  }

  get size() {
    const count = this.tiles.length;
    if (!this.picture?.arrays.influence_pictures) return { width: SAVED.width, height: Math.max(1, count) * SAVED.row + 8 };
    return { width: SAVED.across * SAVED.side + 8, height: Math.ceil(Math.max(1, count) / SAVED.across) * (SAVED.side + 18) + 8 };
  }

  paintOn(canvas) {
    const { theme } = this.context;
    const pictures = this.picture?.arrays.influence_pictures;
    canvas.imageSmoothingEnabled = false;
    canvas.font = `12px ${theme.font}`;
    this.tiles.forEach((node, i) => {
      const color = node.style.getPropertyValue('--np-influence');
      const [name, value] = [node.querySelector('b').textContent, node.querySelector('small').textContent];
      const x = pictures ? (i % SAVED.across) * SAVED.side + 6 : 6;
      const y = pictures ? Math.floor(i / SAVED.across) * (SAVED.side + 18) + 4 : i * SAVED.row + 4;
      canvas.fillStyle = color;
      const face = node.querySelector('canvas');
      if (pictures) {
        canvas.fillRect(x, y, SAVED.side - 10, SAVED.side - 10);
        canvas.drawImage(face, x + 4, y + 4, SAVED.side - 18, SAVED.side - 18);
        canvas.fillStyle = theme.text;
        canvas.fillText(value, x, y + SAVED.side + 3, SAVED.side - 8);
        return;
      }
      canvas.fillRect(x, y, 14, 14);
      canvas.fillStyle = theme.text;
      if (face) canvas.drawImage(face, x + 20, y - 2, 56, 18);
      const read = node.querySelector('.np-face-text')?.textContent ?? '';
      canvas.fillText(`${read} ${name}`, x + (face ? 84 : 20), y + 12, 460);
      canvas.textAlign = 'right';
      canvas.fillText(value, SAVED.width - 8, y + 12);
      canvas.textAlign = 'left';
    });
  }

  themed() {
    this.built = '';
  }

  destroy() {}
}

/** The test points that the chosen one helps most, and those that it harms. */
export function effectsOf(context, scene, chosen, arrays, amount) {
  const { text } = context;
  const { helped = [], harmed = [] } = chosen;
  const tile = (told, i) => {
    const answer = answerText(scene, told);
    const name = [readText(told) || text('influence.test_number', { number: told.index + 1 }), answer].filter(Boolean).join(', ');
    const said = text('influence.say_effect', { name, value: amount(told.gain) });
    return el('li', { class: 'np-influence-effect', title: said, 'aria-label': said },
      pointFace(context, told, arrays, 'influenced', i),
      el('b', { text: answer }), el('small', { text: amount(told.gain) }));
  };
  return [['helped', helped, 0], ['harmed', harmed, helped.length]].map(([name, rows, first]) =>
    el('section', {}, el('h4', { class: 'np-subtitle', text: text(`influence.${name}`) }),
      rows.length ? el('ul', { class: 'np-influence-effects' }, ...rows.map((told, i) => tile(told, first + i)))
        : el('p', { class: 'np-caption', text: text('influence.none') })));
}
