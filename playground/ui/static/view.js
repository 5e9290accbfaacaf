/**
 * Entry of the live view: one call per part of the page and per rerun of the page's script.
 *
 * The loader (ui/loader.py) passes its component object on, with the app's address as `base`.
 *
 * component = {parentElement, base, data, setTriggerValue, setStateValue}, where `data` is
 *   {
 *     token:   string, the run's websocket is <base>live/<token>
 *     part:    'bar' | 'map' | 'output' | 'network' | 'curves' | 'analysis' | 'goal'
 *     kind:    of the data, for the part 'output'
 *     goal:    of a lesson, for that part: its settings and the network's parameters
 *     words:   the catalog's [view] table, with a copy of [errors] as words.errors
 *     lang:    'en' | 'zh'
 *     mode:    'ws' | 'poll'
 *     palette: optional {negative, positive, positive_dark, middle, middle_dark, classes}
 *     pen:     optional, false where the data are locked and no points may be painted
 *     hands:   optional, false where the layers are locked and no weight may be touched
 *     switches: optional {number, show_test, discretize}: how the map's switches stand from now on
 *     height:  optional height of the part in pixels; a phone takes its own
 *   }
 *
 * Python hears of
 *   trigger 'command'  {"type": "new_seed"}
 *   state 'commands'   in poll mode {times, list: [{number, command}]} of that and all others
 *                      (play, pause, step, epoch, reset, speed, want, hidden, keep)
 *   state 'transport'  'poll' (no websocket can be opened), 'lost' (make a new token), 'ws'
 * through the bar's component where a bar is mounted, else through any part's.
 */

import { createAnalysis } from './analysis.js';
import { createBar } from './bar.js';
import { createCurves } from './curves.js';
import { el } from './dom.js';
import { hubFor } from './hub.js';
import { createGoal } from './goal.js';
import { createMap } from './map.js';
import { loadStyle, mountOn } from './mounting.js';
import { createNetwork } from './network.js';
import { createOutput } from './outputs/output.js';
import { callClasses } from './scene.js';
import { readTheme, themeKey, watchTheme } from './theme.js';
import { translator } from './words.js';

const PARTS = {
  bar: createBar,
  map: createMap,
  output: createOutput,
  network: createNetwork,
  curves: createCurves,
  analysis: createAnalysis,
  goal: createGoal,
};

// A tab remembers its run, so that after a reload it can ask for it again.
const STORE = 'network-playground-run';

export function mount(component) {
  const { data } = component;
  if (!data?.token || !PARTS[data.part]) return () => {};
  remember(component);
  return mountOn(component, (host) => new View(host));
}

function remember({ data, setStateValue }) {
  if (data.part !== 'bar' || !data.keep_token) return;
  const before = sessionStorage.getItem(STORE);
  sessionStorage.setItem(STORE, data.keep_token);
  if (window.__playgroundRemembered) return;
  window.__playgroundRemembered = true;
  if (before && before !== data.keep_token) setStateValue('resume', before);
}

/** One mounted part: its element, its size, its theme, its hub. */
class View {
  constructor(host) {
    this.host = host;
  }

  update(component) {
    const { data } = component;
    const identity = JSON.stringify(data);
    if (identity === this.identity) {
      // Same data, new rerun: only the functions that reach Python are new.
      if (this.hub?.parts.has(this)) this.hub.parts.set(this, setters(component));
      return;
    }
    this.destroy();
    this.identity = identity;
    this.name = data.part;
    this.build(component);
  }

  async build(component) {
    const { data } = component;
    const identity = this.identity;
    const root = el('div', { class: `np-view np-${data.part}`, 'data-part': data.part });
    if (data.height) root.style.setProperty('--np-height', `${data.height}px`);
    this.root = root;
    this.host.append(root);
    await Promise.all([loadStyle('view.css'), loadStyle('spectra.css'), loadStyle('pictures.css'), loadStyle('outputs/outputs.css'), loadStyle('sequences.css'), loadStyle('whatif.css'), loadStyle('luck.css')]);
    if (this.identity !== identity || this.root !== root) return;
    const { base } = component;
    this.hub = hubFor(data.token, base);
    callClasses(data.words.classes);
    this.context = {
      root,
      base,
      hub: this.hub,
      words: data.words,
      lang: data.lang === 'zh' ? 'zh-CN' : 'en',
      switches: data.switches,
      goal: data.goal,
      kind: data.kind,
      pen: data.pen ?? true,
      hands: data.hands ?? true,
      text: translator(data.words),
      theme: readTheme(root, data.palette),
    };
    this.part = PARTS[data.part](this.context);
    this.watch(data);
    this.hub.attach(this, setters(component), data.mode);
    root.classList.add('np-ready');
  }

  watch(data) {
    const { root, hub } = this;
    let key = themeKey(root);
    watchTheme(root, () => {
      const now = themeKey(root);
      if (now === key) return;
      key = now;
      this.context.theme = readTheme(root, data.palette);
      this.part.themed?.();
      hub.invalidate();
    });
    this.sizes = new ResizeObserver(() => {
      this.part.resized?.();
      hub.invalidate();
    });
    this.sizes.observe(root);
    this.onScreen = new IntersectionObserver(
      ([entry]) => {
        this.away = !entry.isIntersecting;
        this.part.shown?.(!this.away);
        if (!this.away) hub.invalidate();
      },
      { rootMargin: '120px' }
    );
    this.onScreen.observe(root);
  }

  paint(hub) {
    if (this.away && this.name !== 'bar') return;
    this.part.paint(hub);
    if (hub.header) this.root.dataset.step = hub.header.step;
  }

  destroy() {
    this.identity = null;
    this.sizes?.disconnect();
    this.onScreen?.disconnect();
    this.part?.destroy?.();
    this.hub?.detach(this);
    this.root?.remove();
    this.part = this.hub = this.root = null;
  }
}

const setters = ({ setTriggerValue, setStateValue }) => ({ setTriggerValue, setStateValue });
