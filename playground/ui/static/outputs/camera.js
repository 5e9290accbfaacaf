/**
 * Pictures from a camera: live, where the browser has one and may use it; else a file, which a phone
 * takes with its own camera. Only the middle square leaves the browser, a few times a second.
 */

import { el, setText } from '../dom.js';
import { base64, pixelsOf } from './pad.js';

const SIDE = 48; // px of what is told
const VIEW = 192; // px of what is seen
const TELL_MS = 200;
const CHANNELS = 3;

/** Why there is no picture, by what browsers call it. */
const REASONS = { NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'none', OverconstrainedError: 'none',
  NotReadableError: 'busy', AbortError: 'busy' };

export class Camera {
  /**
   * @param {object} context of the view
   * @param {(options: object) => void} onTaken hears of every picture, as options of the sample
   */
  constructor(context, onTaken) {
    Object.assign(this, { context, onTaken });
    const { text } = context;
    this.canvas = el('canvas', { width: VIEW, height: VIEW, role: 'img', 'aria-label': text('camera.alt') });
    this.video = el('video', { muted: true, playsinline: true, hidden: true, 'aria-hidden': 'true' });
    this.video.muted = true;
    this.still = el('button', {
      type: 'button', class: 'np-toggle', text: text('camera.hold'), 'aria-pressed': 'false',
      on: { click: () => this.hold(!this.held) },
    });
    this.file = el('input', {
      type: 'file', accept: 'image/*', capture: 'environment', class: 'np-camera-input', 'aria-label': text('camera.file'),
      on: { change: () => this.open(this.file.files[0]) },
    });
    const label = el('label', { class: 'np-toggle np-camera-file' }, el('span', { text: text('camera.file') }), this.file);
    this.note = el('p', { class: 'np-caption', role: 'status' });
    this.board = el('div', { class: 'np-pad-board' }, this.canvas, this.video);
    this.tools = el('div', { class: 'np-pad-tools' }, this.still, label);
    this.node = el('div', { class: 'np-pad np-camera' }, this.board, this.tools, this.note);
  }

  async start() {
    this.wanted = true;
    this.say('asking');
    const devices = navigator.mediaDevices;
    if (!devices?.getUserMedia) return this.fail(window.isSecureContext ? 'none' : 'insecure');
    try {
      const stream = await devices.getUserMedia({
        audio: false, video: { facingMode: 'environment', width: { ideal: 320 }, height: { ideal: 240 } },
      });
      if (!this.wanted) return stop(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
    } catch (error) {
      return this.fail(REASONS[error.name] ?? 'none');
    }
    this.hold(false);
    this.say('live');
    this.timer = setInterval(() => this.look(), TELL_MS);
    return undefined;
  }

  fail(reason) {
    this.stop();
    this.say(reason);
    this.still.disabled = true;
  }

  say(what) {
    const { text } = this.context;
    const words = {
      asking: text('camera.asking'), live: text('camera.live'), none: text('camera.none'), denied: text('camera.denied'),
      busy: text('camera.busy'), insecure: text('camera.insecure'), unreadable: text('camera.unreadable'), '': '',
    };
    this.still.disabled = what !== 'live';
    setText(this.note, words[what]);
  }

  hold(held) {
    this.held = held;
    this.still.setAttribute('aria-pressed', String(held));
  }

  look() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (this.held || !width || document.hidden) return;
    this.show(this.video, width, height);
  }

  /** The middle square of a picture, seen and told. */
  show(source, width, height) {
    const side = Math.min(width, height);
    const paper = this.canvas.getContext('2d', { willReadFrequently: true });
    paper.drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, VIEW, VIEW);
    this.onTaken({ own: 'color', pixels: base64(pixelsOf(this.canvas, SIDE, CHANNELS)) });
  }

  /** A picture from a file: the browser reads it, and turns it as the camera meant it. */
  async open(file) {
    if (!file) return;
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      this.say('unreadable');
      return;
    }
    this.stop();
    this.say('');
    this.show(picture, picture.width, picture.height);
    picture.close();
    this.file.value = '';
  }

  stop() {
    this.wanted = false;
    clearInterval(this.timer);
    stop(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  destroy() {
    this.stop();
  }
}

function stop(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}
