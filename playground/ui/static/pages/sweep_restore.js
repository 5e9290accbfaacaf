/** A button that takes a saved sweep in: the file goes to Python, which says what is wrong with it. */

import { el } from '../dom.js';
import { button } from './kit.js';
import { readFile } from './parts.js';

export class Restore {
  /** @param {{onBusy: (busy: boolean) => void, onDone: () => void}} wishes */
  constructor(context, wishes) {
    Object.assign(this, { context, wishes });
    const { text } = context;
    this.input = el('input', { type: 'file', accept: '.sqlite,.json,.csv,.db', hidden: true, tabindex: '-1', 'aria-label': text('sweep.restore') });
    this.input.addEventListener('change', () => this.take());
    this.open = button(text('sweep.restore'), () => this.input.click(), { title: text('sweep.restore_tip'), class: 'np-toggle np-s-restore' });
    this.says = el('p', { class: 'np-caption np-s-restore-says', role: 'status' });
    this.node = el('span', { class: 'np-upload' }, this.open, this.input);
  }

  async take() {
    const file = this.input.files[0];
    this.input.value = '';
    if (!file) return;
    const { text, facts: { limits } } = this.context;
    if (file.size > limits.bytes) {
      const size = (file.size / 2 ** 20).toFixed(1);
      return this.say(text('errors.sweep_upload_large', { name: file.name, size, limit: limits.bytes / 2 ** 20 }), true);
    }
    this.busy(true);
    this.say(text('sweep.restore_reading', { name: file.name }));
    try {
      const answer = await this.context.ask({ restore: await readFile(file) });
      const trouble = answer ? answer.header.error : text('errors.worker_silent');
      this.say(trouble ?? '', Boolean(trouble));
      if (!trouble) this.wishes.onDone();
    } catch {
      this.say(text('errors.sweep_upload_broken', { name: file.name }), true); // the browser could not read it
    } finally {
      this.busy(false);
    }
  }

  busy(busy) {
    this.open.disabled = busy;
    this.wishes.onBusy(busy);
  }

  say(words, trouble = false) {
    this.says.classList.toggle('np-s-trouble', trouble);
    this.says.textContent = words;
  }
}
