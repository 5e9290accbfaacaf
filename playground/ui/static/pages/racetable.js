/** Who leads now: the lanes of a race in numbers. */

import { Beat } from '../beat.js';
import { el, setText } from '../dom.js';
import { accuracy, count, significant } from '../words.js';
import { ahead, colorOf, isLoss, letter, MEASURES, valueAt } from './racelanes.js';

const COLUMNS = ['place', 'epochs', 'steps', 'seconds', 'ms', ...MEASURES, 'reached', 'state'];
const REST_MS = 150;

export class RaceTable {
  /** @param {object} context of the stage @param {{y: string, at: number}} choice measure and threshold */
  constructor(context, choice) {
    Object.assign(this, { context, choice, beat: new Beat(REST_MS) });
    this.node = el('div', { class: 'np-race-table', tabindex: '0', role: 'region', 'aria-label': context.text('race.table') });
    this.said = el('p', { class: 'np-race-leader', role: 'status' });
  }

  build(lanes) {
    const { text } = this.context;
    this.lanes = lanes;
    this.heads = Object.fromEntries(COLUMNS.map((name) => [name, el('th', { scope: 'col', text: text(`race.column_${name}`), title: text(`race.column_${name}_tip`) })]));
    this.rows = lanes.map(({ label }, lane) => {
      const cells = Object.fromEntries(COLUMNS.map((name) => [name, el('td')]));
      const swatch = el('i', { class: 'np-race-swatch' });
      const node = el('tr', {}, el('th', { scope: 'row' }, swatch, el('span', { text: `${letter(lane)} · ${label}` })), ...Object.values(cells));
      return { node, cells, swatch };
    });
    this.node.replaceChildren(el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col', text: text('race.column_lane') }), ...Object.values(this.heads))),
      el('tbody', {}, ...this.rows.map(({ node }) => node))));
    this.beat.reset();
  }

  paint(hub, force = false) {
    if (force) this.beat.reset();
    if (this.beat.due(hub)) this.fill(hub);
  }

  fill({ header, scene, history }) {
    const { text, lang, theme } = this.context;
    const { y, at } = this.choice;
    const places = ranks(header.lanes, y);
    setText(this.heads.reached, text('race.column_reached', { at: this.written(header, y, at) }));
    header.lanes.forEach((lane, index) => {
      const { cells, swatch, node } = this.rows[index];
      swatch.style.background = colorOf(theme, index);
      node.classList.toggle('np-race-first', places[index] === 1);
      setText(cells.place, places[index] == null ? '–' : String(places[index]));
      setText(cells.epochs, lane.epoch >= 100 ? count(lane.epoch, lang) : lane.epoch.toFixed(1));
      setText(cells.steps, count(lane.step, lang));
      setText(cells.seconds, significant(lane.seconds));
      setText(cells.ms, significant(lane.ms_per_step));
      for (const name of MEASURES) setText(cells[name], lane.state === 'diverged' ? '–' : this.written(header, name, lane[name]));
      const moment = reached(history, index, y, at);
      setText(cells.reached, moment ? text('race.reached', { epochs: count(Math.ceil(moment.epochs), lang), seconds: significant(moment.seconds) }) : '–');
      setText(cells.state, lane.state === 'diverged' && lane.notice
        ? text('race.diverged_at', { epoch: lane.notice.params.epoch }) : text(`race.state_${lane.state}`));
      cells.state.title = lane.notice ? text(`errors.${lane.notice.code}`, lane.notice.params) : '';
    });
    const first = places.indexOf(1);
    const second = places.indexOf(2);
    const spoken = (index) => ({ lane: `${letter(index)} · ${this.lanes[index].label}`, value: this.written(header, y, header.lanes[index][y]) });
    const facts = first < 0 ? {} : { ...spoken(first), measure: text(`race.y_${y}`) };
    const level = places.flatMap((place, index) => (place === 1 ? [spoken(index).lane] : []));
    setText(this.said, !header.step || first < 0 ? text('race.ready')
      : level.length > 1 ? text('race.level', { ...facts, lanes: level.join(', ') })
      : second < 0 ? text('race.tied', facts)
        : text('race.leads', { ...facts, second: spoken(second).lane, behind: spoken(second).value }));
    this.hideColumns(scene);
  }

  /** Of another loss in each lane the losses say nothing beside one another. */
  hideColumns({ comparable, tested }) {
    for (const name of MEASURES) {
      const gone = (isLoss(name) && !comparable) || (name.startsWith('test') && !tested);
      this.heads[name].hidden = gone;
      for (const { cells } of this.rows) cells[name].hidden = gone;
    }
  }

  written({ score }, measure, value) {
    if (isLoss(measure) || score === 'r2') return significant(value);
    return accuracy(value);
  }

  destroy() {
    this.beat.stop();
  }
}

/** The place of each lane by a measure, 1 for the one ahead, equal ones alike; null without a number. */
function ranks(lanes, measure) {
  return lanes.map((lane) => (lane.state === 'diverged' || lane[measure] == null ? null
    : 1 + lanes.filter((other) => other.state !== 'diverged' && other[measure] != null && ahead(measure, other[measure], lane[measure])).length));
}

/** When a lane was first seen at a threshold or beyond; null so far. */
function reached(history, lane, measure, at) {
  for (let row = 0; row < history.count; row++) {
    const value = valueAt(history, row, lane, measure);
    if (value === at || ahead(measure, value, at)) {
      return { epochs: valueAt(history, row, lane, 'epochs'), seconds: valueAt(history, row, lane, 'seconds') };
    }
  }
  return null;
}
