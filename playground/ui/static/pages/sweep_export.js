/** The trials as files: a table, JSON, and the SQLite file from which a sweep goes on elsewhere. */

import { el } from '../dom.js';
import { button } from './kit.js';

const KINDS = { csv: 'text/csv;charset=utf-8', json: 'application/json', sqlite: 'application/vnd.sqlite3' };

export class Exports {
  constructor(context) {
    this.context = context;
    const { text } = context;
    this.trouble = el('span', { class: 'np-trouble', role: 'alert' });
    this.node = el('span', { class: 'np-s-exports', role: 'group', 'aria-label': text('sweep.export') },
      ...Object.keys(KINDS).map((kind) => button(text(`sweep.export_${kind}`), () => this.save(kind), { title: text(`sweep.export_${kind}_tip`) })),
      this.trouble);
  }

  async save(kind) {
    const answer = await this.context.ask({ export: kind });
    if (!answer) return;
    this.trouble.textContent = answer.header.error ?? '';
    if (answer.header.error) return;
    const blob = new Blob([answer.arrays.file.data], { type: KINDS[kind] });
    const link = el('a', { href: URL.createObjectURL(blob), download: answer.header.filename });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}
