/** What the visitor should be told: a stopped run, a lost connection, another tab. */

import { el, iconButton } from './dom.js';

/** A connection that comes back at once is not worth a word. */
const PATIENCE_MS = 2000;

export class Notices {
  constructor(context) {
    this.context = context;
    const { text, root } = context;
    // The status region is there from the start: screen readers announce what changes inside.
    this.region = el('div', { class: 'np-notices', role: 'status' });
    this.message = el('span');
    this.action = el('button', { type: 'button', class: 'np-toggle', text: text('connection.take') });
    this.action.addEventListener('click', () => context.hub.takeBack());
    this.close = iconButton({ name: 'close', label: text('dismiss'), onClick: () => this.dismiss() });
    this.toast = el('div', { class: 'np-toast' }, this.message, this.action, this.close);
    root.append(this.region);
  }

  paint(hub) {
    const { key, words, action } = this.find(hub);
    if (key === this.key) return;
    this.key = key;
    if (!words || key === this.dismissed) {
      this.region.replaceChildren();
      return;
    }
    this.dismissed = null;
    this.message.textContent = words;
    this.action.hidden = !action;
    this.region.replaceChildren(this.toast);
  }

  find(hub) {
    const { text } = this.context;
    const { connection, header } = hub;
    if (connection === 'elsewhere') {
      return { key: connection, words: text('connection.elsewhere'), action: true };
    }
    if (connection === 'retrying' || connection === 'lost') return this.patiently(hub);
    clearTimeout(this.timer);
    this.since = null;
    const notice = header?.notice ?? header?.place?.fallback;
    if (!notice) return { key: null };
    const key = JSON.stringify([header.scene_id, notice]);
    return { key, words: text(`errors.${notice.code}`, notice.params) };
  }

  patiently(hub) {
    const now = performance.now();
    this.since ??= now;
    if (now - this.since >= PATIENCE_MS) {
      return { key: 'retrying', words: this.context.text('connection.retrying') };
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => hub.invalidate(), PATIENCE_MS);
    return { key: this.key ?? null, words: this.message.textContent };
  }

  dismiss() {
    this.dismissed = this.key;
    this.region.replaceChildren();
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
