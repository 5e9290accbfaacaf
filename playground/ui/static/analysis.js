/**
 * Below the picture: the analyses of the network, live, in groups of tabs. One is open; others can
 * be pinned, and stay open beneath it. Only what is open is computed.
 */

import { el, iconButton } from './dom.js';
import { Panel } from './panel.js';
import { createAttribution } from './attribution.js';
import { createAttention } from './attention.js';
import { createCertainty } from './certainty.js';
import { createConfusion } from './confusion.js';
import { createCosts } from './costs.js';
import { createCurvature } from './curvature.js';
import { createEigen } from './eigen.js';
import { createEmbed } from './embed.js';
import { createEmbeddings } from './embeddings.js';
import { createFactors } from './factors.js';
import { createFeatureMaps } from './featuremaps.js';
import { createFindings } from './findings.js';
import { createHardest } from './hardest.js';
import { createGradients } from './gradients.js';
import { createHealth } from './health.js';
import { createInfluence } from './influence.js';
import { createLandscape } from './landscape.js';
import { createMetrics } from './metrics.js';
import { createNtk } from './ntk.js';
import { createOperation } from './operation.js';
import { createPca } from './pca.js';
import { createSimilarity } from './similarity.js';
import { createSpectra } from './spectra.js';
import { createStates } from './states.js';
import { createTrace } from './trace.js';
import { createWarp } from './warp.js';
import { createWhatif } from './whatif.js';

const GROUPS = {
  diagnosis: {
    findings: createFindings, health: createHealth, gradients: createGradients, costs: createCosts,
    metrics: createMetrics, confusion: createConfusion, hardest: createHardest },
  inside: {
    maps: createFeatureMaps, operation: createOperation, attribution: createAttribution,
    states: createStates, attention: createAttention, embeddings: createEmbeddings,
    trace: createTrace, warp: createWarp, factors: createFactors,
  },
  spectra: { pca: createPca, embed: createEmbed, singular: createSpectra, eigen: createEigen, similarity: createSimilarity },
  loss: { curvature: createCurvature, landscape: createLandscape, ntk: createNtk },
  luck: { whatif: createWhatif, influence: createInfluence, certainty: createCertainty },
};
const VIEWS = Object.assign({}, ...Object.values(GROUPS));
const groupOf = (name) => Object.keys(GROUPS).find((group) => name in GROUPS[group]);

/** What is open and pinned outlives a remount of the part; each group remembers its last tab. */
const choice = { open: 'pca', pinned: [], last: {} };

export function createAnalysis(context) {
  return new Analysis(context);
}

