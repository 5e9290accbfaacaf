/** How far a sweep is, how long it will still take, and the buttons that hold it. */

import { el, setText } from '../dom.js';
import { Notices } from '../notices.js';
import { button } from './kit.js';
import { timeWords } from './sweep_words.js';

const PARTS = ['done', 'pruned', 'failed', 'running'];
const MARKS_MS = 20_000; // over which the pace is counted
const LEAST = 3; // trials that must have ended for a pace

export class ProgressBar {
  constructor(context, results) {
    Object.assign(this, { context, results });
    const { text, hub } = context;
    this.play = button(text('sweep.pause'), () => hub?.send({ type: this.does }), { class: 'np-toggle np-main' });
    this.cancel = button(text('sweep.cancel'), () => hub?.send({ type: 'reset' }), { title: text('sweep.cancel_tip') });
    this.keep = button(text('sweep.keep'), () => this.setKeep(), { title: text('sweep.keep_tip'), 'aria-pressed': 'false' });
    this.bars = PARTS.map((name) => el('i', { class: `np-s-part np-s-part-${name}` }));
    this.track = el('div', { class: 'np-s-progress', role: 'progressbar', 'aria-valuemin': 0, 'aria-label': text('sweep.progress') }, ...this.bars);
    this.state = el('b', { class: 'np-s-state' });
    this.counts = el('span', { class: 'np-s-counts' });
    this.left = el('span', { class: 'np-s-left' });
    this.about = el('p', { class: 'np-caption' });
    this.said = el('ul', { class: 'np-s-said', role: 'status' });
    this.node = el('section', { class: 'np-s-bar-box np-s-card', 'aria-label': text('sweep.progress') },
      el('div', { class: 'np-s-controls' }, this.play, this.cancel, this.keep,
        el('span', { class: 'np-s-words', role: 'status' }, this.state), this.counts, this.left),
      this.track, this.about, this.said);
    if (hub) this.notices = new Notices({ ...context, root: this.node });
    this.marks = [];
    this.does = 'pause';
  }

  begin(sweep) {
    const { text } = this.context;
    this.marks = [];
    setText(this.about, [text(`sweep.method_${sweep.method}`), sweep.knobs.map(({ name }) => name).join(' × '),
      text('sweep.about', { starts: sweep.starts, epochs: sweep.epochs, metric: text(`sweep.metric_${sweep.metric}`) }),
      ...(sweep.other ? [text('sweep.other')] : [])].join(' · '));
  }

  setKeep() {
    const { hub } = this.context;
    hub.setKeep(!hub.keep);
    this.keep.setAttribute('aria-pressed', String(hub.keep));
  }

  paint(hub) {
    this.notices?.paint(hub);
    const { header } = hub;
    if (!header) return;
    const { text } = this.context;
    const { progress } = header;
    if (!progress) return setText(this.state, text(header.state === 'failed' ? 'sweep.state_failed' : 'sweep.state_waiting'));
    const ended = progress.finished >= progress.planned;
    const state = ended ? 'done' : header.state === 'running' ? 'running' : header.state === 'failed' ? 'failed' : 'paused';
    this.play.hidden = this.cancel.hidden = ended;
    this.does = state === 'running' ? 'pause' : 'play'; // what is read on it
    setText(this.play, text(state === 'running' ? 'sweep.pause' : 'sweep.resume'));
    this.cancel.disabled = state !== 'running' && !progress.running;
    Object.assign(this.node.dataset, { state, finished: progress.finished, running: progress.running });
    setText(this.state, text(`sweep.state_${state}`));
    setText(this.counts, text('sweep.counts', {
      finished: progress.finished, planned: progress.planned, running: progress.running, pruned: progress.pruned, failed: progress.failed,
    }));
    this.showSaid(progress.notices);
    this.showTrack(progress);
    this.showLeft(progress, state);
    this.keep.hidden = ended;
    const { hub: own } = this.context;
    if (header.keep !== undefined && performance.now() - (own.keepChosen ?? -1e9) > 1500) {
      own.keep = header.keep;
      this.keep.setAttribute('aria-pressed', String(header.keep));
    }
  }

  /** What became of workers and of those who hand out work. */
  showSaid(notices) {
    const { text } = this.context;
    const said = notices.map(({ code, params }) => text(`errors.${code}`, params));
    if (String(said) === this.told) return;
    this.told = String(said);
    this.said.replaceChildren(...said.map((sentence) => el('li', { text: sentence })));
  }

  showTrack({ planned, finished, running, pruned, failed }) {
    const parts = { done: finished - pruned - failed, pruned, failed, running };
    PARTS.forEach((name, i) => {
      this.bars[i].style.width = `${(100 * parts[name]) / Math.max(1, planned)}%`;
    });
    this.track.setAttribute('aria-valuemax', String(planned));
    this.track.setAttribute('aria-valuenow', String(finished));
  }

  /** The time left, from how long the trials of the last while have taken. */
  showLeft(progress, state) {
    const { text } = this.context;
    if (state !== 'running') {
      this.marks = [];
      return setText(this.left, '');
    }
    const now = performance.now();
    const last = this.marks.at(-1);
    if (!last || last.finished !== progress.finished) this.marks.push({ now, finished: progress.finished });
    while (this.marks.length > LEAST + 1 && now - this.marks[1].now > MARKS_MS) this.marks.shift();
    const seconds = this.secondsLeft(progress, now);
    setText(this.left, seconds === null ? '' : text('sweep.left', { time: timeWords(text, seconds) }));
  }

  secondsLeft({ planned, finished, workers }, now) {
    const [first] = this.marks;
    const ended = finished - first.finished;
    const rest = planned - finished;
    if (ended >= LEAST) return (rest * (now - first.now)) / 1000 / ended;
    const known = this.results.trials.filter((row) => row.order && row.seconds > 0);
    if (!known.length) return null;
    const mean = known.reduce((sum, row) => sum + row.seconds, 0) / known.length;
    return (rest * mean) / Math.max(1, workers);
  }

  destroy() {
    this.notices?.destroy();
  }
}
