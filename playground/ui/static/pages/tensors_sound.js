/** A tensor of samples, to be heard. */

import { el } from '../dom.js';
import { button } from './kit.js';

let speaker = null; // one for the page: browsers allow few, and only after a click

export class Sound {
  constructor(context) {
    this.context = context;
    this.play = button(context.text('tensors.play'), () => this.toggle(), { 'aria-pressed': 'false' });
    this.node = el('div', { class: 'np-t-sound' }, this.play);
    this.node.hidden = true;
  }

  show(samples, rate) {
    this.node.hidden = !samples || !rate;
    if (samples?.data !== this.samples) this.stop();
    this.samples = samples?.data;
    this.rate = rate;
  }

  toggle() {
    if (this.source) return this.stop();
    speaker ??= new AudioContext();
    const buffer = speaker.createBuffer(1, this.samples.length, Math.max(3000, Math.min(this.rate, 192000)));
    buffer.copyToChannel(this.samples, 0);
    this.source = speaker.createBufferSource();
    this.source.buffer = buffer;
    this.source.connect(speaker.destination);
    this.source.onended = () => this.stop();
    this.source.start();
    this.play.setAttribute('aria-pressed', 'true');
    this.play.textContent = this.context.text('tensors.stop');
    return undefined;
  }

  stop() {
    if (!this.source) return;
    this.source.onended = null;
    this.source.stop();
    this.source = null;
    this.play.setAttribute('aria-pressed', 'false');
    this.play.textContent = this.context.text('tensors.play');
  }
}
