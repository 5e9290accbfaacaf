/**
 * One hub per run token: the connection, the newest state, and the parts that paint it.
 *
 * Frames arrive over a websocket, or by `receive` from the fallback transport. However many
 * arrive, there is one paint per animation frame; the acknowledgement that lets the server send
 * the next frame goes out after that paint, so a slow browser is never flooded.
 */

import { decode } from './frame.js';
import { History } from './history.js';

const RECONNECT_MS = 700;
const RECONNECT_SLOW_MS = 4000;
const OPEN_TRIES = 2;
const UNKNOWN_TOKEN = 4404;
const ELSEWHERE = 4409;
const POLL_GAP_MS = 120;

const hubs = new Map();

/**
 * What is to be said by the fallback transport. A script run may be overtaken, and what it was told
 * is lost or told twice. So commands are numbered, Python obeys each number once and says in its
 * frames how far it came, and what is left is said again.
 */
const said = { commands: [], number: 0, times: 0, at: 0 };
const SAY_AGAIN_MS = 2000;
const PIPE_HEAD = 8; // bytes before the frame: the last number obeyed, and four to align

/** Whether Python has heard of trouble with the transport, and so must hear when it is over. */
let told = false;

/** Shown to tests: what was really painted, and when. */
const seen = { frames: 0, step: 0, epoch: 0, state: null, views: [], times: [] };
window.__playground = seen;

export function hubFor(token, base) {
  if (!hubs.has(token)) hubs.set(token, new Hub(token, base));
  return hubs.get(token);
}

/** Frames of the fallback transport carry no token: they belong to the run shown last. */
export function receiveByPipe(bytes) {
  const hub = [...hubs.values()].at(-1);
  const obeyed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  said.commands = said.commands.filter(({ number }) => number > obeyed);
  hub?.receive(bytes.subarray(PIPE_HEAD));
  if (said.commands.length && performance.now() - said.at > SAY_AGAIN_MS) hub?.say();
}

