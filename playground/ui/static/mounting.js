/** What every component of the page shares: it lives on from rerun to rerun of the page's script. */

import { el } from './dom.js';
import { followScheme } from './theme.js';

const living = new WeakMap();
const styles = new Map();

/**
 * Shows a component in its element, or tells the one that is there what is new.
 *
 * @param {object} component of components v2
 * @param {(host: Element) => {update: Function, destroy: Function}} make
 * @returns {() => void} what Streamlit calls when it lets go of this call
 */
export function mountOn(component, make) {
  followScheme();
  const host = component.parentElement;
  let life = living.get(host);
  if (!life) living.set(host, (life = { view: make(host), calls: 0 }));
  const call = (life.calls += 1);
  life.view.update(component);
  // Streamlit runs the clean-up of an overtaken call although the view lives on: only a host that
  // stays out of the document has really gone.
  const check = () => {
    if (living.get(host) !== life) return;
    if (!host.isConnected) {
      living.delete(host);
      life.view.destroy();
    } else if (life.calls === call) setTimeout(check, 1000);
  };
  return () => setTimeout(check, 300);
}

/** Loads a style sheet of this folder, once. */
export function loadStyle(name) {
  if (!styles.has(name)) {
    styles.set(name, new Promise((resolve) => {
      const link = el('link', { rel: 'stylesheet', href: new URL(name, import.meta.url) });
      link.onload = link.onerror = resolve;
      document.head.append(link);
    }));
  }
  return styles.get(name);
}
