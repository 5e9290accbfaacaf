/** What drives a live run: play, one step, one epoch, start again, and the speed. */

import { el, iconButton, setIcon, setText } from './dom.js';
import { count } from './words.js';

/** Stops of the speed slider, in batches a second; the last has no limit. */
const SPEEDS = [1, 5, 25, 200, 2000, null];
const OWN_CHOICE_MS = 1500;

export class Controls {
  /**
   * @param {object} context of the view: its hub, text and lang
   * @param {() => void} [onSeed] adds the button for another seed
   */
  constructor(context, onSeed) {
    this.context = context;
    this.hub = context.hub;
    this.nodes = [this.buttons(onSeed), this.speedControl()];
    this.onKey = (event) => this.key(event);
    document.addEventListener('keydown', this.onKey);
  }

  buttons(onSeed) {
    const { text } = this.context;
    const button = (name, key, onClick, className) => {
      const label = text(`bar.${key}`);
      return iconButton({ name, label, tip: `${label}: ${text(`bar.${key}_tip`)}`, onClick, className });
    };
    this.play = button('play', 'play', () => this.toggle(), 'np-play');
    const command = (type) => () => this.hub.send({ type });
    return el('div', { class: 'np-controls' },
      this.play,
      (this.step = button('step', 'step', command('step'))),
      (this.epoch = button('epoch', 'epoch', command('epoch'))),
      button('reset', 'reset', command('reset')),
      onSeed && button('seed', 'new_seed', onSeed));
  }

  speedControl() {
    const { text } = this.context;
    this.speed = el('input', {
      type: 'range', min: 0, max: SPEEDS.length - 1, step: 1, value: SPEEDS.length - 1,
      'aria-label': text('bar.speed'), title: text('bar.speed_tip'),
      on: { input: () => this.chooseSpeed() },
    });
    this.speedText = el('span', { class: 'np-speed-text' });
    this.showSpeed();
    return el('div', { class: 'np-speed', title: text('bar.speed_tip') },
      el('span', { class: 'np-label', text: text('bar.speed') }), this.speed, this.speedText);
  }

  // ---- commands ------------------------------------------------------------------------------

  running() {
    return this.hub.header?.state === 'running';
  }

  toggle() {
    this.hub.send({ type: this.running() ? 'pause' : 'play' });
  }

  /** The space bar plays and pauses, unless the focus is on something that uses it itself. */
  key(event) {
    if (event.key !== ' ' || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const busy = 'input, textarea, select, button, a, summary, [contenteditable], [role=slider], ' +
      '[role=button], [role=tab], [role=combobox], [role=option], [role=dialog], [role=switch]';
    if (event.target.closest?.(busy)) return;
    event.preventDefault();
    this.toggle();
  }

  chooseSpeed() {
    this.chosen = performance.now();
    this.showSpeed();
    this.hub.send({ type: 'speed', value: SPEEDS[this.speed.value] });
  }

  showSpeed() {
    const { text, lang } = this.context;
    const rate = SPEEDS[this.speed.value];
    const words = rate === null ? text('bar.speed_max')
      : text(rate === 1 ? 'bar.speed_one' : 'bar.speed_value', { rate: count(rate, lang) });
    setText(this.speedText, words);
    this.speed.setAttribute('aria-valuetext', words);
    this.speed.style.setProperty('--np-filled', `${(this.speed.value / (SPEEDS.length - 1)) * 100}%`);
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(header) {
    this.paintPlay(header);
    if (performance.now() - (this.chosen ?? -1e9) > OWN_CHOICE_MS) this.followSpeed(header.speed?.limit);
  }

  /** What one step and one epoch are, for their tips. */
  tell(batch, batches) {
    const { text } = this.context;
    this.step.title = `${text('bar.step')}: ${text('bar.step_tip', { batch })}`;
    this.epoch.title = `${text('bar.epoch')}: ${text('bar.epoch_tip', { batches })}`;
  }

  paintPlay(header) {
    const { text } = this.context;
    const running = header.state === 'running';
    if (this.shownRunning === running) return;
    this.shownRunning = running;
    setIcon(this.play, running ? 'pause' : 'play');
    const key = running ? 'pause' : 'play';
    this.play.setAttribute('aria-label', text(`bar.${key}`));
    this.play.title = `${text(`bar.${key}`)}: ${text(`bar.${key}_tip`)}`;
    this.play.classList.toggle('np-running', running);
  }

  followSpeed(limit) {
    if (limit === undefined) return;
    let nearest = SPEEDS.length - 1;
    if (limit !== null) {
      const away = (stop) => (stop === null ? Infinity : Math.abs(Math.log(stop / limit)));
      SPEEDS.forEach((stop, i) => {
        if (away(stop) < away(SPEEDS[nearest])) nearest = i;
      });
    }
    if (Number(this.speed.value) === nearest) return;
    this.speed.value = nearest;
    this.showSpeed();
  }

  destroy() {
    document.removeEventListener('keydown', this.onKey);
  }
}
