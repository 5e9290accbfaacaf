/** The same components by two ways, side by side: the covariance's eigenvalues and σ² / (n − 1). */

import { el } from '../dom.js';
import { percent } from '../words.js';

const digits = (value) => (value === 0 ? '0' : Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
  ? value.toPrecision(7) : value.toExponential(4)).replace('-', '−');

export class Agreement {
  constructor(context) {
    this.context = context;
    const { text } = context;
    this.body = el('tbody');
    const head = (words, title) => el('th', { scope: 'col', text: words, title });
    this.table = el('table', { class: 'np-agree' }, el('thead', {}, el('tr', {}, head(''),
      head(text('pca.agree_eigen'), 'torch.linalg.eigh(X.T @ X / (n - 1))'), head('σ² / (n − 1)', 'torch.linalg.svdvals(X) ** 2 / (n - 1)'),
      head(text('pca.agree_difference')), head(text('pca.share')), head(text('pca.cumulative')))), this.body);
    this.why = el('p', { class: 'np-hint', text: text('pca.agree_why') });
    this.sum = el('p', { class: 'np-verdict', role: 'status' });
    this.scroll = el('div', { class: 'np-agree-scroll', tabindex: '0', role: 'region', 'aria-label': text('pca.agree') }, this.table);
    this.node = el('details', { class: 'np-torch-box', open: true },
      el('summary', { text: text('pca.agree') }), this.why, this.scroll, this.sum);
  }

  clear() {
    this.body.replaceChildren();
    this.sum.textContent = '';
  }

  /** @param {object} told the answer's header @param {number} [k] components that are kept */
  show(told, k = null) {
    const { text } = this.context;
    const { eigenvalues, by_svd: svd, difference, total, error } = told ?? {};
    if (!eigenvalues && !error) return;
    if (error) {
      this.body.replaceChildren();
      this.sum.textContent = error;
      return;
    }
    let sum = 0;
    this.body.replaceChildren(...eigenvalues.map((value, i) => {
      sum += value;
      const share = (part) => (total > 0 ? percent(part / total, 1) : '–');
      return el('tr', { class: k !== null && i < k ? 'np-in' : '' },
        el('th', { scope: 'row', text: `PC${i + 1}` }), el('td', { text: digits(value) }), el('td', { text: digits(svd[i]) }),
        el('td', { text: digits(Math.abs(value - svd[i])) }), el('td', { text: share(value) }), el('td', { text: share(sum) }));
    }));
    this.sum.textContent = text('pca.agree_sum', { difference: difference === 0 ? '0' : difference.toExponential(1).replace('-', '−') });
  }
}
