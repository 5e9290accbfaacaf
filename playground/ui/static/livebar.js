/** The bar of a page of its own that trains: controls, its own numbers, and what is to be said. */

import { Beat } from './beat.js';
import { Controls } from './controls.js';
import { el, setText } from './dom.js';
import { Notices } from './notices.js';

const NUMBERS_MS = 120;

export class LiveBar {
  /**
   * @param {object} context of the stage
   * @param {{label: string, stats: {key: string, label: string, tip?: string,
   *   value: (hub: object) => string, tipNow?: (hub: object) => string}[]}} options
   *   `tipNow`: a tip that depends on the run
   */
  constructor(context, { label, stats }) {
    this.stats = stats;
    this.beat = new Beat(NUMBERS_MS);
    this.controls = new Controls(context);
    this.tips = stats.map(() => '');
    this.values = stats.map(() => el('dd', { text: '–' }));
    const list = el('dl', { class: 'np-stats' }, ...stats.map(({ key, label: name, tip }, i) =>
      el('div', { class: `np-stat np-stat-${key}`, title: tip }, el('dt', { text: name }), this.values[i])));
    this.node = el('div', { class: 'np-bar np-livebar', role: 'group', 'aria-label': label },
      ...this.controls.nodes, list);
    this.notices = new Notices({ ...context, root: this.node });
  }

  paint(hub) {
    this.notices.paint(hub);
    const { header } = hub;
    if (!header) return;
    this.controls.paint(header);
    this.controls.tell(hub.scene?.batch_size ?? '', header.batches_per_epoch);
    if (!this.beat.due(hub)) return;
    this.stats.forEach(({ value, tipNow }, i) => {
      setText(this.values[i], value(hub));
      const tip = tipNow?.(hub);
      if (tip && tip !== this.tips[i]) this.values[i].parentElement.title = this.tips[i] = tip;
    });
  }

  destroy() {
    this.beat.stop();
    this.controls.destroy();
    this.notices.destroy();
  }
}
