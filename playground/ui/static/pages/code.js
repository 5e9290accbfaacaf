/** Lines of Python with a button that copies them. */

import { el } from '../dom.js';
import { button } from './kit.js';

const SAID_MS = 1600;

/**
 * @param {{text: Function, label: string}} options
 * @returns {{node: HTMLElement, show: (code: string) => void}}
 */
export function codeBlock({ text, label }) {
  const code = el('code');
  const copy = button(text('common.copy'), async () => {
    const done = await copied(code.textContent);
    copy.textContent = text(done ? 'common.copied' : 'common.copy_failed');
    clearTimeout(code.timer);
    code.timer = setTimeout(() => { copy.textContent = text('common.copy'); }, SAID_MS);
  }, { 'aria-live': 'polite' });
  const node = el('div', { class: 'np-code' },
    el('div', { class: 'np-code-head' }, el('h4', { class: 'np-subtitle', text: label }), copy),
    el('pre', { tabindex: '0', role: 'region', 'aria-label': label }, code));
  return {
    node,
    show(lines) {
      if (code.textContent !== lines) code.textContent = lines;
    },
  };
}

/** Without a secure address browsers keep their clipboard to themselves; a selection still copies. */
async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const field = el('textarea', { 'aria-hidden': 'true', style: 'position:fixed;opacity:0' });
    field.value = words;
    document.body.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    return done;
  }
}
