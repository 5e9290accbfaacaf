/** What every block costs: parameters, work, time forward and backward, memory; as a table with bars. */

import { el, setText } from './dom.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';
import { Study } from './study.js';
import { significant } from './words.js';

const COLUMNS = ['parameters', 'flops', 'forward', 'backward', 'kept'];
const [FIRST, COLUMN, LINE] = [220, 104, 24]; // px of the saved picture
const UNITS = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
const NEEDS = ['parameters', 'optimizer', 'activations', 'measuring', 'data'];

export function createCosts(context, body, tools) {
  return new Costs(context, body, tools);
}

class Costs {
  constructor(context, body, tools) {
    this.context = context;
    const { text } = context;
    this.study = new Study(context, 'costs', () => ({}), text('costs.measure'));
    this.table = el('div', {
      class: 'np-costs-table', tabindex: '0', role: 'region', 'aria-label': text('analysis.costs'),
    });
    this.memory = el('p', { class: 'np-caption' });
    this.note = el('p', { class: 'np-caption' });
    tools.append(this.study.node);
    body.append(el('div', { class: 'np-costs' }, this.table, this.memory, this.note));
  }

  paint(hub) {
    const fresh = this.study.paint(hub);
    const { scene } = hub;
    if (!this.study.round) this.study.ask(); // whoever opens the view wants to see times
    const key = `${scene.id}|${scene.parameters}|${scene.flops}`;
    if (key !== this.key) this.build(scene, key);
    if (fresh || key !== this.filled) this.fill(scene, key);
  }

  /** The rows of a network; what its blocks learn and compute is known without measuring. */
  build(scene, key) {
    const { text } = this.context;
    this.key = key;
    this.rows = scene.blocks.slice(1).map(({ index, shape, parameters, flops }) => ({
      name: blockName(text, scene, index), shape, index, parameters, flops,
      cells: COLUMNS.map(() => ({ number: el('span'), bar: el('i') })),
    }));
    this.total = COLUMNS.map(() => el('td'));
    const head = COLUMNS.map((name) =>
      el('th', { scope: 'col', text: text(`costs.${name}`), title: text(`costs.${name}_tip`) }));
    const body = this.rows.map(({ name, shape, cells }) => el('tr', {},
      el('th', { scope: 'row' }, el('span', { text: name }), el('small', { text: shape })),
      ...cells.map(({ number, bar }) => el('td', {}, number, bar))));
    this.table.replaceChildren(el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col', text: text('costs.block') }), ...head)),
      el('tbody', {}, ...body),
      el('tfoot', {}, el('tr', {}, el('th', { scope: 'row', text: text('costs.total') }), ...this.total))));
    this.filled = '';
  }

  fill(scene, key) {
    const { text } = this.context;
    const { head } = this.study;
    const measured = head?.rows.length === this.rows.length
      && head.rows.every((row, i) => row.parameters === this.rows[i].parameters && row.flops === this.rows[i].flops);
    this.filled = key;
    COLUMNS.forEach((name, k) => {
      const known = name === 'parameters' || name === 'flops';
      const values = this.rows.map((row, i) => (known ? row[name] : measured ? head.rows[i][name] : null));
      // Forward and backward share one scale.
      const times = measured ? head.rows.flatMap(({ forward, backward }) => [forward, backward]) : [];
      const most = Math.max(...(name === 'forward' || name === 'backward' ? times : values), 1e-12);
      this.rows.forEach(({ cells }, i) => {
        setText(cells[k].number, this.written(name, values[i]));
        cells[k].bar.style.width = `${values[i] ? Math.max(1, (values[i] / most) * 100) : 0}%`;
      });
      const sum = values.includes(null) ? null : values.reduce((all, one) => all + one, 0);
      setText(this.total[k], this.written(name, sum));
    });
    setText(this.note, !measured ? '' : [
      text('costs.batch', { batch: head.batch, device: head.device.toUpperCase() }),
      head.engine === 'dense' ? text('costs.dense') : '',
    ].filter(Boolean).join(' '));
    setText(this.memory, !measured ? '' : text('costs.memory', {
      total: this.size(head.needs.total),
      parts: NEEDS.map((name) => text('costs.need', { name: text(`costs.need_${name}`), size: this.size(head.needs[name]) })).join(text('costs.between')),
    }));
  }

  written(name, value) {
    if (value == null) return '–';
    if (name === 'forward' || name === 'backward') return `${significant(value * 1000)} ms`;
    if (name === 'kept') return this.size(value);
    const [unit, letter] = UNITS.find(([one]) => value >= Math.max(one, 1e4)) ?? [1, ''];
    return `${letter ? significant(value / unit) : value}${letter && ` ${letter}`}`;
  }

  size(bytes) {
    if (bytes < 1024) return `${bytes} B`;
    if (bytes < 1024 ** 2) return `${significant(bytes / 1024)} KB`;
    if (bytes < 1024 ** 3) return `${significant(bytes / 1024 ** 2)} MB`;
    return `${significant(bytes / 1024 ** 3)} GB`;
  }

  /** The table as it stands, as a picture. */
  async save() {
    const { text, theme, hub } = this.context;
    const lines = [...this.rows.map(({ name, shape, cells }) => [`${name}  ${shape}`, ...cells.map(({ number }) => number.textContent)]),
      [text('costs.total'), ...this.total.map((cell) => cell.textContent)]];
    const heads = [text('costs.block'), ...COLUMNS.map((name) => text(`costs.${name}`))];
    const [width, height] = [FIRST + COLUMNS.length * COLUMN, (lines.length + 1) * LINE + 40];
    const title = `${text('analysis.costs')} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    await savePng({ name: fileName('costs', hub.header), title, width, height, theme }, (canvas) => {
      canvas.font = `12px ${theme.font}`;
      [heads, ...lines].forEach((line, row) => line.forEach((word, k) => {
        canvas.fillStyle = row ? theme.text : theme.muted;
        canvas.textAlign = k ? 'right' : 'left';
        canvas.fillText(word, k ? FIRST + k * COLUMN - 12 : 12, row * LINE + 14, (k ? COLUMN : FIRST) - 16);
      }));
      canvas.textAlign = 'left';
      canvas.fillStyle = theme.muted;
      canvas.fillText(this.memory.textContent, 12, height - 24, width - 24);
    });
  }

  themed() {}

  destroy() {}
}
