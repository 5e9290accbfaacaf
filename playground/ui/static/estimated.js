/**
 * A study that trains other networks: beside its button it says what it would take, and while it
 * runs how far it is and what is left. Its counterpart is core/analysis/estimated.py.
 */

import { el, setText } from './dom.js';
import { Study } from './study.js';
import { count, percent, short } from './words.js';

const SOON = 90; // s, below which minutes say nothing
const LONG = 5400; // s, from which on hours do
const TOLD_MS = 1000; // between two texts, or nobody could read them
const KNOWN = 0.04; // of the way, from which on its pace is known

export class Estimated extends Study {
  /**
   * @param {() => number|null} seconds what it would take now; null while that is not known
   * @param {() => number} [networks] how many would be trained
   */
  constructor(context, name, options, label, seconds, networks = null) {
    super(context, name, options, label);
    this.seconds = seconds;
    this.networks = networks;
    this.timeless = true;
    // Said too often for a live region.
    this.far = el('span', { class: 'np-caption np-study-far' });
    this.bar.after(this.far);
  }

  tell(told) {
    super.tell(told);
    const { text, lang } = this.context;
    if (this.working) {
      if (!this.begun) this.begun = { at: performance.now(), progress: told.progress };
      if (!(performance.now() - this.toldAt < TOLD_MS)) this.sayFar(told.progress);
      return;
    }
    this.begun = null;
    this.toldAt = 0;
    const seconds = told.problem ? null : this.seconds();
    if (seconds == null) return setText(this.far, '');
    const time = this.time(seconds);
    setText(this.far, this.networks ? text('study.takes_for', { networks: count(this.networks(), lang), time }) : text('study.takes', { time }));
  }

  sayFar(progress) {
    const { text } = this.context;
    this.toldAt = performance.now();
    const done = progress - this.begun.progress;
    const share = percent(progress);
    if (done < KNOWN) return setText(this.far, share);
    const left = ((this.toldAt - this.begun.at) / 1000) * ((1 - progress) / done);
    setText(this.far, text('study.far', { share, time: this.time(left) }));
  }

  /** A time as it is spoken of: of few digits. */
  time(seconds) {
    const { text, lang } = this.context;
    if (seconds >= LONG) return text('study.hours', { count: count(seconds / 3600, lang) });
    if (seconds >= SOON) return text('study.minutes', { count: count(seconds / 60, lang) });
    if (seconds < 1) return text('study.moment_short');
    return text('study.seconds', { count: short(Number(seconds.toPrecision(seconds < 10 ? 1 : 2))) });
  }

  /** Why it cannot be asked for, in words; '' where it can. */
  refusal(told) {
    const { refusal } = told ?? {};
    return refusal ? this.context.text(`errors.${refusal.code}`, refusal.params) : '';
  }
}
