/**
 * A view's part in a computation that takes longer than a frame: asks for it, shows how far it is,
 * gives it up, and keeps the newest result. Its counterpart is core/analysis/study.py; the arrays
 * of a result bear the view's name in front: landscape_loss.
 */

import { el, setText } from './dom.js';
import { Paced } from './paced.js';
import { count } from './words.js';

/** What was asked for in each view; it outlives the view, so that reopening computes nothing anew. */
const asked = {};

export class Study extends Paced {
  /**
   * @param {string} name of the view
   * @param {() => object} options what the computation is asked with; plain values
   * @param {string} label of the button that asks
   */
  constructor(context, name, options, label) {
    super(context, name);
    this.options = options;
    this.timeless = false; // the result is of no moment of the run
    const { text } = context;
    this.button = el('button', { type: 'button', class: 'np-toggle', text: label, on: { click: () => this.click() } });
    this.labels = { ask: label, cancel: text('study.cancel') };
    this.bar = el('progress', { class: 'np-progress', max: '1', 'aria-label': text('study.progress') });
    this.note = el('span', { class: 'np-caption', role: 'status' });
    this.node = el('div', { class: 'np-study' }, this.button, this.bar, this.note);
    this.bar.hidden = true;
    asked[name] ??= { round: 0 };
    context.hub.option(name, { ...asked[name].options, round: asked[name].round, cancel: false, have: 0 });
  }

  get round() {
    return asked[this.name].round;
  }

  /** Asks anew, with what the view's options are now. */
  ask() {
    const mine = asked[this.name];
    mine.round += 1;
    mine.options = this.options();
    this.context.hub.option(this.name, { ...mine.options, round: mine.round, cancel: false });
    this.working = true;
    this.context.hub.invalidate();
  }

  click() {
    if (this.working) this.context.hub.option(this.name, { cancel: true });
    else this.ask();
  }

  /** @returns {boolean} whether there is a result that was not there at the last call */
  paint(hub) {
    const told = hub.header.studies?.[this.name];
    if (!told) return false;
    this.tell(told);
    return this.take(hub);
  }

  tell({ round, state, progress, epoch, version, problem }) {
    const { text, lang } = this.context;
    this.working = round !== this.round ? this.round > 0 : state === 'working';
    this.bar.hidden = !this.working;
    if (this.working) this.bar.value = progress;
    setText(this.button, this.working ? this.labels.cancel : this.labels.ask);
    const said = problem
      ? text(`errors.${problem.code}`, problem.params)
      : state === 'cancelled' ? text('study.cancelled')
        : version && !this.timeless ? text('study.moment', { epoch: count(epoch, lang) }) : '';
    setText(this.note, said);
  }
}
