/** Tabs below the picture: one analysis of the network at a time, live; only that one is computed. */

import { createConfusion } from './confusion.js';
import { el, iconButton } from './dom.js';
import { createEigen } from './eigen.js';
import { createFindings } from './findings.js';
import { createHealth } from './health.js';
import { createMetrics } from './metrics.js';
import { createPca } from './pca.js';
import { createSpectra } from './spectra.js';
import { createTrace } from './trace.js';
import { createWarp } from './warp.js';

const TABS = {
  findings: createFindings,
  pca: createPca,
  singular: createSpectra,
  eigen: createEigen,
  confusion: createConfusion,
  warp: createWarp,
  metrics: createMetrics,
  health: createHealth,
  trace: createTrace,
};

/** The open tab outlives a remount of the part. */
let chosen = 'pca';

export function createAnalysis(context) {
  return new Analysis(context);
}

class Analysis {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.id = `np-${Math.random().toString(36).slice(2, 8)}`;
    this.build();
    this.open(chosen);
  }

  build() {
    const { text, root } = this.context;
    this.tabs = {};
    const list = el('div', { class: 'np-tabs', role: 'tablist', 'aria-label': text('analysis.title') });
    for (const name of Object.keys(TABS)) {
      const tab = el('button', {
        type: 'button', role: 'tab', class: 'np-tab', id: `${this.id}-${name}`,
        text: text(`analysis.${name}`), title: text(`analysis.${name}_tip`),
        'aria-controls': `${this.id}-panel`,
        on: { click: () => this.open(name), keydown: (event) => this.key(event, name) },
      });
      this.tabs[name] = tab;
      list.append(tab);
    }
    const save = iconButton({
      name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.panel.save(),
    });
    this.tools = el('div', { class: 'np-tools' });
    this.body = el('div', { class: 'np-stage', role: 'tabpanel', id: `${this.id}-panel` });
    root.append(el('div', { class: 'np-head' }, list, this.tools, save), this.body);
  }

  key(event, name) {
    const names = Object.keys(TABS);
    const at = names.indexOf(name);
    const target = {
      ArrowRight: names[(at + 1) % names.length],
      ArrowLeft: names[(at + names.length - 1) % names.length],
      Home: names[0],
      End: names.at(-1),
    }[event.key];
    if (!target) return;
    event.preventDefault();
    this.open(target);
    this.tabs[target].focus();
  }

  open(name) {
    chosen = name;
    this.name = name;
    for (const [key, tab] of Object.entries(this.tabs)) {
      tab.setAttribute('aria-selected', String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
    }
    this.body.setAttribute('aria-labelledby', this.tabs[name].id);
    this.panel?.destroy();
    this.body.replaceChildren();
    this.tools.replaceChildren();
    this.panel = TABS[name](this.context, this.body, this.tools, (other) => this.open(other));
    this.ask();
    this.hub.invalidate();
  }

  /** Nobody pays for an analysis that is scrolled out of sight. */
  ask() {
    this.hub.want({ analysis: this.hidden ? null : this.name });
  }

  shown(visible) {
    this.hidden = !visible;
    this.ask();
  }

  paint(hub) {
    if (hub.scene && hub.header) this.panel.paint(hub);
  }

  resized() {
    this.panel.resized?.();
  }

  themed() {
    this.panel.themed?.();
  }

  destroy() {
    this.hub.want({ analysis: null });
    this.panel.destroy();
  }
}
