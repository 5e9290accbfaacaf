/**
 * Entry of the pages of their own: one call per stage and per rerun of the page's script.
 *
 * The picture is made by a module of the folder pages/, named by the data. It exports
 *
 *   styles          optional names of style sheets in pages/, beside view.css and stage.css
 *   mount(context)  builds into context.root; returns {update, themed, resized, destroy}, each of
 *                   which may be missing. It is called again only when the language changes.
 *
 * context = {
 *   root, base, lang
 *   text(key, params)   words of [pages.<name>] and [pages.common], with the page's name before
 *                       the key: 'plane.determinant', 'common.reset'
 *   theme               as in theme.js; renewed before themed() is called
 *   still               motion is not wanted: nothing moves by itself
 *   facts, arrays       what Python says, renewed before update() is called
 *   link({key: text})   writes parameters into the page's address, at rest; null takes one out
 *   ask(params)         asks Python, which answers {header, arrays}: a promise. One question is on
 *                       its way; of those that wait only the newest is asked, the others get null.
 *                       What is refused comes as header.error, a sentence.
 *   tell(value)         tells Python something that changes the page around the stage
 *   hub                 of a stage with a live run: see hub.js. Its page has paint(hub), called once
 *                       for each animation frame in which something is new, and its words are also
 *                       those of [view]: 'bar.play'
 * }
 */

import { el } from './dom.js';
import { decode } from './frame.js';
import { hubFor } from './hub.js';
import { callClasses } from './scene.js';
import { loadStyle, mountOn } from './mounting.js';
import { readTheme, themeKey, watchTheme } from './theme.js';
import { translator } from './words.js';

const LINK_REST_MS = 250;
const ANSWER_MS = 30000;

export function mount(component) {
  if (!(component.data instanceof Uint8Array)) return () => {};
  return mountOn(component, (host) => new Stage(host));
}

const seen = new Set(); // pages whose run was asked about since this page was loaded

/** Behind a reload the networks that were on the page are asked for again. */
function remember(name, token, { setStateValue }) {
  const key = `network-playground-run-${name}`;
  const before = sessionStorage.getItem(key);
  sessionStorage.setItem(key, token);
  if (seen.has(name)) return;
  seen.add(name);
  if (before && before !== token) setStateValue('resume', before);
}

class Stage {
  constructor(host) {
    this.host = host;
    // Questions are numbered from the clock: an answer that Python kept for the stage before this
    // one belongs to none of them.
    this.number = Date.now();
    this.path = location.pathname;
    this.params = {};
  }

  update(component) {
    this.component = component;
    const { header, arrays } = decode(component.data);
    const { facts, words, lang, palette, answer, name, live } = header;
    const token = live?.token;
    if (!this.root || lang !== this.lang || name !== this.name || token !== this.token) {
      this.destroy();
      Object.assign(this, { name, lang, palette, token, mode: live?.mode });
      this.facts = JSON.stringify(facts);
      this.build({ facts, arrays: arraysOf(arrays, 'facts'), words });
    } else if (this.facts !== JSON.stringify(facts)) {
      this.facts = JSON.stringify(facts);
      Object.assign(this.context, { facts, arrays: arraysOf(arrays, 'facts') });
      this.page?.update?.();
    }
    if (live?.keep_token) remember(name, live.keep_token, component);
    // A rerun brings new functions that reach Python.
    if (this.hub?.parts.has(this)) this.hub.parts.set(this, setters(component));
    if (answer.number) this.hear(answer, arraysOf(arrays, 'answer'));
  }

