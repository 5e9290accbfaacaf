/**
 * The pen on the map: points painted class by class or with a value, an eraser, and undo.
 *
 * A stroke is seen at once and goes to Python when it ends, as the whole list of painted points:
 * whatever is said twice or overtaken, the last list is the truth. The run takes it in while it
 * trains.
 */

import { el, icon, iconButton, setText, toggle } from './dom.js';
import { pointColor } from './points.js';
import { isRegression } from './scene.js';
import { significant } from './words.js';

const GAP_PX = 11; // between two points of a stroke
const RUB_PX = 12; // reach of the eraser
const PATIENCE_MS = 6000; // for Python to take a stroke in
const VALUE_STEPS = 20;

const round = (value) => Math.round(value * 100) / 100 + 0;

export class Pen {
  /**
   * @param {object} context of the view
   * @param {Axes} axes of the map
   * @param {() => void} onChange the pen was taken or laid down
   */
  constructor(context, axes, onChange) {
    Object.assign(this, { context, axes, onChange, hub: context.hub });
    this.list = []; // [x, y, class or value] of every painted point
    this.past = [];
    this.ink = 1;
    this.rubbing = false;
    const { text } = context;
    this.button = toggle({
      label: text('pen.paint'), tip: text('pen.paint_tip'), pressed: false,
      onChange: (on) => this.take(on),
    });
    this.layer = el('div', { class: 'np-pen-layer', 'aria-hidden': 'true' });
    this.layer.hidden = true;
    axes.host.append(this.layer);
    this.tools = el('div', { class: 'np-pen', role: 'toolbar', 'aria-label': text('pen.tools') });
    this.tools.hidden = true;
    this.listen();
  }

  get on() {
    return !this.layer.hidden;
  }

  take(on) {
    this.layer.hidden = this.tools.hidden = !on;
    this.button.setAttribute('aria-pressed', String(on));
    // The tools stand where the legend was: over the map, they would cover what is to be painted.
    this.context.root.classList.toggle('np-painting', on);
    this.onChange();
  }

  // ---- strokes -------------------------------------------------------------------------------

  listen() {
    const { layer } = this;
    layer.addEventListener('pointerdown', (event) => {
      if (event.button) return;
      layer.setPointerCapture(event.pointerId);
      this.begin();
      this.drag(event);
    });
    layer.addEventListener('pointermove', (event) => {
      event.stopPropagation();
      if (!this.before) return;
      const parts = event.getCoalescedEvents?.() ?? [];
      for (const part of parts.length ? parts : [event]) this.drag(part);
    });
    for (const kind of ['pointerup', 'pointercancel']) {
      layer.addEventListener(kind, () => this.finish());
    }
    // Plotly hears of drags by other events than these.
    for (const kind of ['mousedown', 'touchstart', 'dblclick', 'wheel', 'click']) {
      layer.addEventListener(kind, (event) => event.stopPropagation(), { passive: true });
    }
  }

  begin() {
    this.before = this.list.slice();
    this.last = null;
  }

  drag({ clientX, clientY }) {
    const box = this.layer.getBoundingClientRect();
    const at = { x: clientX - box.left, y: clientY - box.top };
    const inside = at.x >= 0 && at.y >= 0 && at.x <= box.width && at.y <= box.height;
    if (inside) this.touch(at);
  }

  /** Paints or rubs out at a pixel of the map. */
  touch({ x, y }) {
    if (this.rubbing) this.rub(x, y);
    else if (!this.last || Math.hypot(x - this.last.x, y - this.last.y) >= GAP_PX) this.dot(x, y);
  }

  dot(x, y) {
    if (this.list.length >= this.most) return;
    this.last = { x, y };
    this.list = [...this.list, [round(this.axes.fromX(x)), round(this.axes.fromY(y)), this.ink]];
    this.show();
  }

  rub(x, y) {
    const far = ([px, py]) => Math.hypot(this.axes.toX(px) - x, this.axes.toY(py) - y) > RUB_PX;
    const left = this.list.filter(far);
    if (left.length === this.list.length) return;
    this.list = left;
    this.show();
  }

  finish() {
    const { before } = this;
    this.before = null;
    if (!before || JSON.stringify(before) === JSON.stringify(this.list)) return;
    this.past.push(before);
    this.send();
  }

  undo() {
    if (!this.past.length) return;
    this.list = this.past.pop();
    this.show();
    this.send();
  }

  /** By keyboard: what a click at this pixel of the map would do. */
  press(pixel) {
    this.begin();
    this.touch(pixel);
    this.finish();
  }

  send() {
    this.waiting = performance.now() + PATIENCE_MS;
    this.hub.ask({ type: 'paint', points: this.list });
    this.label();
  }

  // ---- what is seen --------------------------------------------------------------------------

