/** How good the answers are: a table of scores beside ROC and calibration, or the residuals. */

import { cardHead, Cards, roundStep } from './cards.js';
import { css } from './colors.js';
import { el, setText, toggle } from './dom.js';
import { className, isRegression } from './scene.js';
import { accuracy, count, percent, short, significant } from './words.js';

const choices = { train: false };
const LEFT = 40;
const TOP = 40;
const BOTTOM = 34;
const RIGHT = 8;
const COLUMNS = ['precision', 'recall', 'f1', 'auc'];
const ERRORS = ['r2', 'rmse', 'mae'];
const NEAR = 18; // pixels from the pointer to a point

/** Whether the view shows what the network does on the test points. */
export const metricsOfTest = () => !choices.train;

export function createMetrics(context, body, tools) {
  return new Metrics(context, body, tools);
}

class Metrics {
  constructor(context, body, tools) {
    this.context = context;
    const { text } = context;
    const pick = (train) =>
      toggle({
        label: text(train ? 'map.train' : 'map.test'), tip: text(`metrics.${train ? 'train' : 'test'}_tip`),
        pressed: choices.train === train,
        onChange: () => {
          choices.train = train;
          this.buttons.forEach((node, i) =>
            node.setAttribute('aria-pressed', String(Boolean(i) === train)));
          context.hub.invalidate();
        },
      });
    this.buttons = [pick(false), pick(true)];
    tools.append(...this.buttons);
    this.table = el('div', { class: 'np-scores', tabindex: '0', role: 'group', 'aria-label': text('metrics.table') });
    this.charts = el('div', { class: 'np-score-charts' });
    body.append(el('div', { class: 'np-metrics' }, this.table, this.charts));
    this.extents = new Map();
    this.cards = new Cards(context, this.charts, {
      name: 'metrics', width: 200, height: 220,
      find: (hub) => this.find(hub), paintCard, probeCard,
      describe: (items) => items.map((item) => item.alt).join(' '),
      empty: () => '',
    });
  }

  paint(hub) {
    if (!hub.header.scores) return;
    this.fill(hub);
    this.cards.paint(hub);
  }

  get part() {
    return choices.train ? 'train' : 'test';
  }

  /** The charts of the part that is shown, from the newest frame that has them. */
  find({ header, arrays, scene }) {
    const scores = header.scores?.[this.part];
    if (!scores) return header.scores ? [] : null;
    return isRegression(scene)
      ? [this.residuals(arrays, scores)]
      : [this.roc(header, arrays, scene, scores), this.reliability(arrays, scores)];
  }

  roc(header, arrays, scene, scores) {
    const { text, theme } = this.context;
    const total = scene.class_names.length;
    // Of two classes one curve says all: the other is its mirror image.
    const shown = total === 2 ? [1] : scores.classes.map((_, k) => k);
    const lines = shown
      .filter((k) => scores.classes[k].auc != null && arrays[`roc_${this.part}_${k}`])
      .map((k) => ({
        name: className(scene, k), auc: scores.classes[k].auc, color: theme.colors.classOf(k, total),
        data: arrays[`roc_${this.part}_${k}`].data,
      }));
    const auc = significant(scores.macro.auc);
    return {
      kind: 'roc', title: text('metrics.roc'), note: text('metrics.auc_note', { auc }), lines,
      x: [0, 1], y: [0, 1], xName: text('metrics.false_positive'), yName: text('metrics.true_positive'),
      alt: text('metrics.roc_alt', { set: this.setName(), auc }),
    };
  }

  reliability(arrays, scores) {
    const { text } = this.context;
    const ece = percent(scores.ece, 1);
    return {
      kind: 'calibration', title: text('metrics.calibration'), note: text('metrics.ece_note', { ece }),
      data: arrays[`calibration_${this.part}`]?.data ?? [],
      x: [0, 1], y: [0, 1], xName: text('metrics.confidence'), yName: text('metrics.came_true'),
      alt: text('metrics.calibration_alt', { set: this.setName(), ece }),
    };
  }

  residuals(arrays, scores) {
    const { text, theme } = this.context;
    const data = arrays[`residuals_${this.part}`]?.data ?? [];
    const n = data.length / 2;
    let [low, high, far] = [Infinity, -Infinity, 0];
    for (let i = 0; i < n; i++) {
      low = Math.min(low, data[i]);
      high = Math.max(high, data[i]);
      far = Math.max(far, Math.abs(data[n + i]));
    }
    return {
      kind: 'residuals', title: text('metrics.residuals'), note: text('metrics.residuals_note'), data,
      color: theme.colors.positive, wide: true,
      x: this.steady('x', low, high), y: this.steady('y', -far, far),
      xName: text('metrics.predicted'), yName: text('metrics.residual'),
      alt: text('metrics.residuals_alt', {
        set: this.setName(), rmse: significant(scores.rmse), mae: significant(scores.mae),
      }),
    };
  }

