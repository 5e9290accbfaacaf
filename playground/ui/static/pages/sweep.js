/**
 * Sweep: the same experiment over and over with some of its settings changed, and what came of it.
 *
 * Python tells which settings can be searched and, once a sweep has been started, which; the trials
 * come in frames of the live run, each frame with what has changed since the last one.
 */

import { el } from '../dom.js';
import { button } from './kit.js';
import { BestSoFar } from './sweep_best.js';
import { Curves } from './sweep_curves.js';
import { Exports } from './sweep_export.js';
import { Form } from './sweep_form.js';
import { HeatMap } from './sweep_heat.js';
import { Lines } from './sweep_lines.js';
import { ProgressBar } from './sweep_progress.js';
import { Results } from './sweep_results.js';
import { geometric, gradient, knobWords } from './sweep_scale.js';
import { Shares } from './sweep_shares.js';
import { TrialTable } from './sweep_table.js';
import { metricWords } from './sweep_words.js';

const MOST_BESIDE = 4; // knobs whose axes fit beside the map of two of them

export const styles = ['parts.css', 'sweep.css'];

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    this.results = new Results(() => this.invalidate());
    this.build();
    this.follow();
  }

  // ---- building ----------------------------------------------------------------------------------

  build() {
    const { context, results } = this;
    const { root, text, facts } = context;
    this.form = new Form(context, {
      onStart: (settings) => this.start(settings), onRestored: () => context.tell({ restored: true }) });
    this.fold = el('details', { class: 'np-s-fold' }, el('summary', { text: text('sweep.new') }), this.form.node);
    this.fold.addEventListener('toggle', () => this.fold.open && this.form.measureSoon());
    this.progress = new ProgressBar(context, results);
    this.curves = new Curves(context, results);
    this.lines = new Lines(context, results);
    this.heat = new HeatMap(context, results, (x, y) => context.link({ x, y }));
    this.best = new BestSoFar(context, results);
    this.shares = new Shares(context, results);
    this.table = new TrialTable(context, results, {
      onOpen: (row, start) => this.open(row, start),
      onSort: (column, down) => context.link({ sort: `${down ? '-' : ''}${column}` }),
    });
    this.exports = new Exports(context);
    this.legend = el('span', { class: 'np-s-legend' });
    this.kept = el('span', { class: 'np-caption', role: 'status' });
    this.showAll = button(text('sweep.show_all'), () => results.unbrush());
    this.found = el('div', { class: 'np-s-found' },
      this.progress.node,
      el('div', { class: 'np-s-pair' }, this.curves.node, el('div', { class: 'np-s-side' }, this.best.node, this.shares.node)),
      this.pair = el('div', { class: 'np-s-pair' },
        el('section', { class: 'np-s-card' },
          el('div', { class: 'np-s-card-head' }, el('h3', { class: 'np-title', text: text('sweep.lines') }), this.legend, this.kept, this.showAll),
          this.lines.node, el('p', { class: 'np-caption', text: text('sweep.lines_hint') })),
        this.heat.node),
      el('section', { class: 'np-s-card' },
        el('div', { class: 'np-s-card-head' }, el('h3', { class: 'np-title', text: text('sweep.table') }), this.exports.node), this.table.node));
    root.replaceChildren(this.fold, this.found);
    if (facts.link.sort) {
      const down = facts.link.sort.startsWith('-');
      this.table.sort = { column: facts.link.sort.slice(down ? 1 : 0), down };
    }
  }

  /** Shows the sweep that Python tells of, or the form alone. */
  follow() {
    const { facts } = this.context;
    const { sweep } = facts;
    this.found.hidden = !sweep;
    this.fold.classList.toggle('np-s-alone', !sweep);
    this.fold.open = !sweep || this.fold.open;
    if (!sweep) {
      this.form.measureSoon();
      return;
    }
    const metric = {
      name: sweep.metric, better: sweep.metric === 'test_score' ? 'high' : 'low', score: sweep.metric === 'test_score',
      accuracy: sweep.percent, percent: sweep.percent && sweep.metric === 'test_score', of: (start) => metricOf(sweep.metric, start),
    };
    if (sweep.name !== this.results.told) this.fold.open = false;
    this.results.begin({ name: sweep.name, knobs: sweep.knobs.map(knobOf), metric, method: sweep.method });
    this.pair.classList.toggle('np-s-stacked', sweep.knobs.length > MOST_BESIDE);
    this.heat.begin([facts.link.x, facts.link.y]);
    this.table.begin();
    this.progress.begin(sweep);
    this.curves.begin(sweep);
    this.exports.node.hidden = !sweep.kept;
  }

  /** Opens one network of a trial in the playground. */
  open(row, start) {
    const { results: { metric }, context } = this;
    const one = row.starts?.find((other) => other.start === start);
    context.tell({ open: {
      number: row.number, values: row.values, start, epochs: row.epochs, value: metricWords(metric, one ? metric.of(one) : row.value) } });
  }

  start(settings) {
    this.form.busy = true;
    this.form.showPlan();
    this.context.tell({ start: settings });
  }

  // ---- painting ----------------------------------------------------------------------------------

  paint(hub) {
    const { header } = hub;
    if (header && header !== this.header) {
      // A run that was built anew knows nothing of what was under way in the one before.
      const anew = this.header && this.header.scene_id !== header.scene_id;
      if (header.sweep && (anew || header.sweep !== this.results.name)) this.results.restart(header.sweep);
      this.header = header;
      this.results.take(header.trials ?? []);
      if (header.progress && this.results.whole) this.curves.take(header);
    }
    this.progress.paint(hub);
  }

  /** One painting for each frame of the screen, however much has changed. */
  invalidate() {
    this.scheduled ??= requestAnimationFrame(() => {
      this.scheduled = null;
      this.show();
    });
  }

  show() {
    const { results } = this;
    if (!results.whole) return;
    this.showHead();
    for (const part of [this.curves, this.lines, this.heat, this.best, this.shares, this.table]) part.paint();
    this.context.root.dataset.trials = String(results.trials.length);
    this.context.root.dataset.ended = String(results.ended);
  }

  showHead() {
    const { results, context: { text, theme } } = this;
    const { range, metric, brushes } = results;
    const filtered = brushes.size > 0;
    this.showAll.hidden = !filtered;
    const kept = results.trials.filter((row) => results.passes(row)).length;
    this.kept.textContent = filtered ? text('sweep.kept', { kept, all: results.trials.length }) : '';
    const key = JSON.stringify([range, theme.dark, metric.name]);
    if (key === this.legendKey) return;
    this.legendKey = key;
    if (!range) return this.legend.replaceChildren();
    const bar = el('i', { class: 'np-gradient', 'aria-hidden': 'true' });
    bar.style.background = gradient(theme);
    const ends = metric.better === 'low' ? range : [range[1], range[0]];
    const best = el('span', { text: text('sweep.legend_best', { value: metricWords(metric, ends[0]) }) });
    if (range[0] === range[1]) return this.legend.replaceChildren(best);
    this.legend.replaceChildren(best, bar,
      el('span', { text: text('sweep.legend_worst', { value: metricWords(metric, ends[1]) }) }));
  }

  // ---- the stage's wishes ------------------------------------------------------------------------

  update() {
    this.form.busy = false;
    this.follow();
  }

  themed() {
    this.legendKey = null;
    this.invalidate();
  }

  resized() {
    this.invalidate();
  }

  destroy() {
    cancelAnimationFrame(this.scheduled);
    this.form.destroy();
    this.progress.destroy();
    this.curves.destroy();
  }
}

/** A searched setting as the pictures know it. */
function knobOf({ path, name, kind, choices, knob }) {
  const values = knob.kind === 'choices' ? knob.values : [];
  const numbers = values.filter((value) => typeof value === 'number');
  const log = knob.kind === 'range' ? knob.log : geometric(numbers);
  const one = { key: path, name, choices, whole: kind === 'whole', log, spec: knob };
  return { ...one, words: (value) => (value === undefined ? '–' : knobWords(one)(value)) };
}

function metricOf(name, start) {
  if (name === 'epochs' || name === 'seconds') return start.reached?.[name === 'epochs' ? 0 : 1] ?? null;
  return start[name];
}
