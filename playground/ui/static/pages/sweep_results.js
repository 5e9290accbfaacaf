/**
 * What a sweep has found so far, as all its pictures see it: trials, axes, what is filtered, which
 * trial is pointed at.
 *
 * A trial is a row of core/sweep/rows.py: {number, values: {path: value}, status, value, low, high,
 * starts, epochs, seconds …}; `value` is the mean of the metric over its starts. A knob that a
 * trial's optimizer or depth does not have is missing in its values.
 */

import { badness, knobScale, metricScale } from './sweep_scale.js';
import { metricWords } from './sweep_words.js';

const ENDED = new Set(['done', 'pruned', 'diverged', 'failed']);

export class Results {
  /** @param {() => void} onChange something that is drawn has changed */
  constructor(onChange) {
    this.onChange = onChange;
    this.listeners = new Set();
    this.clear();
  }

  clear() {
    Object.assign(this, { trials: [], done: [], best: null, byNumber: new Map(), knobs: [], metric: null, scales: [], brushes: new Map(), pointed: null, ended: 0 });
    this.dropCurves();
    this.score = this.ends = null;
  }

  /**
   * A sweep is told of. Frames of it may have come before: whose trials these are, they say.
   * @param {string} name of the sweep
   */
  begin({ name, knobs, metric, method }) {
    if (name !== this.name) this.clear();
    this.told = name;
    this.brushes.clear();
    Object.assign(this, { knobs, metric, method, scales: knobs.map((knob) => knobScale(knob, method)) });
    this.changed();
  }

  /** A sweep from the beginning of its file. */
  restart(name) {
    Object.assign(this, { name, trials: [], byNumber: new Map(), ended: 0 });
    this.dropCurves();
    this.changed();
  }

  /** Trials that are new or have changed. */
  take(rows) {
    if (!rows.length) return;
    for (const row of rows) {
      if (ENDED.has(row.status)) row.order = this.byNumber.get(row.number)?.order ?? (this.ended += 1);
      const present = this.byNumber.get(row.number);
      if (present) Object.assign(present, row);
      else {
        this.byNumber.set(row.number, row);
        this.trials.push(row);
      }
    }
    this.changed();
  }

  dropCurves() {
    Object.assign(this, { curves: new Map(), curvesTo: 0, behind: false });
  }

  /** Curves of trials that have ended: a few at a time. Returns whether there are new ones. */
  takeCurves({ curves, curves_to: upto, progress }) {
    let fresh = false;
    for (const [number, curve] of curves) {
      if (this.curves.get(number)?.length === curve.length) continue; // the same one again
      this.curves.set(number, curve);
      fresh = true;
    }
    this.curvesTo = Math.max(this.curvesTo, upto);
    this.behind = upto < progress.version;
    return fresh;
  }

  /** Whether what is known of it and its trials are of the same sweep. */
  get whole() {
    return Boolean(this.metric) && this.name === this.told;
  }

  changed() {
    const { trials, metric } = this;
    if (!this.whole) return;
    // Trials that ran to their end, those that can be compared, and the best of them.
    this.done = trials.filter((row) => row.status === 'done' && measured(row));
    this.best = this.done.reduce((best, row) => (best && this.compare(best, row) <= 0 ? best : row), null);
    const found = trials.filter(measured).map((row) => row.value);
    const ends = found.length ? `${Math.min(...found)} ${Math.max(...found)} ${found.length > 1}` : '';
    if (ends !== this.ends) {
      this.ends = ends;
      this.score = metric ? metricScale(found, metric) : null;
      this.range = found.length ? [Math.min(...found), Math.max(...found)] : null;
      for (const tick of this.score?.ticks ?? []) tick.words = metricWords(metric, tick.value);
    }
    this.onChange();
  }

  // ---- what is seen of a trial -------------------------------------------------------------------

  /** 0 the best, 1 the worst, null without a value. */
  bad(row) {
    if (!measured(row)) return null;
    return this.range[0] < this.range[1] ? badness(this.score, this.metric.better, row.value) : 0;
  }

  /** −1 where the first is better, 1 where the second is; what has no value comes last. */
  compare(one, other) {
    if (!measured(one) || !measured(other)) return Number(measured(other)) - Number(measured(one));
    const sign = this.metric.better === 'low' ? 1 : -1;
    return sign * (one.value - other.value) || one.number - other.number;
  }

  // ---- what is filtered --------------------------------------------------------------------------

  /**
   * Keeps only trials within a part of an axis.
   * @param {string} axis a knob's key, or 'metric' @param {[number, number] | null} part shares
   */
  brush(axis, part) {
    if (!part || (part[0] <= 0 && part[1] >= 1)) this.brushes.delete(axis);
    else this.brushes.set(axis, part);
    this.onChange();
  }

  unbrush() {
    this.brushes.clear();
    this.onChange();
  }

  /** Whether a trial lies in every part that was brushed. */
  passes(row) {
    for (const [axis, [low, high]] of this.brushes) {
      const share = this.share(axis, row);
      if (share === null || share < low - 1e-9 || share > high + 1e-9) return false;
    }
    return true;
  }

  /** Where a trial lies on an axis, 0 to 1; null where it has no value there. */
  share(axis, row) {
    if (axis === 'metric') return measured(row) ? (this.score?.place(row.value) ?? null) : null;
    const i = this.knobs.findIndex((knob) => knob.key === axis);
    return this.scales[i]?.place(row.values[axis]) ?? null;
  }

  /** Trials in the order in which they ended. */
  get inOrder() {
    return this.trials.filter((row) => row.order).sort((a, b) => a.order - b.order);
  }

  // ---- which one is pointed at -------------------------------------------------------------------

  /** @param {number | null} number */
  point(number) {
    if (this.pointed === number) return;
    this.pointed = number;
    for (const listener of this.listeners) listener(number);
  }
}

export const measured = (row) => row.value != null && Number.isFinite(row.value);
