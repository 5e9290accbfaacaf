/**
 * Slow motion: at a few batches a second, or step by step, the network shows what one batch does:
 * forward, loss, backward, update. Nothing of it runs at higher speeds.
 *
 * A frame brings the weights behind a batch. While its pass is shown, the picture keeps the ones
 * in front of it, until the update, whose flash is the real change between the two frames.
 */

import { css } from './colors.js';
import { el, fitCanvas, setText } from './dom.js';
import { paintChange, paintLoss, paintWave } from './flowpaint.js';
import { significant } from './words.js';

const SLOWEST_SHOWN = 5; // batches a second up to which passes are shown
const STEP_MS = 2600; // of one pass after a click on "one batch"
const RUNNING_MS = [950, 1600]; // shortest and longest pass while training: no faster flashes
/** The phases and the share of a pass at which each ends. */
const PHASES = [['forward', 0.36], ['loss', 0.48], ['backward', 0.78], ['update', 1]];
/** A slow browser takes longer for a pass, but leaves no phase out. */
const LARGEST_STRIDE = 0.06;
const HELD = ['links', 'neurons', 'neuron_scale'];

export class Flow {
  /** @param {object} context of the view @param {HTMLElement} stage @param {HTMLElement} caption */
  constructor(context, stage, caption) {
    this.context = context;
    this.hub = context.hub;
    this.caption = caption;
    this.canvas = el('canvas', { class: 'np-layer np-flow', 'aria-hidden': 'true' });
    this.canvas.hidden = true;
    stage.append(this.canvas);
    this.motion = window.matchMedia('(prefers-reduced-motion: reduce)');
  }

  /** What the picture shows of a hub: the arrays in front of the batch until its update. */
  view(hub) {
    return this.held ? { ...hub, arrays: { ...hub.arrays, ...this.held } } : hub;
  }

  /** Takes note of a frame; a new batch at a slow speed begins a pass. */
  follow(hub, layout) {
    this.layout = layout;
    const { step, state, speed } = hub.header;
    const scene = hub.scene.id;
    const links = hub.arrays.links?.data;
    const last = this.seen;
    if (last?.step === step && last.scene === scene) return;
    // While a pass is shown, its successors wait: the next pass takes their changes together.
    if (this.passing && last.scene === scene && step > last.step && this.slow(state, speed)) return;
    this.seen = { step, scene, links, arrays: pick(hub.arrays) };
    const forward = last && last.scene === scene && step > last.step;
    if (!forward || !links || last.links?.length !== links.length || !this.slow(state, speed) ||
        (state !== 'running' && step - last.step > 1) || this.motion.matches) return this.stop();
    this.begin(last, links, state === 'running' ? speed.limit : null);
  }

  slow(state, speed) {
    if (state !== 'running') return true;
    return speed?.limit != null && speed.limit <= SLOWEST_SHOWN;
  }

  begin(last, links, limit) {
    this.held = last.arrays;
    this.before = last.links;
    this.change = links.map((value, i) => value - last.links[i]);
    this.largest = this.change.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    this.time = limit === null ? STEP_MS
      : Math.min(RUNNING_MS[1], Math.max(RUNNING_MS[0], 920 / limit));
    this.share = 0;
    this.painted = performance.now();
    if (!this.words) {
      this.words = this.caption.textContent;
      this.caption.style.minWidth = `${this.caption.offsetWidth}px`; // what stands beside it rests
    }
    this.canvas.hidden = false;
    this.passing = true;
    cancelAnimationFrame(this.beat);
    this.animate();
  }

  animate() {
    const now = performance.now();
    this.share += Math.min((now - this.painted) / this.time, LARGEST_STRIDE);
    this.painted = now;
    const { share } = this;
    if (share >= 1 || !this.layout) return this.finish();
    const at = PHASES.findIndex(([, end]) => share < end);
    const [phase, end] = PHASES[at];
    const start = at ? PHASES[at - 1][1] : 0;
    if (phase === 'update' && this.held) {
      this.held = null; // the picture takes the new weights
      this.hub.invalidate();
    }
    this.say(phase);
    this.paint(phase, (share - start) / (end - start));
    this.beat = requestAnimationFrame(() => this.animate());
  }

  say(phase) {
    const { text } = this.context;
    if (phase === this.phase) return;
    this.phase = phase;
    this.caption.dataset.phase = phase;
    const loss = significant(this.hub.header?.metrics?.train_loss);
    setText(this.caption, text(`flow.${phase}`, { loss, change: significant(this.largest) }));
  }

  paint(phase, share) {
    const { layout, context: { theme } } = this;
    const context = fitCanvas(this.canvas, layout.width, layout.height);
    context.clearRect(0, 0, layout.width, layout.height);
    const look = { layout, theme, weights: this.before };
    if (phase === 'forward') paintWave(context, look, share, theme.text);
    else if (phase === 'loss') paintLoss(context, look, share);
    else if (phase === 'backward') paintWave(context, look, 1 - share, theme.test);
    else {
      const colors = [css(theme.colors.negative), css(theme.colors.positive)];
      paintChange(context, look, { change: this.change, largest: this.largest, share, colors });
    }
  }

  /** The pass is over; the next one begins where a frame has come in the meantime. */
  finish() {
    this.passing = false;
    const { header, scene, arrays } = this.hub;
    if (header && scene && this.layout && header.step > this.seen.step && header.state === 'running') {
      this.held = null;
      this.follow({ header, scene, arrays }, this.layout);
      if (this.passing) return this.hub.invalidate();
    }
    this.stop();
  }

  stop() {
    if (!this.words) return;
    cancelAnimationFrame(this.beat);
    this.passing = false;
    this.held = this.phase = null;
    this.canvas.hidden = true;
    delete this.caption.dataset.phase;
    setText(this.caption, this.words);
    this.caption.style.minWidth = '';
    this.words = null;
    this.hub.invalidate();
  }

  destroy() {
    cancelAnimationFrame(this.beat);
  }
}

const pick = (arrays) =>
  Object.fromEntries(HELD.filter((name) => arrays[name]).map((name) => [name, arrays[name]]));
