/** A lesson's goal, live: what is asked for, what is reached now, and whether that is enough. */

import { el, setText } from './dom.js';
import { isRegression } from './scene.js';
import { accuracy, significant } from './words.js';

export function createGoal(context) {
  return new GoalPart(context);
}

class GoalPart {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    const { goal, text, root } = context;
    this.rows = [this.row('value')];
    if (goal.max_parameters) this.rows.push(this.row('parameters'));
    this.rows.push(this.row('epochs'));
    this.sum = el('strong', { class: 'np-goal-sum', role: 'status' });
    this.list = el('ul', { class: 'np-goal-list', 'aria-label': text('goal.title') });
    for (const { item } of this.rows) this.list.append(item);
    root.append(this.sum, this.list);
  }

  row(name) {
    const mark = el('span', { class: 'np-goal-mark', 'aria-hidden': 'true' });
    const words = el('span', {});
    return { name, mark, words, item: el('li', {}, mark, words) };
  }

  paint({ header, scene }) {
    if (!header?.metrics || !scene) return;
    const { goal, text } = this.context;
    const value = header.metrics[goal.metric];
    const loss = goal.metric.endsWith('_loss');
    const write = loss || isRegression(scene) ? significant : accuracy;
    const facts = {
      value: {
        met: value != null && (loss ? value <= goal.threshold : value >= goal.threshold),
        words: text(loss ? 'goal.at_most' : 'goal.at_least', {
          name: text(`goal.${goal.metric}${!loss && isRegression(scene) ? '_r2' : ''}`),
          limit: write(goal.threshold), now: value == null ? '–' : write(value),
        }),
      },
      parameters: {
        met: goal.parameters != null && goal.parameters <= goal.max_parameters,
        words: text('goal.parameters', { limit: goal.max_parameters, now: goal.parameters ?? '–' }),
      },
      epochs: {
        met: header.epoch <= goal.max_epochs,
        words: text('goal.epochs', { limit: goal.max_epochs, now: header.epoch }),
      },
    };
    for (const { name, mark, words, item } of this.rows) {
      setText(words, facts[name].words);
      setText(mark, facts[name].met ? '✓' : '○');
      item.classList.toggle('np-met', facts[name].met);
    }
    const met = this.rows.every(({ name }) => facts[name].met);
    setText(this.sum, text(met ? 'goal.met' : 'goal.open'));
    this.context.root.classList.toggle('np-met', met);
  }

  destroy() {}
}
