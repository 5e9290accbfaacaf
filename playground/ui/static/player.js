/**
 * Plays through the stages of a picture, or stands anywhere between two: a button, a slider, the
 * stage's name.
 */

import { el, icon, setIcon, setText } from './dom.js';

const STAGE_MS = 1300; // from one stage to the next while playing, with its rest
const REST = 0.25; // the share of that time for which a stage stands still

export class Player {
  /**
   * @param {{label: string, tip: string, position: () => number, last: () => number,
   *   move: (position: number) => void}} picture `last` is the number of its last stage, below 0
   *   while there is none
   */
  constructor(context, { label, tip, position, last, move }) {
    Object.assign(this, { context, position, last, move });
    const { text } = context;
    this.playing = false;
    this.slider = el('input', {
      type: 'range', min: 0, max: 1, step: 'any', value: 0, class: 'np-range', 'aria-label': label, title: tip,
      on: {
        input: () => this.go(Number(this.slider.value)),
        change: () => this.move(Math.round(this.slider.value * 20) / 20),
        keydown: (event) => this.walk(event),
      },
    });
    this.button = el('button', {
      type: 'button', class: 'np-icon', 'aria-label': text('warp.play'), title: text('warp.play_tip'),
      on: { click: () => (this.playing ? this.stop() : this.start()) },
    }, icon('play'));
    this.name = el('output', { class: 'np-warp-name' });
    this.nodes = [this.button, this.slider, this.name];
  }

  /** Stops and stands elsewhere. */
  go(position) {
    this.stop();
    this.move(position);
  }

  /** Arrow keys of the slider go from stage to stage, not by hundredths. */
  walk(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by || this.last() < 0) return;
    event.preventDefault();
    this.go(by > 0 ? Math.floor(this.position() + by) : Math.ceil(this.position() + by));
  }

  start() {
    const last = this.last();
    if (last < 0) return;
    this.playing = true;
    this.from = this.position() >= last - 0.01 ? 0 : Math.floor(this.position());
    this.began = performance.now();
    this.showPlaying();
    this.animate();
  }

  stop() {
    this.playing = false;
    cancelAnimationFrame(this.beat);
    this.showPlaying();
  }

  showPlaying() {
    const { text } = this.context;
    setIcon(this.button, this.playing ? 'pause' : 'play');
    this.button.setAttribute('aria-label', this.playing ? text('warp.stop') : text('warp.play'));
  }

  animate() {
    if (!this.playing) return;
    const passed = (performance.now() - this.began) / STAGE_MS;
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const stage = this.from + Math.floor(passed);
    this.move(stage + (still ? 0 : ease(Math.max(0, (passed % 1) - REST) / (1 - REST))));
    if (stage >= this.last()) return this.stop();
    this.beat = requestAnimationFrame(() => this.animate());
  }

  /** Shows where the picture stands. */
  paint(name) {
    const position = this.position();
    this.slider.max = this.last();
    if (document.activeElement !== this.slider || Number(this.slider.value) !== position) {
      this.slider.value = position;
    }
    setText(this.name, name);
    this.slider.setAttribute('aria-valuetext', name);
  }
}

const ease = (share) => share * share * (3 - 2 * share);
