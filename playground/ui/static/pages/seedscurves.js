/** The curves of many networks: the median, and bands that hold half and eight tenths of them. */

import { altText, el, toggle } from '../dom.js';
import { axis, CONFIG, layout, loadPlotly, throttled } from '../plot.js';
import { Readout } from '../readout.js';
import { accuracy, significant } from '../words.js';

const MOST_POINTS = 300;
const HEAD = 3; // columns in front of the quantiles: epoch, steps, seconds
const LEVELS = 5; // quantiles of each measure, as the header's scene says: 10, 25, 50, 75, 90 %
const MEDIAN = 2;
const GAP_MS = 400; // ten bands take Plotly longer than one pair of curves
const MEASURES = ['train_loss', 'test_loss', 'train_score', 'test_score'];
const choices = { logX: false, logY: false };

export class SeedsCurves {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    const { text } = context;
    const flip = (key, name) => toggle({
      label: text(`curves.${name}`), tip: text(`curves.${name}_tip`), pressed: choices[key],
      onChange: (value) => {
        choices[key] = value;
        this.update();
      },
    });
    this.plot = el('div', { class: 'np-layer', role: 'img' });
    this.stage = el('div', { class: 'np-stage' }, this.plot);
    this.legend = el('div', { class: 'np-legend' });
    this.node = el('section', { class: 'np-seeds-card np-seeds-curves' },
      el('div', { class: 'np-head' }, el('h3', { class: 'np-title', text: text('seeds.curves') }),
        el('div', { class: 'np-tools' }, flip('logX', 'log_x'), flip('logY', 'log_y'))),
      this.legend, this.stage);
    this.draw = throttled(() => this.update(), GAP_MS);
    this.alt = altText(this.plot, text('seeds.curves'));
    this.readout = new Readout({
      root: this.node, plot: this.plot, history: this.hub.history,
      describe: (row) => this.valuesAt(row), along: () => 0,
    });
  }

  column(measure, level) {
    return HEAD + MEASURES.indexOf(measure) * LEVELS + level;
  }

  paint(hub) {
    const { scene, history, header } = hub;
    if (!scene || !this.stage.clientWidth) return;
    const key = `${scene.id}|${history.version}|${history.count}|${history.value(history.count - 1, 0)}|${header.member}`;
    if (!this.plotly) this.start();
    else if (this.ready && key !== this.key) {
      this.key = key;
      this.draw();
    }
    this.paintLegend(header);
    this.alt(() => this.describe());
  }

  async start() {
    if (this.starting) return;
    this.starting = true;
    this.plotly = await loadPlotly(this.context.base);
    if (this.gone) return;
    await this.plotly.newPlot(this.plot, this.traces(), this.layout(), CONFIG);
    if (this.gone) return this.plotly.purge(this.plot);
    this.ready = true;
    this.update();
  }

  update() {
    if (!this.ready || this.gone || !this.stage.clientWidth) return;
    this.plotly.react(this.plot, this.traces(), this.layout(), CONFIG);
    this.readout.show();
  }

  get score() {
    return this.hub.header?.score === 'r2' ? 'r2' : 'accuracy';
  }

  traces() {
    const { theme } = this.context;
    const { history, arrays, header } = this.hub;
    const rows = this.rows(history);
    const x = rows.map((row) => history.value(row, 0));
    const traces = [];
    for (const measure of MEASURES) {
      const color = measure.startsWith('test') ? theme.test : theme.train;
      const yaxis = measure.endsWith('score') ? 'y2' : 'y';
      const y = (level) => rows.map((row) => finite(history.value(row, this.column(measure, level))));
      const edge = (level, fill, share) => ({
        type: 'scatter', mode: 'lines', x, y: y(level), yaxis, line: { width: 0, color },
        ...(fill && { fill: 'tonexty', fillcolor: faded(color, share) }),
      });
      traces.push(edge(0), edge(4, true, 0.13), edge(1), edge(3, true, 0.2),
        { type: 'scatter', mode: rows.length > 1 ? 'lines' : 'markers', x, y: y(MEDIAN), yaxis,
          marker: { size: 5, color }, line: { color, width: measure.startsWith('test') ? 2.5 : 1.5 } });
    }
    if (header?.member != null && arrays.member_curve) traces.push(...this.ownTraces(arrays.member_curve));
    return traces;
  }

  /** The chosen network's own curves, over the bands. */
  ownTraces({ data, shape: [count, width] }) {
    const { theme } = this.context;
    const column = (k) => Array.from({ length: count }, (_, i) => finite(data[i * width + k]));
    return MEASURES.map((measure, k) => ({
      type: 'scatter', mode: 'lines', x: column(0), y: column(k + 1), yaxis: measure.endsWith('score') ? 'y2' : 'y',
      line: { color: theme.text, width: 1.5, dash: measure.startsWith('test') ? 'solid' : 'dot' },
    }));
  }

  /** Rows of the history that are drawn, spread evenly over the axis as it is. */
  rows(history) {
    const n = history.count;
    if (n <= MOST_POINTS) return Array.from({ length: n }, (_, i) => i);
    const places = Array.from({ length: MOST_POINTS }, (_, i) => {
      const share = i / (MOST_POINTS - 1);
      return choices.logX ? Math.round(n ** share) - 1 : Math.round(share * (n - 1));
    });
    return [...new Set(places)];
  }

  layout() {
    const { theme, text } = this.context;
    const title = (words) => ({ text: words, font: { size: 12, color: theme.muted }, standoff: 6 });
    const r2 = this.score === 'r2';
    return layout(theme, {
      width: this.stage.clientWidth, height: this.stage.clientHeight,
      margin: { l: 52, r: 10, t: 6, b: 38 }, hovermode: false,
      uirevision: `${this.hub.scene?.id}|${choices.logX}|${choices.logY}`,
      xaxis: axis(theme, { type: choices.logX ? 'log' : 'linear', title: title(text('curves.epoch')), anchor: 'y2', nticks: 7, rangemode: 'tozero' }),
      yaxis: axis(theme, {
        type: choices.logY ? 'log' : 'linear', title: title(text('curves.loss')), domain: [0.46, 1], nticks: 5,
        exponentformat: 'power', ...(choices.logY ? {} : { rangemode: 'tozero' }),
      }),
      yaxis2: axis(theme, {
        title: title(text(r2 ? 'curves.r2' : 'curves.accuracy')), domain: [0, 0.38], nticks: 4, tickformat: r2 ? '' : '.0%', range: this.scoreRange(r2),
      }),
    });
  }

  /** Scores end at 1; how far down their axis goes depends on the worst tenth seen in this scene. */
  scoreRange(r2) {
    const { history, scene } = this.hub;
    let worst = 1;
    for (let row = 0; row < history.count; row++) {
      for (const measure of ['train_score', 'test_score']) {
        const value = history.value(row, this.column(measure, 0));
        if (value < worst) worst = value;
      }
    }
    const floors = r2 ? [0, -1] : [0.4, 0];
    if (this.scoreScene !== scene?.id) this.floor = floors[0];
    this.scoreScene = scene?.id;
    if (worst < this.floor) this.floor = floors[1];
    return [this.floor, 1 + (1 - this.floor) * 0.04];
  }

  show(measure, value) {
    return measure.endsWith('score') && this.score !== 'r2' ? accuracy(value) : significant(value);
  }

  /** Median and outer band of a row: "0.12 (0.05 – 0.31)". */
  bandWords(measure, row) {
    const at = (level) => this.show(measure, this.hub.history.value(row, this.column(measure, level)));
    return `${at(MEDIAN)} (${at(0)} – ${at(4)})`;
  }

  nameOf(measure) {
    const { text } = this.context;
    if (measure.endsWith('loss')) return text(measure === 'test_loss' ? 'curves.test_loss' : 'curves.train_loss');
    return text(`curves.${measure.replace('_score', '')}_${this.score}`);
  }

  valuesAt(row) {
    const { text, theme } = this.context;
    const values = ['test_loss', 'train_loss', 'test_score', 'train_score'].map((measure) => ({
      label: this.nameOf(measure), value: this.bandWords(measure, row), y: this.hub.history.value(row, this.column(measure, MEDIAN)),
      color: measure.startsWith('test') ? theme.test : theme.train, axis: measure.endsWith('score') ? 'yaxis2' : 'yaxis',
    }));
    return { title: text('curves.at', { epoch: this.hub.history.value(row, 0) }), values, notes: [{ label: text('seeds.readout'), value: '' }] };
  }

  paintLegend({ member }) {
    const { text, theme } = this.context;
    const key = `${member}|${theme.dark}|${theme.text}`;
    if (key === this.legendKey) return;
    this.legendKey = key;
    const chip = (color, name, style) => {
      const line = el('i', { class: 'np-line' });
      line.style.cssText = style ?? `border-top-color: ${color}`;
      return el('span', { class: 'np-chip' }, line, el('span', { text: name }));
    };
    const band = `height: 10px; border: 0; border-radius: 2px; background: ${faded(theme.test, 0.3)}`;
    this.legend.replaceChildren(
      chip(theme.train, text('curves.train')), chip(theme.test, text('curves.test')), chip('', text('seeds.bands'), band),
      ...(member != null ? [chip(theme.text, text('seeds.network', { number: member + 1 }))] : []));
  }

  describe() {
    const { history, header } = this.hub;
    const row = history.count - 1;
    if (row < 0) return this.context.text('seeds.curves');
    return this.context.text('seeds.curves_alt', {
      epoch: header.epoch, test: this.bandWords('test_loss', row), train: this.bandWords('train_loss', row),
      score: this.nameOf('test_score'), value: this.bandWords('test_score', row),
    });
  }

  themed() {
    this.legendKey = '';
    this.update();
  }

  destroy() {
    this.gone = true;
    this.draw.cancel();
    if (this.ready) this.plotly.purge(this.plot);
  }
}

const finite = (value) => (Number.isFinite(value) ? value : null);

/** A colour of the theme, #rrggbb or rgba(), with less of itself. */
function faded(color, share) {
  const hex = color.match(/^#(..)(..)(..)$/);
  const parts = hex ? hex.slice(1).map((two) => parseInt(two, 16)) : color.match(/[\d.]+/g).slice(0, 3);
  return `rgba(${parts.join(',')},${share})`;
}
