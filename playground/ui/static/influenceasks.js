/**
 * What is asked of leaving points out: how long every network trains, from how many starts, how many
 * points are left out; and what that would cost, of which no more is proposed than a moment allows.
 */

import { el, offer } from './dom.js';
import { count } from './words.js';

const EPOCHS = { plane: [30, 100, 300, 1000], whole: [1, 3, 10, 30, 100] };
const STARTS = [1, 3, 5];
const POINTS = { plane: [50, 100, 250, 500, 1000], whole: [10, 25, 50, 100, 250, 500] };
const MOST = { plane: 2000, whole: 500 };
const MEASURES = ['test', 'own'];
const MANY = 300; // from so many points of a plane on a part of them is proposed
const USUAL = { plane: 100, whole: 10 }; // epochs
const LONGEST = 30; // epochs that are proposed of whole points
const MOST_PROPOSED = 100; // of them
const AFFORDED = 30; // s of computing that are proposed for them, at most

/** What the visitor chose outlives a change of tab. */
const choice = { epochs: null, starts: 1, points: null, measure: 'test' };

export class Asks {
  /** @param {() => void} changed the visitor chose otherwise */
  constructor(context, tools, changed) {
    this.context = context;
    this.changed = changed;
    const { text } = context;
    this.selects = {
      epochs: this.select('epochs', []),
      starts: this.select('starts', STARTS.map((n) => [n, text(`influence.starts_${n}`)])),
      points: this.select('points', []),
      measure: this.select('measure', MEASURES.map((name) => [name, text(`influence.measure_${name}`)])),
    };
    tools.append(...Object.values(this.selects));
  }

  select(key, options) {
    const { text } = this.context;
    const node = el('select', {
      class: 'np-select', 'aria-label': text(`influence.${key}`), title: text(`influence.${key}_tip`),
      on: {
        change: () => {
          choice[key] = key === 'measure' ? node.value : Number(node.value);
          this.changed();
        },
      },
    }, ...options.map(([value, label]) => el('option', { value, text: label })));
    if (choice[key] != null) node.value = String(choice[key]);
    return node;
  }

  /** @param {object} live the view's header @param {string} kind "plane" or "whole" */
  fill(live, kind) {
    [this.live, this.kind] = [live, kind];
    const { points, cost } = live;
    const key = [points, kind, JSON.stringify(cost), choice.epochs, choice.points, choice.starts].join('|');
    if (key === this.filled) return;
    this.filled = key;
    const { text, lang } = this.context;
    const few = POINTS[kind].filter((n) => n < points);
    const all = points <= MOST[kind] ? [0] : [];
    if (![...few, ...all].includes(choice.points)) choice.points = null;
    const some = text(kind === 'plane' ? 'influence.points_n' : 'influence.examples_n', { count: '{count}' });
    const every = text(kind === 'plane' ? 'influence.points_all' : 'influence.examples_all', { count: '{count}' });
    offer(this.selects.points, [...few, ...all].map((n) =>
      [n, (n ? some : every).replace('{count}', count(n || points, lang))]), this.points);
    this.selects.points.hidden = few.length + all.length < 2;
    offer(this.selects.epochs, EPOCHS[kind].map((n) =>
      [n, text(n === 1 ? 'influence.epoch' : 'influence.epochs_n', { count: count(n, lang) })]), this.epochs);
  }

  get measure() {
    return choice.measure;
  }

  get epochs() {
    return EPOCHS[this.kind].includes(choice.epochs) ? choice.epochs : this.proposed().epochs;
  }

  /** How many points are asked for, 0 standing for all. */
  get points() {
    return choice.points ?? this.proposed().points;
  }

  asked() {
    return { epochs: this.epochs, starts: choice.starts, points: this.points, fresh: true };
  }

  proposed() {
    const { points, cost } = this.live;
    if (this.kind === 'plane') return { epochs: USUAL.plane, points: points > MANY ? 250 : 0 };
    const few = POINTS.whole.filter((n) => n < points && n <= MOST_PROPOSED);
    const least = few[1] ?? few[0] ?? 0;
    if (!cost?.step) return { epochs: USUAL.whole, points: least };
    const affords = (epochs, n) => this.cost(epochs, n) <= AFFORDED;
    const epochs = EPOCHS.whole.findLast((n) => n <= LONGEST && affords(n, least)) ?? EPOCHS.whole[0];
    return { epochs, points: few.findLast((n) => affords(epochs, n)) ?? few[0] ?? 0 };
  }

  /** How many networks that are; of each start one learns from all points. */
  networks(points = this.points) {
    const { points: all } = this.live;
    return (Math.min(points || all, all, MOST[this.kind]) + 1) * choice.starts;
  }

  /** Seconds of computing for so many points; null while that is not known. */
  cost(epochs, points) {
    const { cost } = this.live;
    return cost?.step ? this.networks(points) * (cost.make + epochs * cost.batches * cost.step) : null;
  }

  seconds() {
    return this.live ? this.cost(this.epochs, this.points) : null;
  }
}
