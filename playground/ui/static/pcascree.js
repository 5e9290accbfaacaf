/**
 * How much each component explains, against a stick broken at random; what a component is made of;
 * and whether the components move with the network or stay.
 */

import { el, setText } from './dom.js';
import { largest } from './loadings.js';
import { throttled } from './plot.js';
import { partName } from './scores.js';
import { count, percent, signed } from './words.js';

const ROW_PX = 24; // no smaller: a row is pressed
const PARTS = 5; // units named of one component
const SVG = 'http://www.w3.org/2000/svg';

const choice = { basis: 'frame', moment: 0, epoch: 0, open: 0 };

/** What the view is asked for the components, whatever side of it is open. */
export function basisOptions() {
  const { basis, moment, epoch } = choice;
  return { basis, moment, epoch };
}

export class Scree {
  constructor(context, body) {
    this.context = context;
    this.hub = context.hub;
    this.draw = throttled(() => this.last && this.paintNow());
    this.build(body);
  }

  options() {
    return basisOptions();
  }

  build(body) {
    const { text } = this.context;
    this.basis = el('select', {
      class: 'np-select', 'aria-label': text('pca.basis'), title: text('pca.basis_tip'),
      on: { change: () => this.hold(this.basis.value) },
    }, ...['frame', 'fixed', 'epoch'].map((name) => el('option', { value: name, text: text(`pca.basis_${name}`) })));
    this.basis.value = choice.basis;
    this.again = el('button', {
      type: 'button', class: 'np-toggle', text: text('pca.again'), title: text('pca.again_tip'),
      on: { click: () => this.hold('fixed') },
    });
    this.slider = el('input', {
      type: 'range', class: 'np-range', min: 0, max: 1, step: 'any', 'aria-label': text('pca.epoch'),
      title: text('pca.epoch_tip'),
      on: { input: () => this.setEpoch(Number(this.slider.value)), keydown: (event) => this.step(event) },
    });
    this.held = el('output', { class: 'np-caption' });
    this.rows = el('div', { class: 'np-scree' });
    this.made = el('p', { class: 'np-caption np-made' });
    this.note = el('p', { class: 'np-caption' });
    body.append(
      el('div', { class: 'np-row' }, this.basis, this.again, this.slider, this.held),
      this.note, this.made, this.rows);
  }

  // ---- the basis -----------------------------------------------------------------------------

  hold(basis) {
    if (basis === 'fixed') choice.moment += 1;
    if (basis === 'epoch' && choice.basis !== 'epoch') choice.epoch = this.last?.epochs?.[0] ?? 0;
    choice.basis = basis;
    this.hub.option('pca', this.options());
    this.hub.invalidate();
  }

  setEpoch(epoch) {
    choice.epoch = epoch;
    this.hub.option('pca', this.options());
    this.hub.invalidate();
  }

  /** Arrow keys go by hundredths of the way. */
  step(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const [low, high] = [Number(this.slider.min), Number(this.slider.max)];
    this.slider.value = Math.max(low, Math.min(high, choice.epoch + (by * (high - low)) / 100));
    this.setEpoch(Number(this.slider.value));
  }

  paintBasis({ epochs, basis }) {
    const { text, lang } = this.context;
    const none = !epochs?.length;
    this.basis.options[2].disabled = none;
    this.basis.value = choice.basis;
    this.again.hidden = choice.basis !== 'fixed';
    this.slider.hidden = choice.basis !== 'epoch' || none;
    if (!none) {
      [this.slider.min, this.slider.max] = epochs;
      if (document.activeElement !== this.slider) this.slider.value = choice.epoch;
    }
    const at = basis.epoch == null ? null : count(basis.epoch, lang);
    setText(this.held, at === null ? '' : text('pca.held', { epoch: at }));
    this.slider.setAttribute('aria-valuetext', at ?? '');
  }

  // ---- the components ------------------------------------------------------------------------

  paint(hub, head) {
    this.last = head;
    this.paintBasis(head);
    this.draw();
  }

  paintNow() {
    const { text } = this.context;
    const { ratios, stick = [], rank, units } = this.last;
    if (this.bars?.length !== ratios.length) this.buildRows(ratios.length);
    ratios.forEach((ratio, i) => {
      const { fill, value, node } = this.bars[i];
      fill.style.width = `${((ratio ?? 0) * 100).toFixed(1)}%`;
      setText(value, percent(ratio, ratio < 0.0995 ? 1 : 0));
      node.setAttribute('aria-label', text('pca.bar', {
        number: i + 1, share: percent(ratio, 1), stick: percent(stick[i] ?? 0, 1),
      }));
      node.setAttribute('aria-pressed', String(i === choice.open));
    });
    const path = stick.slice(0, ratios.length)
      .map((share, i) => `${i ? 'L' : 'M'}${(share * 100).toFixed(2)} ${(i + 0.5) * ROW_PX}`).join('');
    this.stick.setAttribute('d', path);
    const above = ratios.findIndex((ratio, i) => !(ratio > (stick[i] ?? 0)));
    const clear = above < 0 ? ratios.length : above;
    const ranked = rank == null ? text('pca.top', { units }) : text('pca.rank', { rank, units });
    setText(this.note, `${text('pca.above', { count: clear })} · ${ranked}`);
    this.paintMade();
  }

  /** The units of the component that is open, with their loadings. */
  paintMade() {
    const { text } = this.context;
    const axes = this.hub.arrays.pca_axes;
    const { units } = this.last;
    const component = Math.min(choice.open, this.last.ratios.length - 1);
    if (!axes || axes.shape[1] !== units || component >= axes.shape[0]) return setText(this.made, '');
    const parts = largest(axes, component, PARTS).map(({ unit, loading }) =>
      `${signed(loading)} ${partName(text, this.hub.scene, this.last, unit)}`);
    setText(this.made, text('pca.made', { number: component + 1, parts: parts.join(' · ') }));
  }

  buildRows(number) {
    const { text } = this.context;
    this.bars = Array.from({ length: number }, (_, i) => {
      const fill = el('i');
      const value = el('b');
      const node = el('button', {
        type: 'button', class: 'np-bar-row', title: text('pca.bar_tip'),
        on: {
          click: () => {
            choice.open = i;
            this.paintNow();
          },
        },
      }, el('span', { text: `PC${i + 1}` }), el('span', { class: 'np-bar-track' }, fill), value);
      return { node, fill, value };
    });
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 100 ${number * ROW_PX}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    this.stick = document.createElementNS(SVG, 'path');
    svg.append(this.stick);
    const key = el('p', { class: 'np-caption np-stick-key' }, el('span', { text: text('pca.explained') }),
      el('i'), el('span', { text: text('pca.stick') }));
    key.title = text('pca.stick_tip');
    this.rows.replaceChildren(key,
      el('div', { class: 'np-scree-rows' }, ...this.bars.map(({ node }) => node), svg));
  }

  destroy() {
    this.draw.cancel();
  }
}
