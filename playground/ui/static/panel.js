/** One analysis: the place it is shown in, its tools, the pin that keeps it open, its picture. */

import { el, iconButton } from './dom.js';

export class Panel {
  /**
   * @param {(context, body, tools, open) => object} create makes the view
   * @param {{pin: (on: boolean) => void, open: (name: string) => void}} calls
   */
  constructor(context, name, create, calls) {
    const { text } = context;
    this.name = name;
    this.away = false; // scrolled out of sight
    this.tools = el('div', { class: 'np-tools' });
    this.pin = iconButton({
      name: 'pin', label: text('analysis.pin'), tip: text('analysis.pin_tip'), className: 'np-pin',
      onClick: () => calls.pin(this.pin.getAttribute('aria-pressed') !== 'true'),
    });
    const save = iconButton({
      name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.view.save(),
    });
    this.bar = el('div', { class: 'np-panel-bar' }, this.tools, this.pin, save);
    this.title = el('h3', { class: 'np-title', text: text(`analysis.${name}`) });
    this.head = el('div', { class: 'np-head' }, this.title);
    this.body = el('div', { class: 'np-stage' });
    this.node = el('section', { class: 'np-panel' }, this.head, this.body);
    this.view = create(context, this.body, this.tools, calls.open);
  }

  /**
   * As the open view its tools stand beside the tabs, as a pinned one beside its own title.
   *
   * @param {Element|false} head the row of tabs, where it is the open one
   */
  place(root, head, id, tab) {
    this.node.classList.toggle('np-pinned', !head);
    (head || this.head).append(this.bar);
    const role = head
      ? { role: 'tabpanel', id: `${id}-panel`, 'aria-labelledby': tab }
      : { role: 'group', id: `${id}-${this.name}-pinned`, 'aria-label': this.title.textContent };
    this.body.removeAttribute('aria-labelledby');
    this.body.removeAttribute('aria-label');
    for (const [key, value] of Object.entries(role)) this.body.setAttribute(key, value);
    root.append(this.node);
  }

  setPinned(on) {
    this.pin.setAttribute('aria-pressed', String(on));
  }

  paint(hub) {
    this.view.paint(hub);
    // Where there is nothing to see, nothing is there to be chosen.
    const { empty } = this.view;
    this.tools.hidden = Boolean(empty?.isConnected && !empty.hidden);
  }

  resized() {
    this.view.resized?.();
  }

  themed() {
    this.view.themed?.();
  }

  destroy() {
    this.view.destroy();
    this.bar.remove();
    this.node.remove();
  }
}
