/**
 * How alike layers arrange the points: linear CKA as a table of colours, of the layers now among
 * themselves, or of now against an earlier moment that the visitor holds.
 */

import { css, inkOn, mix, parse } from './colors.js';
import { el, setText } from './dom.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';
import { short } from './words.js';

const CELL = 64;
const SIDE = 130;
const NOW = 'now';

/** What is compared with outlives a remount; the moments are the run's. */
const choices = { against: null };

export function createSimilarity(context, body, tools) {
  return new Similarity(context, body, tools);
}

class Similarity {
  constructor(context, body, tools) {
    this.context = context;
    const { text, hub } = context;
    this.against = el('select', {
      class: 'np-select', 'aria-label': text('similarity.against'), title: text('similarity.against_tip'),
      on: { change: () => this.compare(this.against.value === NOW ? null : Number(this.against.value)) },
    });
    const hold = el('button', {
      type: 'button', class: 'np-toggle', text: text('similarity.hold'), title: text('similarity.hold_tip'),
      on: { click: () => this.hold() },
    });
    tools.append(this.against, hold);
    this.box = el('div', { class: 'np-confusion np-similarity', tabindex: '0', role: 'group', 'aria-label': text('analysis.similarity') });
    body.append(this.box);
    hub.option('similarity', { against: choices.against });
  }

  compare(against) {
    choices.against = against;
    this.context.hub.option('similarity', { against });
  }

  /** Keeps the layers as they are now; what comes is compared with them. */
  hold() {
    const key = 1 + (Date.now() % 900_000_000);
    this.holding = key;
    choices.against = key;
    this.context.hub.option('similarity', { hold: key, against: key });
  }

  paint({ scene, header }) {
    const { similarity } = header;
    if (!similarity) return;
    this.last = similarity;
    // Told once: another run is not to hold its beginning.
    if (this.holding && similarity.held === this.holding) {
      this.holding = null;
      this.context.hub.option('similarity', { hold: 0 });
    }
    this.fillMoments(similarity);
    this.build(scene, similarity);
    const now = JSON.stringify([similarity.values, similarity.epoch]);
    if (now === this.shown && this.fresh === this.key) return;
    this.shown = now;
    this.fresh = this.key;
    this.fill(similarity);
  }

  fillMoments({ moments, against }) {
    const { text } = this.context;
    const key = JSON.stringify(moments);
    if (key !== this.moments) {
      this.moments = key;
      const held = moments.map(([id, epoch]) => [id, text('similarity.held', { epoch: short(epoch) })]);
      this.against.replaceChildren(
        ...[[NOW, text('similarity.now')], [0, text('similarity.start')], ...held]
          .map(([value, label]) => el('option', { value, text: label })));
    }
    if (document.activeElement !== this.against || this.against.value === '') this.against.value = against ?? NOW;
  }

  names(scene, { blocks }) {
    return blocks.map((block) => blockName(this.context.text, scene, block));
  }

  build(scene, similarity) {
    const { text, theme } = this.context;
    const { blocks, against } = similarity;
    const key = `${scene.id}|${blocks}|${against}|${similarity.epoch}|${theme.dark}|${theme.text}`;
    if (key === this.key) return;
    this.key = key;
    const names = this.names(scene, similarity);
    this.titles = names;
    this.cells = [];
    const head = el('tr', {}, el('td'), ...names.map((name) => el('th', { scope: 'col', text: name, title: name })));
    const rows = names.map((name, row) => {
      const cells = names.map((_, column) => el('td', { class: row === column && against != null ? 'np-own' : null }, el('b')));
      this.cells.push(...cells);
      return el('tr', {}, el('th', { scope: 'row', text: name, title: name }), ...cells);
    });
    this.summary = el('caption');
    this.box.replaceChildren(el('table', {}, this.summary,
      el('thead', {},
        el('tr', {}, el('td'), el('th', {
          colspan: names.length, class: 'np-axis', scope: 'colgroup', text: text('similarity.now'),
        })), head),
      el('tbody', {}, ...rows)));
  }

  color(value) {
    const { colors, background } = this.context.theme;
    const ground = mix(colors.middle, parse(background), 0.4);
    return value == null ? ground : mix(ground, colors.positive, value);
  }

  fill({ values, against, epoch, points }) {
    const { text } = this.context;
    const when = against == null ? text('similarity.now') : against === 0
      ? text('similarity.start') : text('similarity.held', { epoch: short(epoch) });
    this.cells.forEach((cell, i) => {
      const [row, column] = [Math.floor(i / this.titles.length), i % this.titles.length];
      const value = values[row][column];
      setText(cell.firstChild, shown(value));
      const color = this.color(value);
      cell.style.background = css(color);
      cell.style.color = inkOn(color);
      cell.title = value == null ? text('similarity.none') : text('similarity.cell', {
        row: this.titles[row], when, column: this.titles[column], value: value.toFixed(3),
      });
    });
    setText(this.summary, against == null
      ? text('similarity.summary', { points }) : text('similarity.summary_held', { points, when }));
  }

  save() {
    if (!this.cells) return;
    const { theme, text, hub } = this.context;
    const side = this.titles.length * CELL;
    const title = `${text('analysis.similarity')} · ${this.summary.textContent} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng(
      { name: fileName('similarity', hub.header), title, width: Math.max(SIDE + side + 12, 460), height: side + 40, theme },
      (canvas) => this.paintOn(canvas));
  }

  paintOn(canvas) {
    const { theme } = this.context;
    const { titles, last: { values } } = this;
    canvas.textBaseline = 'middle';
    canvas.font = `12px ${theme.font}`;
    titles.forEach((name, k) => {
      canvas.fillStyle = theme.text;
      canvas.textAlign = 'center';
      canvas.fillText(name, SIDE + (k + 0.5) * CELL, 16, CELL - 4);
      canvas.textAlign = 'right';
      canvas.fillText(name, SIDE - 8, 30 + (k + 0.5) * CELL, SIDE - 12);
      canvas.textAlign = 'center';
      titles.forEach((_, column) => {
        const color = this.color(values[k][column]);
        canvas.fillStyle = css(color);
        canvas.fillRect(SIDE + column * CELL + 1, 31 + k * CELL, CELL - 2, CELL - 2);
        canvas.fillStyle = inkOn(color);
        canvas.fillText(shown(values[k][column]), SIDE + (column + 0.5) * CELL, 30 + (k + 0.5) * CELL);
      });
    });
  }

  themed() {
    this.key = null;
  }

  destroy() {}
}

/** Two digits, cut off, so that 1.00 says that nothing differs. */
function shown(value) {
  if (value == null) return '–';
  return value > 0.99999 ? '1.00' : (Math.floor(value * 100) / 100).toFixed(2);
}
