/** The chosen picture behind every step of preprocessing, and a few that training makes of it. */

import { el, setText } from '../dom.js';
import { short } from '../words.js';
import { paintPixels, pixelCanvas } from './picturepaint.js';

const REDRAW_MS = 700; // between two draws while the button is held on

export class Steps {
  constructor(context) {
    this.context = context;
    this.draw = 0;
    const { text } = context;
    this.row = el('div', { class: 'np-steps', role: 'group', 'aria-label': text('steps.title'), tabindex: '0' });
    this.again = el('button', {
      type: 'button', class: 'np-toggle', text: text('steps.again'), title: text('steps.again_tip'),
      on: { click: () => this.redraw() },
    });
    this.play = el('button', {
      type: 'button', class: 'np-toggle', text: text('steps.play'), 'aria-pressed': 'false',
      on: { click: () => this.animate(!this.timer) },
    });
    this.tools = el('div', { class: 'np-pad-tools' }, this.again, this.play);
    this.details = el('details', { class: 'np-steps-fold', on: { toggle: () => this.ask() } },
      el('summary', { text: text('steps.title') }), this.row, this.tools);
    this.node = this.details;
    this.cells = [];
  }

  /** Only what is open is computed. */
  ask() {
    if (!this.details.open) this.animate(false);
    this.context.hub.option('output', { steps: this.details.open, draw: this.draw });
  }

  redraw() {
    this.draw += 1;
    this.ask();
  }

  animate(on) {
    clearInterval(this.timer);
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.timer = on && !still ? setInterval(() => this.redraw(), REDRAW_MS) : null;
    if (on && still) this.redraw();
    this.play.setAttribute('aria-pressed', String(Boolean(this.timer)));
  }

  paint(hub) {
    const told = hub.header.output?.steps;
    if (!this.details.open || !told) return;
    const { arrays } = hub;
    const altered = arrays.step_altered;
    const draws = altered && told.altered ? altered.shape[0] : 0;
    this.tools.hidden = !draws;
    this.layOut(told.list.length + draws);
    told.list.forEach((step, place) => {
      const picture = arrays[`step_${place}`];
      if (!picture) return;
      const [channels, height, width] = step.shape;
      const { text } = this.context;
      const size = `${width}×${height}${channels === 3 ? '×3' : ''}`;
      const range = text('steps.range', { low: short(step.low), high: short(step.high) });
      this.cell(place, picture.data, 0, picture.shape, this.name(step.name), `${size} · ${range}`);
    });
    for (let k = 0; k < draws; k++) {
      const shape = altered.shape.slice(1);
      const size = shape[0] * shape[1] * shape[2];
      this.cell(told.list.length + k, altered.data, k * size, shape, this.name('altered'), '');
    }
  }

  name(step) {
    const { text } = this.context;
    return {
      found: text('steps.found'), resize: text('steps.resize'), colors: text('steps.colors'), scale: text('steps.scale'),
      normalize: text('steps.normalize'), altered: text('steps.altered'),
    }[step];
  }

  layOut(count) {
    if (this.cells.length === count) return;
    this.cells = Array.from({ length: count }, () => {
      const canvas = pixelCanvas({ role: 'img' });
      const [name, facts] = [el('span', { class: 'np-step-name' }), el('span', { class: 'np-step-facts' })];
      return { canvas, name, facts, node: el('figure', { class: 'np-step' }, canvas, el('figcaption', {}, name, facts)) };
    });
    this.row.replaceChildren(...this.cells.map(({ node }) => node));
  }

  cell(place, data, offset, shape, name, facts) {
    const { canvas, ...texts } = this.cells[place];
    paintPixels(canvas, data, offset, shape);
    setText(texts.name, name);
    setText(texts.facts, facts);
    const alt = `${name} ${facts}`;
    if (canvas.getAttribute('aria-label') !== alt) canvas.setAttribute('aria-label', alt);
  }

  destroy() {
    this.animate(false);
  }
}