class Analysis {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.id = `np-${Math.random().toString(36).slice(2, 8)}`;
    this.panels = new Map();
    this.onScreen = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: '60px' });
    this.build();
    this.open(choice.open);
  }

  build() {
    const { text, root } = this.context;
    this.groups = {};
    this.tabs = {};
    const groups = el('div', { class: 'np-groups', role: 'group', 'aria-label': text('analysis.groups') });
    for (const name of Object.keys(GROUPS)) {
      this.groups[name] = el('button', {
        type: 'button', class: 'np-group', 'data-group': name, text: text(`analysis.group_${name}`),
        title: text(`analysis.group_${name}_tip`),
        on: { click: () => this.open(this.first(name)) },
      });
      groups.append(this.groups[name]);
    }
    for (const name of Object.keys(VIEWS)) {
      this.tabs[name] = el('button', {
        type: 'button', role: 'tab', class: 'np-tab', id: `${this.id}-${name}`,
        text: text(`analysis.${name}`), title: text(`analysis.${name}_tip`),
        'aria-controls': `${this.id}-panel`, 'data-view': name,
        on: { click: () => this.open(name), keydown: (event) => this.key(event, name) },
      });
    }
    this.list = el('div', { class: 'np-tabs', role: 'tablist', 'aria-label': text('analysis.title') });
    this.head = el('div', { class: 'np-head' }, this.list);
    this.large = iconButton({
      name: 'fit', label: text('analysis.enlarge'), tip: text('analysis.enlarge_tip'), className: 'np-enlarge',
      onClick: () => this.enlarge(!root.classList.contains('np-large')),
    });
    this.large.setAttribute('aria-pressed', 'false');
    groups.append(this.large);
    root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !root.classList.contains('np-large')) return;
      this.enlarge(false);
      this.large.focus();
    });
    root.append(groups, this.head);
  }

  /** Over the whole page, or back in its place. */
  enlarge(on) {
    this.context.root.classList.toggle('np-large', on);
    this.large.setAttribute('aria-pressed', String(on));
  }

  /** Of a group the view that was open last, or else the first that is offered. */
  first(group) {
    const names = Object.keys(GROUPS[group]).filter((name) => !this.tabs[name].hidden);
    return names.includes(choice.last[group]) ? choice.last[group] : names[0];
  }

  key(event, name) {
    const names = Object.keys(GROUPS[groupOf(name)]).filter((one) => !this.tabs[one].hidden);
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
    const group = groupOf(name);
    choice.open = name;
    choice.last[group] = name;
    for (const [key, node] of Object.entries(this.groups)) node.setAttribute('aria-pressed', String(key === group));
    const names = Object.keys(GROUPS[group]);
    for (const key of names) {
      this.tabs[key].setAttribute('aria-selected', String(key === name));
      this.tabs[key].tabIndex = key === name ? 0 : -1;
    }
    if (this.group !== group) {
      this.group = group;
      this.list.replaceChildren(...names.map((key) => this.tabs[key]));
    }
    this.arrange();
  }

  pin(name, on) {
    choice.pinned = choice.pinned.filter((one) => one !== name);
    if (on) choice.pinned.push(name);
    this.arrange();
  }

  /** The open view first, then those that are pinned; a view that stays keeps what it shows. */
  arrange() {
    const { open, pinned } = choice;
    const names = [open, ...pinned.filter((name) => name !== open)];
    for (const [name, panel] of this.panels) {
      if (names.includes(name)) continue;
      this.onScreen.unobserve(panel.node);
      panel.destroy();
      this.panels.delete(name);
    }
    for (const name of names) {
      if (!this.panels.has(name)) {
        this.panels.set(name, new Panel(this.context, name, VIEWS[name], {
          pin: (on) => this.pin(name, on), open: (other) => this.open(other),
        }));
      }
      const panel = this.panels.get(name);
      this.onScreen.observe(panel.node);
      panel.place(this.context.root, name === open && this.head, this.id, this.tabs[name].id);
      panel.setPinned(pinned.includes(name));
      this.tabs[name].classList.toggle('np-pinned-tab', pinned.includes(name));
    }
    this.names = names;
    this.ask();
    this.hub.invalidate();
  }

  /** Nobody pays for an analysis that is scrolled out of sight. */
  ask() {
    this.hub.want({ analysis: this.names.filter((name) => !this.panels.get(name).away) });
  }

  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      for (const panel of this.panels.values()) if (panel.node === target) panel.away = !isIntersecting;
    }
    this.ask();
    this.hub.invalidate();
  }

  /** Only what the kind of data has a view for is offered. */
  offer(scene) {
    const offered = scene.views ?? Object.keys(VIEWS);
    const key = String(offered);
    if (key === this.offered) return;
    this.offered = key;
    for (const [name, node] of Object.entries(this.tabs)) node.hidden = !offered.includes(name);
    for (const [name, node] of Object.entries(this.groups)) {
      node.hidden = !Object.keys(GROUPS[name]).some((view) => offered.includes(view));
    }
    choice.pinned = choice.pinned.filter((name) => offered.includes(name));
    this.context.root.hidden = !offered.length;
    if (!offered.length) return this.hub.want({ analysis: [] });
    if (offered.includes(choice.open)) return this.arrange();
    const alike = Object.keys(GROUPS[groupOf(choice.open)]).find((view) => offered.includes(view));
    this.open(alike ?? offered[0]);
  }

  paint(hub) {
    if (!hub.scene || !hub.header) return;
    this.offer(hub.scene);
    for (const panel of this.panels.values()) if (!panel.away) panel.paint(hub);
  }

  resized() {
    for (const panel of this.panels.values()) panel.resized();
  }

  themed() {
    for (const panel of this.panels.values()) panel.themed();
  }

  destroy() {
    this.onScreen.disconnect();
    this.hub.want({ analysis: [] });
    for (const panel of this.panels.values()) panel.destroy();
  }
}