class Hub {
  constructor(token, base) {
    this.token = token;
    this.base = base;
    this.parts = new Map(); // part -> setters of its component
    this.history = new History();
    this.header = null;
    this.scene = null;
    this.arrays = {};
    this.connection = 'connecting'; // open, retrying, elsewhere, lost, poll
    this.keep = false;
    this.wants = { map: false, neurons: false, analysis: [], block: 0, focus: null, options: {} };
    this.failures = 0;
    this.opened = false;
    this.onVisibility = () => this.send({ type: 'hidden', value: document.hidden });
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  // ---- parts -------------------------------------------------------------------------------

  attach(part, setters, mode) {
    this.parts.set(part, setters);
    if (mode === 'poll') this.usePoll();
    else if (!this.socket && this.connection === 'connecting') this.connect();
    this.invalidate();
  }

  detach(part) {
    this.parts.delete(part);
    setTimeout(() => this.parts.size || this.close(), 400);
  }

  close() {
    if (hubs.get(this.token) !== this) return;
    hubs.delete(this.token);
    document.removeEventListener('visibilitychange', this.onVisibility);
    clearTimeout(this.retry);
    clearTimeout(this.saying);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** The setters that reach Python: the control bar's where there is one. */
  get setters() {
    let found;
    for (const [part, setters] of this.parts) if (!found || part.name === 'bar') found = setters;
    return found;
  }

  // ---- messages to the server --------------------------------------------------------------

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
    else if (this.connection === 'poll') this.enqueue(message);
  }

  enqueue(command) {
    if (command.type === 'ack') return;
    said.number += 1;
    said.commands.push({ number: said.number, command });
    this.saying ??= setTimeout(() => this.say(), POLL_GAP_MS);
  }

  say() {
    clearTimeout(this.saying);
    this.saying = null;
    said.times += 1; // makes it news to Python
    said.at = performance.now();
    this.setters?.setStateValue('commands', { times: said.times, list: said.commands });
  }

  /** Something that alters the Experiment goes to Python, whatever the transport. */
  ask(command) {
    if (this.connection === 'poll') this.enqueue(command);
    else this.setters?.setTriggerValue('command', command);
  }

  setKeep(value) {
    this.keep = value;
    this.keepChosen = performance.now();
    this.send({ type: 'keep', value });
  }

  /** Changes what the server computes for this page, e.g. {focus: [1, 0]}. */
  want(change) {
    const before = JSON.stringify(this.wants);
    Object.assign(this.wants, change);
    if (JSON.stringify(this.wants) === before || this.wanting) return;
    this.wanting = true;
    queueMicrotask(() => {
      this.wanting = false;
      this.send({ type: 'want', value: this.wants });
    });
  }

  /**
   * Changes what one view is computed with, e.g. option('landscape', {round: 2}). The point that is
   * looked at is named as a whole: one of the data leaves nothing of a drawn one.
   */
  option(view, change) {
    const { options } = this.wants;
    const before = view === 'sample' ? {} : options[view];
    this.want({ options: { ...options, [view]: { ...before, ...change } } });
  }

  acknowledge() {
    const { seq, scene_id: scene } = this.header;
    const { version, total } = this.history;
    this.send({ type: 'ack', seq, scene, history: [version, total] });
  }

  // ---- connection --------------------------------------------------------------------------

  connect() {
    const url = new URL(`live/${this.token}`, this.base);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.greet();
    socket.onmessage = (event) => {
      this.carried();
      this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.closed(event.code);
    };
  }

  greet() {
    this.setConnection('open');
    this.send({ type: 'want', value: this.wants });
    if (this.keep) this.send({ type: 'keep', value: true });
    if (document.hidden) this.send({ type: 'hidden', value: true });
    this.send({ type: 'ack', seq: -1, scene: -1, history: [-1, 0] });
  }

  /** A socket that opens may be closed at once, by the server or on the way: frames prove it. */
  carried() {
    this.opened = true;
    this.failures = 0;
    if (!told) return;
    told = false;
    this.setters?.setStateValue('transport', 'ws');
  }

  closed(code) {
    this.socket = null;
    if (code === ELSEWHERE) return this.setConnection('elsewhere');
    if (code === UNKNOWN_TOKEN) {
      this.setConnection('lost');
      return this.tellLost();
    }
    this.failures += 1;
    if (!this.opened && this.failures >= OPEN_TRIES) {
      this.usePoll();
      return this.tell('poll');
    }
    this.setConnection(this.opened ? 'retrying' : 'connecting');
    const wait = this.failures > 8 ? RECONNECT_SLOW_MS : RECONNECT_MS;
    this.retry = setTimeout(() => this.connect(), wait);
  }

  /** Takes the run back from another tab. */
  takeBack() {
    this.setConnection('retrying');
    this.connect();
  }

  usePoll() {
    if (this.connection === 'poll') return;
    this.socket?.close();
    this.socket = null;
    this.setConnection('poll');
    this.send({ type: 'want', value: this.wants });
  }

  tell(transport) {
    told = true;
    this.setters?.setStateValue('transport', transport);
  }

  /** Says it again until there is a new token: Streamlit's own connection may be down as well. */
  tellLost() {
    const page = document.querySelector('[data-test-connection-state]');
    const heard = (page?.dataset.testConnectionState ?? 'CONNECTED') === 'CONNECTED';
    if (heard) this.tell('lost');
    this.retry = setTimeout(() => this.tellLost(), heard ? RECONNECT_SLOW_MS : RECONNECT_MS);
  }

  setConnection(connection) {
    this.connection = connection;
    this.invalidate();
  }

  // ---- frames ------------------------------------------------------------------------------

  receive(bytes) {
    let frame;
    try {
      frame = decode(bytes);
    } catch (error) {
      console.error('unreadable frame', error);
      return;
    }
    this.take(frame);
    this.fresh = true;
    this.invalidate();
  }

  take({ header, arrays }) {
    if (this.header && header.scene_id !== this.header.scene_id) {
      this.history.clear();
      this.arrays = {};
      this.scene = null; // until its frame comes, the parts keep their last picture
    }
    if (header.scene) this.scene = { ...header.scene, id: header.scene_id };
    if (header.history) this.history.merge(header.history, arrays.history?.data ?? new Float32Array());
    Object.assign(this.arrays, arrays);
    if (!header.focus) delete this.arrays.focus;
    if (!header.hands?.cut) delete this.arrays.cut;
    this.header = header;
  }

  /** Asks for one paint in the next animation frame. */
  invalidate() {
    this.scheduled ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.scheduled = null;
    const fresh = this.fresh;
    this.fresh = false;
    for (const part of this.parts.keys()) {
      try {
        part.paint(this);
      } catch (error) {
        // One broken chart must not stop the others, nor the acknowledgement.
        console.error(`painting ${part.name} failed`, error);
      }
    }
    if (!fresh) return;
    const { step, epoch, state, views } = this.header;
    seen.times.push(performance.now());
    if (seen.times.length > 300) seen.times.shift();
    Object.assign(seen, { frames: seen.frames + 1, step, epoch, state, views });
    this.acknowledge();
  }
}
