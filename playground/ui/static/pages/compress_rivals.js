/** Other pictures of as few numbers, each with its error: who is nearer, and who cannot be. */

import { el } from '../dom.js';
import { count, percent } from '../words.js';

const ORDER = { rank: ['svd', 'columns', 'random', 'waves'], any: ['blocks', 'cosines'] };

export class Rivals {
  constructor(context) {
    this.context = context;
    const { text } = context;
    this.groups = Object.keys(ORDER).map((kind) => {
      const cards = el('div', { class: 'np-c-rivals' });
      return { kind, cards, node: el('section', { class: 'np-c-group' },
        el('h3', { class: 'np-title', text: text(`compress.group_${kind}`) }),
        el('p', { class: 'np-caption', text: text(`compress.group_${kind}_help`) }), cards) };
    });
    this.node = el('div', { class: 'np-c-groups' }, ...this.groups.map(({ node }) => node));
  }

  /** The numbers of an older k are on the way out. */
  wait() {
    this.node.classList.add('np-c-waiting');
  }

  show({ rivals, k }, arrays) {
    this.node.classList.remove('np-c-waiting');
    this.node.dataset.k = k;
    const worst = Math.max(1e-12, ...Object.values(rivals).map(({ error }) => error ?? 0));
    for (const { kind, cards } of this.groups) {
      cards.replaceChildren(...ORDER[kind].filter((name) => rivals[name]).map((name) =>
        this.card(name, rivals[name], arrays[name], rivals, worst)));
    }
  }

  card(name, rival, picture, rivals, worst) {
    const { text, lang } = this.context;
    const words = text(`compress.rival_${name}`);
    const error = percent(rival.error, 2);
    const canvas = el('canvas', { role: 'img', 'aria-label': `${words}: ${text('compress.error')} ${error}` });
    paint(canvas, picture);
    const bar = el('i');
    bar.style.width = `${Math.max(1, (rival.error / worst) * 100)}%`;
    const nearer = name !== 'svd' && rival.error < rivals.svd.error;
    return el('figure', { class: `np-c-rival${name === 'svd' ? ' np-c-best' : ''}`, 'data-rival': name },
      canvas,
      el('figcaption', {},
        el('b', { text: words }),
        el('span', { class: 'np-c-error' }, el('span', { text: `${text('compress.error')} ${error}` }),
          nearer && el('em', { text: text('compress.nearer') })),
        el('span', { class: 'np-bar-track' }, bar),
        el('small', { text: text('compress.rival_facts', { rank: rival.rank, numbers: count(rival.numbers, lang) }) }),
        el('small', { text: text(`compress.rival_${name}_help`) })));
  }
}

function paint(canvas, { data, shape: [rows, columns] }) {
  [canvas.width, canvas.height] = [columns, rows];
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i += 1) {
    image.data.set([data[3 * i], data[3 * i + 1], data[3 * i + 2], 255], 4 * i);
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
}