  /** Puts the list into the points that the map draws, before the server's own have come. */
  show() {
    const { arrays, scene } = this.hub;
    const train = arrays.points_train;
    if (!train) return;
    const classes = scene.class_names.length;
    const fit = this.list.filter(([, , value]) => !classes || value < classes);
    const base = train.data.subarray(0, 3 * (train.shape[0] - this.used));
    const data = new Float32Array(base.length + 3 * fit.length);
    data.set(base);
    data.set(fit.flat(), base.length);
    this.used = fit.length;
    this.mine = { data, shape: [data.length / 3, 3] };
    arrays.points_train = this.mine;
    this.hub.invalidate();
  }

  /** Follows the scene: its list is the truth, unless a stroke is still on its way. */
  follow() {
    const { scene } = this.hub;
    this.most = this.context.pen ? scene.paint ?? 0 : 0;
    this.button.hidden = !this.most;
    if (!this.most && this.on) this.take(false);
    if (!this.most || scene === this.scene) return;
    this.scene = scene;
    this.used = scene.painted_used;
    const late = JSON.stringify(scene.painted) !== JSON.stringify(this.list);
    if (late && (this.before || performance.now() < (this.waiting ?? 0))) this.show();
    else {
      if (late) this.past = []; // the points were changed elsewhere
      this.waiting = 0;
      this.list = scene.painted;
    }
    this.offer(scene);
  }

  place() {
    const { left, top, width, height } = this.axes.rect;
    const key = `${left}|${top}|${width}|${height}`;
    if (key === this.placed) return;
    this.placed = key;
    this.layer.style.cssText = `left: ${left}px; top: ${top}px; width: ${width}px; height: ${height}px`;
  }

  // ---- tools ---------------------------------------------------------------------------------

  /** The tools for this task: a colour for each class, or a slider of values. */
  offer(scene) {
    const key = JSON.stringify([scene.task, scene.class_names, scene.value_range, this.context.theme.dark]);
    if (key === this.offered) return this.label();
    this.offered = key;
    const { text } = this.context;
    const inks = isRegression(scene) ? this.values(scene) : this.classes(scene);
    this.rubber = el('button', {
      type: 'button', class: 'np-icon np-rubber', 'aria-label': text('pen.eraser'),
      title: text('pen.eraser_tip'), 'aria-pressed': 'false', on: { click: () => this.choose(null) },
    }, icon('eraser'));
    this.back = iconButton({
      name: 'undo', label: text('pen.undo'), tip: text('pen.undo_tip'), onClick: () => this.undo(),
    });
    this.count = el('span', { class: 'np-pen-count', title: text('pen.count_tip') });
    this.tools.replaceChildren(...inks, this.rubber, this.back, this.count);
    this.choose(isRegression(scene) ? round(scene.value_range[1]) : Math.min(1, scene.class_names.length - 1));
  }

  classes(scene) {
    return scene.class_names.map((name, index) => {
      const swatch = el('button', {
        type: 'button', class: 'np-ink', 'aria-label': this.context.text('pen.class', { name }),
        title: this.context.text('pen.class', { name }), 'data-ink': index, 'aria-pressed': 'false',
        on: { click: () => this.choose(index) },
      });
      swatch.style.setProperty('--np-ink', pointColor(scene, this.context.theme, index));
      return swatch;
    });
  }

  values(scene) {
    const [low, high] = scene.value_range;
    this.slider = el('input', {
      type: 'range', class: 'np-ink-value', min: low, max: high, step: (high - low) / VALUE_STEPS,
      'aria-label': this.context.text('pen.value'), title: this.context.text('pen.value'),
      on: { input: () => this.choose(round(Number(this.slider.value))) },
    });
    this.slider.value = high;
    this.sample = el('i', { class: 'np-ink-sample' });
    this.shown = el('span', { class: 'np-pen-count' });
    return [this.slider, this.sample, this.shown];
  }

  /** @param {number|null} ink class or value; null is the eraser */
  choose(ink) {
    this.rubbing = ink === null;
    if (ink !== null) this.ink = ink;
    this.rubber.setAttribute('aria-pressed', String(this.rubbing));
    for (const swatch of this.tools.querySelectorAll('.np-ink')) {
      const pressed = !this.rubbing && Number(swatch.dataset.ink) === this.ink;
      swatch.setAttribute('aria-pressed', String(pressed));
    }
    if (this.sample?.isConnected) {
      this.sample.style.background = pointColor(this.hub.scene, this.context.theme, this.ink);
      setText(this.shown, significant(this.ink));
    }
    this.layer.classList.toggle('np-rubbing', this.rubbing);
    this.label();
  }

  label() {
    setText(this.count, `${this.list.length}/${this.most}`);
    this.back.disabled = !this.past.length;
  }
}