  /** Ends of an axis that grow at once and shrink only when half of them is empty. */
  steady(name, low, high) {
    const now = this.extents.get(`${this.part} ${name}`);
    const range = Math.max(high - low, 1e-9);
    if (now && low >= now[0] && high <= now[1] && range > (now[1] - now[0]) / 2) return now;
    const ends = [low - 0.06 * range, high + 0.06 * range];
    this.extents.set(`${this.part} ${name}`, ends);
    return ends;
  }

  setName() {
    return this.context.text(`map.${this.part}`);
  }

  // ---- the table -----------------------------------------------------------------------------

  fill({ header, scene }) {
    const { text, lang } = this.context;
    const scores = header.scores[this.part];
    const key = `${scene.id}|${this.part}|${Boolean(scores)}`;
    if (key !== this.key) {
      this.key = key;
      this.cells = [];
      this.table.replaceChildren(scores ? this.build(scene) : el('p', { class: 'np-empty', text: text('metrics.none') }));
    }
    if (!scores) return;
    const values = isRegression(scene)
      ? ERRORS.map((name) => significant(scores[name]))
      : [...scores.classes, scores.macro].flatMap((row) =>
        [...COLUMNS.map((name) => significant(row[name])), ...('support' in row ? [count(row.support, lang)] : [])]);
    this.cells.forEach((cell, i) => setText(cell, values[i]));
    setText(this.caption, isRegression(scene)
      ? text('metrics.of_points', { set: this.setName(), total: count(scores.count, lang) })
      : text('metrics.accuracy_of', { set: this.setName(), accuracy: accuracy(scores.accuracy), total: count(scores.count, lang) }));
  }

  build(scene) {
    const { text } = this.context;
    this.caption = el('caption');
    const cell = () => {
      const node = el('td');
      this.cells.push(node);
      return node;
    };
    if (isRegression(scene)) {
      return el('table', {}, this.caption, el('tbody', {}, ...ERRORS.map((name) =>
        el('tr', {}, el('th', { scope: 'row', text: text(`metrics.${name}`), title: text(`metrics.${name}_tip`) }), cell()))));
    }
    const head = [...COLUMNS, 'support'].map((name) =>
      el('th', { scope: 'col', text: text(`metrics.${name}`), title: text(`metrics.${name}_tip`) }));
    const rows = scene.class_names.map((_, k) => {
      const name = className(scene, k);
      return el('tr', {}, el('th', { scope: 'row', text: name, title: name }), ...head.map(cell));
    });
    const macro = el('tr', { class: 'np-macro' },
      el('th', { scope: 'row', text: text('metrics.macro'), title: text('metrics.macro_tip') }), ...COLUMNS.map(cell), el('td'));
    return el('table', {}, this.caption, el('thead', {}, el('tr', {}, el('td'), ...head)), el('tbody', {}, ...rows, macro));
  }

  save() {
    return this.cards.save();
  }

  themed() {
    this.key = null;
  }

  destroy() {}
}

// ---- charts --------------------------------------------------------------------------------------

/** From data to pixels of a card and back. */
function scales({ item, width, height }) {
  const [x0, x1] = item.x;
  const [y0, y1] = item.y;
  const across = width - LEFT - RIGHT;
  const down = height - TOP - BOTTOM;
  return {
    across, down,
    toX: (x) => LEFT + ((x - x0) / (x1 - x0)) * across,
    toY: (y) => TOP + (1 - (y - y0) / (y1 - y0)) * down,
  };
}

function paintCard(context, card, { theme }) {
  const { item, width } = card;
  const scale = scales(card);
  cardHead(context, item.title, [item.note], width, theme);
  paintAxes(context, card, scale, theme);
  if (item.kind === 'roc') paintRoc(context, item, scale, theme);
  else if (item.kind === 'calibration') paintCalibration(context, item, scale, theme);
  else paintResiduals(context, item, scale, theme);
}

