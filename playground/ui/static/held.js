/**
 * Curves that the visitor holds: the measured history of an earlier run stays as pale lines while
 * the experiment changes and starts again, so that networks are compared on one chart.
 */

import { css } from './colors.js';
import { el, icon } from './dom.js';
import { COLUMNS } from './history.js';
import { significant } from './words.js';

export const MOST_HELD = 4;
const MOST_ROWS = 400;
const DASHES = ['dash', 'dashdot', 'longdash', 'dot'];
const SHADES = [1, 0, 2, 5]; // places among the colours of classes that are far apart, and from the test curve's
const MOST_SETTINGS = 3; // in a name
const UNTOLD = new Set(['lang', 'layers', 'lesson']); // of the address

/** What is held outlives a remount, another run and another page of the app, not a reload. */
const held = [];
let taken = 0;

export class Held {
  /**
   * @param {object} context of the view
   * @param {() => void} onChange a curve was taken or let go
   */
  constructor(context, onChange) {
    this.context = context;
    this.onChange = onChange;
    this.node = el('ul', { class: 'np-held', 'aria-label': context.text('held.list') });
    this.paint();
  }

  get curves() {
    return held;
  }

  /** Whether there is something to hold and room for it. */
  canHold(history) {
    return held.length < MOST_HELD && history.count > 1;
  }

  hold({ history, scene, header }) {
    if (!this.canHold(history)) return;
    taken += 1;
    const places = [0, 1, 2, 3].filter((place) => !held.some((curve) => curve.place === place));
    const rows = history.sample(MOST_ROWS, false);
    held.push({
      number: taken, place: places[0], score: header.score, epoch: header.epoch,
      network: networkName(this.context.text, scene), parameters: scene.parameters,
      settings: address(), own: scene.id, length: history.count,
      rows: Float32Array.from(rows.flatMap((row) =>
        Array.from({ length: COLUMNS }, (_, column) => history.value(row, column)))),
    });
    this.changed();
  }

  release(curve) {
    held.splice(held.indexOf(curve), 1);
    this.changed();
  }

  clear() {
    held.length = 0;
    this.changed();
  }

  changed() {
    this.paint();
    this.onChange();
  }

  color(curve) {
    const { colors, dark, text } = this.context.theme;
    return colors.classes?.[SHADES[curve.place]] ? css(colors.classes[SHADES[curve.place]], dark ? 0.85 : 0.9) : text;
  }

  /** What it is called: the network, and the settings in which those on the chart differ. */
  name({ network, settings }) {
    const { text, words } = this.context;
    const all = [address(), ...held.map((curve) => curve.settings)];
    const differs = [...settings].filter(([key, value]) =>
      !UNTOLD.has(key) && words.settings?.[key] && all.some((other) => other.get(key) !== value));
    const told = differs.slice(0, MOST_SETTINGS).map(([key, value]) => {
      const [label, values] = words.settings[key];
      return text('held.setting', { name: label, value: values?.[value] ?? value });
    });
    return [network, ...told].join(' · ');
  }

  paint() {
    const { text } = this.context;
    this.node.hidden = held.length === 0;
    this.node.replaceChildren(...held.map((curve) => {
      const name = this.name(curve);
      const about = text('held.about', {
        name, parameters: curve.parameters, epoch: curve.epoch,
        loss: significant(at(curve, curve.rows.length / COLUMNS - 1, 2)),
      });
      const line = el('i', { class: `np-held-line np-held-${DASHES[curve.place]}` });
      line.style.borderColor = this.color(curve);
      return el('li', { title: about }, line, el('b', { text: curve.number }), el('span', { text: name }),
        el('button', {
          type: 'button', class: 'np-icon', 'aria-label': text('held.release', { number: curve.number, name }),
          title: text('held.release_tip'), on: { click: () => this.release(curve) },
        }, icon('close')));
    }));
  }

  // ---- on the chart --------------------------------------------------------------------------

  /**
   * Plotly's traces of all that is held, under the present curves.
   * @param {number} along the column that is the horizontal axis @param {string} score of the run
   */
  traces(along, score) {
    return held.flatMap((curve) => {
      const x = column(curve, along);
      const color = this.color(curve);
      const line = (y, axis, more) => ({
        type: 'scatter', mode: 'lines', x, y, yaxis: axis, hoverinfo: 'skip',
        line: { color, dash: DASHES[curve.place], width: 1.5, ...more }, opacity: more?.dash ? 0.4 : 0.75,
      });
      const loss = column(curve, 2);
      const thin = { width: 1, dash: 'dot' };
      const traces = [line(column(curve, 1), 'y', thin), line(loss, 'y'), this.label(curve, x, loss, 'y')];
      if (curve.score !== score) return traces;
      const scores = column(curve, 5);
      return [...traces, line(column(curve, 4), 'y2', thin), line(scores, 'y2'),
        this.label(curve, x, scores, 'y2')];
    });
  }

  /** Its number at the line's end, so that colour is not all that tells the lines apart. */
  label(curve, x, y, axis) {
    let last = y.length - 1;
    while (last > 0 && y[last] === null) last -= 1;
    return {
      type: 'scatter', mode: 'text', x: [x[last]], y: [y[last]], yaxis: axis, text: [`<b>${curve.number}</b>`],
      textposition: 'top left', textfont: { size: 12, color: this.context.theme.text }, cliponaxis: false, hoverinfo: 'skip',
    };
  }

  /** The lowest score that is held, for the axis. */
  worst(score) {
    const scores = held.filter((curve) => curve.score === score)
      .flatMap((curve) => [...column(curve, 4), ...column(curve, 5)]);
    return Math.min(1, ...scores.filter((value) => value !== null));
  }

  /** The test loss of each at one place of the axis, as the readout shows it; none beyond its end. */
  values(along, place) {
    return held.map((curve) => {
      const y = interpolated(column(curve, along), column(curve, 2), place);
      if (y === null) return null;
      const label = this.context.text('held.loss', { number: curve.number });
      return { label, value: significant(y), y, color: this.color(curve), axis: 'yaxis' };
    }).filter(Boolean);
  }
}

const at = ({ rows }, row, k) => rows[row * COLUMNS + k];

function column(curve, k) {
  return Array.from({ length: curve.rows.length / COLUMNS }, (_, row) => {
    const value = at(curve, row, k);
    return Number.isFinite(value) ? value : null;
  });
}

/** @returns {number|null} y at a place between two known ones; null outside and at gaps */
export function interpolated(x, y, place) {
  const after = x.findIndex((value) => value !== null && value >= place);
  if (after < 0 || (after === 0 && x[0] !== place)) return null;
  if (x[after] === place) return y[after];
  const [x0, x1, y0, y1] = [x[after - 1], x[after], y[after - 1], y[after]];
  return x0 === null || y0 === null || y1 === null ? null : y0 + ((y1 - y0) * (place - x0)) / (x1 - x0);
}

const address = () => new Map(new URLSearchParams(window.location.search));

/** "Dense 4, 2": the blocks that learn, those of one kind in a row under one name. */
export function networkName(text, { blocks }) {
  const groups = [];
  for (const { kind, units, parameters } of blocks.slice(1, -1)) {
    if (!parameters) continue;
    if (groups.at(-1)?.kind === kind) groups.at(-1).sizes.push(units);
    else groups.push({ kind, sizes: [units] });
  }
  const names = groups.map(({ kind, sizes }) => `${text(`block.${kind}`, { number: '' }).trim()} ${sizes.join('-')}`);
  return names.join(', ') || text('held.no_hidden');
}
