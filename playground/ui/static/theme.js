/** The page's theme, read from the custom properties that Streamlit gives its components. */

import { css, luminance, mix, palette, parse } from './colors.js';

/** @param {Element} root @param {object} given the palette of the component's data */
export function readTheme(root, given) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(name).trim();
  const background = parse(read('--np-bg'));
  const text = parse(read('--np-text'));
  const dark = luminance(background) < 0.25;
  return {
    dark,
    text: css(text),
    muted: css(mix(background, text, 0.74)),
    faint: css(mix(background, text, 0.13)),
    line: css(mix(background, text, 0.24)),
    background: css(background),
    soft: read('--np-soft'),
    accent: read('--np-accent'),
    alert: dark ? '#ff8a80' : '#b3261e',
    train: css(mix(background, text, 0.58)),
    test: dark ? '#b794f6' : '#6d3fc4',
    font: style.fontFamily,
    colors: palette(given, dark),
  };
}

/** What tells two themes apart. */
export function themeKey(root) {
  const style = getComputedStyle(root);
  return ['--np-bg', '--np-text', '--np-accent', '--np-soft', 'font-family']
    .map((name) => style.getPropertyValue(name))
    .join('|');
}

/**
 * Calls back when the theme's colours change. A hidden element takes its colour from the theme
 * with a transition of a moment, and the transition's end is the event: no polling.
 */
export function watchTheme(root, callback) {
  const sentinel = document.createElement('span');
  sentinel.className = 'np-sentinel';
  sentinel.setAttribute('aria-hidden', 'true');
  sentinel.addEventListener('transitionend', callback);
  root.append(sentinel);
}

/**
 * Popovers and dialogs lie outside the element that has the theme's colour scheme: the page takes
 * the scheme over, now and whenever it changes.
 */
export function followScheme() {
  const app = document.querySelector('.stApp');
  if (!app || app.dataset.followed) return;
  app.dataset.followed = 'true';
  const follow = () => {
    document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
  };
  new MutationObserver(follow).observe(app, { attributes: true, attributeFilter: ['class'] });
  follow();
}