function paintAxes(context, { item, width, height }, { across, down, toX, toY }, theme) {
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  context.strokeStyle = theme.faint;
  context.fillStyle = theme.muted;
  context.textAlign = 'right';
  for (const tick of ticks(item.y, 4)) {
    const y = Math.round(toY(tick)) + 0.5;
    context.strokeRect(LEFT, y, across, 0);
    context.fillText(short(tick), LEFT - 5, y + 3.5, LEFT - 6);
  }
  context.textAlign = 'center';
  for (const tick of ticks(item.x, 4)) {
    context.strokeRect(Math.round(toX(tick)) + 0.5, TOP, 0, down);
    context.fillText(short(tick), toX(tick), height - BOTTOM + 14);
  }
  context.fillText(item.xName, LEFT + across / 2, height - 5, width - LEFT);
  context.save();
  context.translate(10, TOP + down / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(item.yName, 0, 0, down);
  context.restore();
}

function ticks([low, high], number) {
  const step = roundStep(high - low, number);
  const found = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9 * step; tick += step) found.push(tick);
  return found;
}

function diagonal(context, { toX, toY }, theme) {
  context.setLineDash([4, 4]);
  context.strokeStyle = theme.line;
  context.beginPath();
  context.moveTo(toX(0), toY(0));
  context.lineTo(toX(1), toY(1));
  context.stroke();
  context.setLineDash([]);
}

function paintRoc(context, item, scale, theme) {
  diagonal(context, scale, theme);
  context.lineWidth = 2;
  context.lineJoin = 'round';
  for (const { data, color } of item.lines) {
    const n = data.length / 2;
    context.strokeStyle = css(color);
    context.beginPath();
    for (let i = 0; i < n; i++) context.lineTo(scale.toX(data[i]), scale.toY(data[n + i]));
    context.stroke();
  }
}

function paintCalibration(context, item, scale, theme) {
  diagonal(context, scale, theme);
  const n = item.data.length / 3;
  const total = item.data.slice(2 * n).reduce((sum, value) => sum + value, 0);
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.beginPath();
  for (let i = 0; i < n; i++) context.lineTo(scale.toX(item.data[i]), scale.toY(item.data[n + i]));
  context.stroke();
  context.fillStyle = theme.accent;
  for (let i = 0; i < n; i++) {
    // The area of a point shows how many stand behind it.
    const size = 2.5 + 5 * Math.sqrt(item.data[2 * n + i] / total);
    context.beginPath();
    context.arc(scale.toX(item.data[i]), scale.toY(item.data[n + i]), size, 0, 2 * Math.PI);
    context.fill();
  }
}

function paintResiduals(context, item, scale, theme) {
  context.strokeStyle = theme.muted;
  context.strokeRect(LEFT, Math.round(scale.toY(0)) + 0.5, scale.across, 0);
  const n = item.data.length / 2;
  context.fillStyle = css(item.color, 0.65);
  for (let i = 0; i < n; i++) {
    context.beginPath();
    context.arc(scale.toX(item.data[i]), scale.toY(item.data[n + i]), 2.5, 0, 2 * Math.PI);
    context.fill();
  }
}

function probeCard(card, x, y, { text }) {
  const { item } = card;
  const scale = scales(card);
  if (x < LEFT || y < TOP - 4) return null;
  if (item.kind === 'roc') return probeRoc(item, scale, x, text);
  const n = item.data.length / (item.kind === 'calibration' ? 3 : 2);
  let best = -1;
  let nearest = NEAR ** 2;
  for (let i = 0; i < n; i++) {
    const off = (scale.toX(item.data[i]) - x) ** 2 + (scale.toY(item.data[n + i]) - y) ** 2;
    if (off < nearest) [best, nearest] = [i, off];
  }
  if (best < 0) return null;
  if (item.kind === 'calibration') {
    return [
      { label: text('metrics.confidence'), value: percent(item.data[best], 1) },
      { label: text('metrics.came_true'), value: percent(item.data[n + best], 1) },
      { label: text('metrics.support'), value: String(Math.round(item.data[2 * n + best])) },
    ];
  }
  return [
    { label: text('metrics.predicted'), value: significant(item.data[best]) },
    { label: text('metrics.residual'), value: significant(item.data[n + best]) },
  ];
}

/** What every curve reaches at the false positive rate under the pointer. */
function probeRoc(item, scale, x, text) {
  const rate = Math.min(Math.max((x - LEFT) / scale.across, 0), 1);
  return [
    { title: true, label: `${item.xName} ${percent(rate)}` },
    ...item.lines.map(({ name, data, color, auc }) => {
      const n = data.length / 2;
      let reached = 0;
      for (let i = 0; i < n && data[i] <= rate; i++) reached = data[n + i];
      return { label: text('metrics.curve', { name, auc: significant(auc) }), value: percent(reached), color: css(color) };
    }),
  ];
}