  async build({ facts, arrays, words }) {
    const { host, name } = this;
    const root = el('div', { class: `np-view np-page np-page-${name}`, 'data-page': name });
    this.root = root;
    host.append(root);
    this.context = {
      root, facts, arrays,
      base: this.component.base,
      lang: this.lang === 'zh' ? 'zh-CN' : 'en',
      text: translator(words),
      still: window.matchMedia('(prefers-reduced-motion: reduce)').matches,
      link: (params) => this.link(params),
      ask: (params) => this.ask(params),
      tell: (value) => {
        this.writeLink(); // the script sees the address as it is now
        this.component.setTriggerValue('tell', { value });
      },
    };
    if (this.token) {
      this.context.hub = hubFor(this.token, this.component.base);
      callClasses(words.classes);
    }
    const [module] = await Promise.all([
      import(`./pages/${name}.js`), loadStyle('view.css'), loadStyle('stage.css'),
    ]);
    await Promise.all((module.styles ?? []).map((file) => loadStyle(`pages/${file}`)));
    if (this.root !== root) return;
    this.context.theme = readTheme(root, this.palette);
    root.classList.add('np-ready');
    this.page = module.mount(this.context) ?? {};
    this.watch(root);
    this.hub = this.context.hub;
    this.hub?.attach(this, setters(this.component), this.mode);
  }

  /** What the hub of a live run calls. */
  paint(hub) {
    this.page.paint?.(hub);
    if (hub.header) this.root.dataset.step = hub.header.step;
  }

  watch(root) {
    let key = themeKey(root);
    watchTheme(root, () => {
      const now = themeKey(root);
      if (now === key) return;
      key = now;
      this.context.theme = readTheme(root, this.palette);
      this.page.themed?.();
      this.hub?.invalidate();
    });
    this.sizes = new ResizeObserver(() => {
      this.page.resized?.();
      this.hub?.invalidate();
    });
    this.sizes.observe(root);
    // What is touched elsewhere, such as the language, may run the script: the address must say
    // by then how the page stands.
    this.elsewhere = ({ target }) => root.contains(target) || this.writeLink();
    for (const event of ['pointerdown', 'keydown']) document.addEventListener(event, this.elsewhere, true);
  }

  // ---- the address: a reload or a shared link brings the page's state back ------------------

  link(params) {
    Object.assign(this.params, params);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.writeLink(), LINK_REST_MS);
  }

  writeLink() {
    clearTimeout(this.resting);
    const entries = Object.entries(this.params);
    this.params = {};
    // The address may be another page's already, while this one waits to be taken down.
    if (!entries.length || !this.root?.isConnected || location.pathname !== this.path) return;
    const address = new URL(location.href);
    for (const [key, text] of entries) {
      if (text == null) address.searchParams.delete(key);
      else address.searchParams.set(key, text);
    }
    // Commas and the like may stand in an address as they are.
    address.search = address.search.replaceAll('%2C', ',').replaceAll('%3B', ';');
    if (address.href !== location.href) history.replaceState(history.state, '', address);
  }

  // ---- questions to Python -------------------------------------------------------------------

  ask(params) {
    return new Promise((resolve) => {
      this.next?.resolve(null);
      this.next = { params, resolve };
      if (!this.asked) this.send();
    });
  }

  send() {
    this.asked = this.next;
    this.next = null;
    if (!this.asked) return;
    this.asked.number = this.number += 1;
    // An answer that never comes must not stop the next question.
    this.asked.timer = setTimeout(() => this.settle(null), ANSWER_MS);
    // The script sees the address as it is now.
    this.writeLink();
    this.component.setTriggerValue('ask', { number: this.number, params: this.asked.params });
  }

  hear({ number, ...header }, arrays) {
    if (this.asked && this.asked.number === number) this.settle({ header, arrays });
  }

  settle(answer) {
    const { resolve, timer } = this.asked;
    clearTimeout(timer);
    resolve(answer);
    this.send();
  }

  destroy() {
    if (!this.root) return;
    this.writeLink();
    this.sizes?.disconnect();
    for (const event of ['pointerdown', 'keydown']) document.removeEventListener(event, this.elsewhere, true);
    this.page?.destroy?.();
    this.hub?.detach(this);
    this.root.remove();
    this.page = this.hub = this.root = null;
  }
}

const setters = ({ setTriggerValue, setStateValue }) => ({ setTriggerValue, setStateValue });

/** The arrays whose names begin with a part's name, without it. */
function arraysOf(arrays, part) {
  const start = `${part}/`;
  return Object.fromEntries(
    Object.entries(arrays)
      .filter(([name]) => name.startsWith(start))
      .map(([name, array]) => [name.slice(start.length), array])
  );
}
