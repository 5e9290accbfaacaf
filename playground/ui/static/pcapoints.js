/** The brushed points as a table: their columns, what is true of them, what is predicted, the loss. */

import { selectionOf } from './brush.js';
import { el, setText } from './dom.js';
import { throttled } from './plot.js';
import { pointColor } from './points.js';
import { className, isRegression } from './scene.js';
import { percent, significant } from './words.js';

const MOST = 64; // rows that the server tells

export class BrushedTable {
  constructor(context, body) {
    this.context = context;
    this.hub = context.hub;
    this.draw = throttled(() => this.last && this.fill(this.last));
    this.note = el('p', { class: 'np-caption' });
    this.table = el('div', { class: 'np-brushed', tabindex: '0', role: 'region', 'aria-label': context.text('pca.side_points') });
    body.append(this.note, this.table);
  }

  options() {
    return { brushed: selectionOf(this.hub).places(MOST) };
  }

  paint(hub, head) {
    const selection = selectionOf(hub);
    const { text } = this.context;
    if (selection.version !== this.version) {
      this.version = selection.version;
      hub.option('pca', this.options());
    }
    this.table.hidden = !selection.size;
    const wrong = selection.wrong();
    setText(this.note, !selection.size ? text('pca.nothing_brushed')
      : [
        wrong === null ? text('brush.count', { count: selection.size })
          : text('brush.count_wrong', { count: selection.size, wrong }),
        selection.size > MOST ? text('pca.table_cut', { count: MOST }) : '',
      ].filter(Boolean).join(' · '));
    if (!selection.size || !head.table) return;
    this.last = head.table;
    this.draw();
  }

  fill({ columns, target, rows }) {
    const { text } = this.context;
    const { scene } = this.hub;
    const key = JSON.stringify([columns, target, rows.map(({ part, index }) => [part, index]), scene.id]);
    if (key !== this.key) {
      this.key = key;
      this.build(columns, target, rows);
    }
    rows.forEach((row, i) => {
      const { prediction, loss, line } = this.lines[i];
      const share = row.share == null ? '' : ` (${percent(row.share)})`;
      setText(prediction, `${this.value(row.prediction)}${share}`);
      setText(loss, significant(row.loss));
      const wrong = !isRegression(scene) && row.prediction !== row.truth;
      line.classList.toggle('np-wrong', wrong);
      prediction.title = wrong ? text('map.wrong_point') : '';
    });
  }

  value(value) {
    if (value == null) return '–';
    return isRegression(this.hub.scene) ? significant(value) : className(this.hub.scene, value);
  }

  build(columns, target, rows) {
    const { text, theme } = this.context;
    const heads = [text('pca.point'), target || text('pca.truth'), text('map.predicted'), text('pca.loss'), ...columns];
    const names = ['', text('pca.truth'), '', text('pca.loss_tip')];
    this.lines = rows.map((row) => {
      const swatch = el('i', { class: row.part === 'test' ? 'np-swatch np-square' : 'np-swatch' });
      swatch.style.background = pointColor(this.hub.scene, theme, row.truth);
      const prediction = el('td');
      const loss = el('td');
      const number = row.index + 1;
      const name = row.part === 'test' ? text('pca.test_row', { number }) : text('pca.train_row', { number });
      const line = el('tr', {}, el('th', { scope: 'row' }, swatch, el('span', { text: name })),
        el('td', { text: this.value(row.truth) }), prediction, loss,
        ...row.values.map((value) => el('td', { text: significant(value) })));
      return { line, prediction, loss };
    });
    this.table.replaceChildren(el('table', { class: 'np-scores' },
      el('thead', {}, el('tr', {}, ...heads.map((name, i) =>
        el('th', { scope: 'col', text: name, title: names[i] || name })))),
      el('tbody', {}, ...this.lines.map(({ line }) => line))));
  }

  themed() {
    this.key = '';
  }

  destroy() {
    this.draw.cancel();
  }
}
