/** "What do I see?": what stands out, each with the number that says so and one thing to try. */

import { el, setText } from './dom.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';
import { count, short, significant } from './words.js';

const ROUND_MS = 1500; // between two questions, while training goes on
const LINE = 22; // pixels of a line in the saved picture
const WIDE = 900;
const LOW = 140;

/** Outlives a remount, so that each question has a number of its own. */
let round = 0;

/** @param {(view: string) => void} open opens another view under the network */
export function createFindings(context, body, tools, open) {
  return new Findings(context, body, open);
}

class Findings {
  constructor(context, body, open) {
    this.context = context;
    this.open = open;
    const { text } = context;
    this.list = el('ul', { class: 'np-found' });
    this.state = el('p', { class: 'np-caption' });
    this.note = el('p', { class: 'np-caption' });
    body.append(el('div', { class: 'np-findings', tabindex: '0', role: 'group', 'aria-label': text('analysis.findings') },
      this.state, this.list, this.note));
    this.next = performance.now() + ROUND_MS;
    this.ask();
  }

  ask() {
    round += 1;
    this.context.hub.want({ round });
    this.next = performance.now() + ROUND_MS;
  }

  paint(hub) {
    const { findings } = hub.header;
    if (!findings) return;
    this.keepUp(hub, findings);
    const key = JSON.stringify([findings.found, findings.step, hub.scene.id, findings.curvature]);
    if (key === this.key) return;
    this.key = key;
    this.fill(hub, findings);
  }

  /** Asks again in a while, where training has gone on since. */
  keepUp(hub, findings) {
    if (findings.step === hub.header.step || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.ask();
    }, Math.max(0, this.next - performance.now()));
  }

  fill({ scene }, { found, step, rules, curvature, limit }) {
    const { text, lang } = this.context;
    const params = { count: found.length, rules, step: count(step, lang) };
    setText(this.state, text(found.length ? 'findings.some' : 'findings.nothing', params));
    setText(this.note, limit == null
      ? text('findings.no_limit')
      : text('findings.curvature', { curvature: significant(curvature), limit: significant(limit) }));
    const rows = found.map((one) => one.rule).join();
    // Buttons that stay the same node keep the focus while their numbers move.
    if (rows !== this.rows || scene.id !== this.scene) {
      this.rows = rows;
      this.scene = scene.id;
      this.items = found.map((one) => this.item(one));
      this.list.replaceChildren(...this.items.map(({ node }) => node));
    }
    found.forEach((one, i) => {
      setText(this.items[i].sentence, text(`findings.${one.rule}`, this.params(one.numbers, scene)));
      this.items[i].button.hidden = !one.remedy;
    });
  }

  item({ rule, view }) {
    const { text, hub } = this.context;
    const sentence = el('p');
    const button = el('button', {
      type: 'button', class: 'np-toggle', text: text(`findings.${rule}_try`), title: text(`findings.${rule}_why`),
      on: { click: () => hub.ask({ type: 'remedy', name: rule }) },
    });
    const link = view && el('button', {
      type: 'button', class: 'np-see', text: text('findings.see', { view: text(`analysis.${view}`) }),
      on: { click: () => this.open(view) },
    });
    const node = el('li', {},
      el('div', {}, el('b', { text: text(`findings.${rule}_name`) }), sentence),
      el('div', { class: 'np-found-do' }, button, link));
    return { node, sentence, button };
  }

  params(numbers, scene) {
    const shown = Object.entries(numbers).map(([key, value]) =>
      [key, typeof value === 'number' && !Number.isInteger(value) ? short(value) : value]);
    const { block } = numbers;
    return { ...Object.fromEntries(shown), layer: block == null ? '' : blockName(this.context.text, scene, block) };
  }

  save() {
    if (!this.items) return;
    const { theme, text, hub } = this.context;
    const lines = [this.state.textContent, ...this.items.map(({ sentence }) => sentence.textContent), this.note.textContent];
    return savePng(
      { name: fileName('findings', hub.header), title: text('analysis.findings'), width: WIDE, height: Math.max(LOW, lines.length * LINE + 8), theme },
      (context) => {
        context.font = `13px ${theme.font}`;
        context.fillStyle = theme.text;
        context.textAlign = 'left';
        context.textBaseline = 'top';
        lines.forEach((line, i) => context.fillText(line, 12, i * LINE, WIDE - 24));
      });
  }

  themed() {}

  destroy() {
    clearTimeout(this.timer);
  }
}
