/** The confusion matrix: a real table, true classes in rows, predictions in columns. */

import { css, inkOn, mix } from './colors.js';
import { el, setText, toggle } from './dom.js';
import { chooseHardest } from './hardest.js';
import { fileName, savePng } from './png.js';
import { className, isRegression } from './scene.js';
import { count, percent } from './words.js';

const choices = { train: false };
const CELL = 54;
const SIDE = 120;

/** Whether the view shows what the network does on the test points. */
export const confusionOfTest = () => !choices.train;

export function createConfusion(context, body, tools, open) {
  return new Confusion(context, body, tools, open);
}

class Confusion {
  constructor(context, body, tools, open) {
    this.context = context;
    this.open = open;
    const { text } = context;
    const pick = (train) =>
      toggle({
        label: text(train ? 'map.train' : 'map.test'), tip: text(`confusion.${train ? 'train' : 'test'}_tip`),
        pressed: choices.train === train,
        onChange: () => {
          choices.train = train;
          this.key = null;
          this.buttons.forEach((node, i) =>
            node.setAttribute('aria-pressed', String(Boolean(i) === train)));
          context.hub.invalidate();
        },
      });
    this.buttons = [pick(false), pick(true)];
    tools.append(...this.buttons);
    this.box = el('div', { class: 'np-confusion', tabindex: '0', role: 'group', 'aria-label': text('analysis.confusion') });
    body.append(this.box);
  }

  paint({ scene, arrays, header }) {
    const { text } = this.context;
    if (isRegression(scene)) {
      if (this.key !== 'regression') {
        this.key = 'regression';
        this.box.replaceChildren(el('p', { class: 'np-empty', text: text('confusion.regression') }));
      }
      return;
    }
    if (!arrays.confusion) return;
    const { data, shape: [, classes] } = arrays.confusion;
    // Of many classes the most frequent ones are shown, and the others together.
    this.shownClasses = header.confusion?.classes ?? null;
    // Among the others one may be taken for another, so what is right is counted before.
    this.rightCount = header.confusion?.right?.[choices.train ? 0 : 1] ?? null;
    this.box.classList.toggle('np-many', Boolean(this.shownClasses));
    const offset = choices.train ? 0 : classes * classes;
    this.matrix = data.subarray(offset, offset + classes * classes);
    this.classes = classes;
    this.build(scene);
    const now = [...this.matrix].join();
    if (now === this.shown && this.fresh === this.key) return;
    this.shown = now;
    this.fresh = this.key;
    this.fill(scene);
  }

  nameOf(scene, index) {
    if (!this.shownClasses) return className(scene, index);
    return index < this.shownClasses.length
      ? className(scene, this.shownClasses[index]) : this.context.text('confusion.others');
  }

  build(scene) {
    const { text, theme } = this.context;
    const key = `${scene.id}|${scene.class_names}|${choices.train}|${theme.dark}|${theme.text}`;
    if (key === this.key) return;
    this.key = key;
    const names = Array.from({ length: this.classes }, (_, k) => this.nameOf(scene, k));
    this.cells = [];
    const head = el('tr', {}, el('td'), ...names.map((name) => el('th', { scope: 'col', text: name, title: name })));
    const rows = names.map((name, row) => {
      const cells = names.map((_, column) => this.cell(scene, row, column));
      this.cells.push(...cells);
      return el('tr', {}, el('th', { scope: 'row', text: name, title: name }), ...cells);
    });
    this.summary = el('caption');
    this.box.replaceChildren(el('table', {}, this.summary,
      el('thead', {},
        el('tr', {}, el('td'), el('th', { colspan: names.length, class: 'np-axis', scope: 'colgroup', text: text('confusion.predicted') })),
        head),
      el('tbody', {}, ...rows)));
  }

  /** Of pictures a cell is a button that shows its pictures. */
  cell(scene, row, column) {
    const parts = [el('b'), el('small')];
    if (scene.kind !== 'pictures') return el('td', {}, ...parts);
    return el('td', { class: 'np-opens' }, el('button', {
      type: 'button',
      on: {
        click: () => {
          chooseHardest({ part: choices.train ? 'train' : 'test', true: row, predicted: column });
          this.open('hardest');
        },
      },
    }, ...parts));
  }

  share(row, column) {
    let total = 0;
    for (let k = 0; k < this.classes; k++) total += this.matrix[row * this.classes + k];
    return total ? this.matrix[row * this.classes + column] / total : 0;
  }

  color(row, column) {
    const { colors } = this.context.theme;
    const share = this.share(row, column);
    // Confusions are rare, so the root makes a few of them visible.
    return row === column
      ? mix(colors.middle, colors.positive, share)
      : mix(colors.middle, colors.negative, Math.sqrt(share));
  }

  fill(scene) {
    const { text, lang } = this.context;
    const { classes } = this;
    let right = 0;
    let total = 0;
    this.cells.forEach((cell, i) => {
      const row = Math.floor(i / classes);
      const column = i % classes;
      const value = this.matrix[i];
      total += value;
      if (row === column) right += value;
      const holder = cell.querySelector('button') ?? cell;
      setText(holder.firstChild, count(value, lang));
      setText(holder.lastChild, percent(this.share(row, column)));
      const color = this.color(row, column);
      cell.style.background = css(color);
      cell.style.color = inkOn(color);
      const facts = { count: value, true: this.nameOf(scene, row), predicted: this.nameOf(scene, column) };
      cell.title = holder === cell ? text('confusion.cell', facts) : text('confusion.cell_pictures', facts);
      if (holder !== cell) holder.setAttribute('aria-label', cell.title);
    });
    setText(this.summary, text('confusion.summary', {
      set: text(choices.train ? 'map.train' : 'map.test'), right: this.rightCount ?? right, total,
    }));
  }

  save() {
    if (!this.cells) return;
    const { theme, text, hub } = this.context;
    const side = this.classes * CELL;
    const title = `${text('analysis.confusion')} · ${this.summary.textContent}`;
    return savePng(
      { name: fileName('confusion', hub.header), title, width: SIDE + side + 12, height: side + 52, theme },
      (canvas) => this.paintOn(canvas, hub.scene));
  }

  paintOn(canvas, scene) {
    const { theme, text } = this.context;
    canvas.textBaseline = 'middle';
    canvas.fillStyle = theme.muted;
    canvas.font = `12px ${theme.font}`;
    canvas.textAlign = 'center';
    canvas.fillText(text('confusion.predicted'), SIDE + (this.classes * CELL) / 2, 10);
    for (let row = 0; row < this.classes; row++) {
      canvas.fillStyle = theme.text;
      canvas.textAlign = 'center';
      canvas.fillText(this.nameOf(scene, row), SIDE + (row + 0.5) * CELL, 30, CELL - 4);
      canvas.textAlign = 'right';
      canvas.fillText(this.nameOf(scene, row), SIDE - 8, 44 + (row + 0.5) * CELL, SIDE - 12);
      canvas.textAlign = 'center';
      for (let column = 0; column < this.classes; column++) {
        const color = this.color(row, column);
        canvas.fillStyle = css(color);
        canvas.fillRect(SIDE + column * CELL + 1, 44 + row * CELL + 1, CELL - 2, CELL - 2);
        canvas.fillStyle = inkOn(color);
        canvas.fillText(String(this.matrix[row * this.classes + column]),
          SIDE + (column + 0.5) * CELL, 44 + (row + 0.5) * CELL);
      }
    }
  }

  themed() {
    this.key = null;
  }

  destroy() {}
}
