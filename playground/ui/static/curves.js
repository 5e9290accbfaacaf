/** Loss, and accuracy or R², over the epochs: train and test, the penalty apart. */

import { altText, el, iconButton, toggle } from './dom.js';
import { Held } from './held.js';
import { axis, CONFIG, layout, loadPlotly, throttled } from './plot.js';
import { fileName, plotlyImage, savePng } from './png.js';
import { Readout } from './readout.js';
import { blockName } from './scene.js';
import { accuracy, significant } from './words.js';

const MOST_POINTS = 400;
const ALONG = { epoch: 0, step: 7, second: 8 }; // what the horizontal axis counts: columns of the history
const choices = { logX: false, logY: false, along: 'epoch' };

export function createCurves(context) {
  return new Curves(context);
}

class Curves {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.draw = throttled(() => this.update());
    this.held = new Held(context, () => this.heldChanged());
    this.build();
    this.alt = altText(this.plot, context.text('curves.title'));
    this.readout = new Readout({
      root: context.root, plot: this.plot, history: this.hub.history,
      describe: (row, near) => this.valuesAt(row, near), along: () => this.along,
    });
  }

  build() {
    const { text, root } = this.context;
    const flip = (name, key) =>
      toggle({
        label: text(`curves.${name}`), tip: text(`curves.${name}_tip`), pressed: choices[key],
        onChange: (value) => {
          choices[key] = value;
          this.rebuild();
        },
      });
    const save = iconButton({
      name: 'download', label: text('png'), tip: text('png_tip'), onClick: () => this.save(),
    });
    this.keep = iconButton({
      name: 'pin', label: text('held.hold'), tip: text('held.hold_tip'), onClick: () => this.held.hold(this.hub),
    });
    this.unit = el('select', {
      class: 'np-select', 'aria-label': text('held.along'), title: text('held.along_tip'),
      on: {
        change: () => {
          choices.along = this.unit.value;
          this.rebuild();
        },
      },
    }, ...Object.keys(ALONG).map((name) => el('option', { value: name, text: text(`held.along_${name}`) })));
    this.unit.value = choices.along;
    this.drop = el('button', {
      type: 'button', class: 'np-toggle', text: text('held.clear'), title: text('held.clear_tip'),
      on: { click: () => this.held.clear() },
    });
    this.compared = el('div', { class: 'np-compared' }, this.held.node, this.unit, this.drop);
    this.legend = el('div', { class: 'np-legend' });
    this.plot = el('div', { class: 'np-layer', role: 'img' });
    this.stage = el('div', { class: 'np-stage' }, this.plot);
    // A redraw in the middle of a drag would take the visitor's zoom box away.
    this.release = () => {
      if (!this.dragged) return;
      // Plotly ends its drag with the mouse event that follows this pointer event.
      setTimeout(() => {
        this.dragged = false;
        if (this.stage.isConnected) this.draw();
      }, 50);
    };
    this.plot.addEventListener('pointerdown', () => (this.dragged = true));
    for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, this.release);
    root.append(
      el('div', { class: 'np-head' },
        el('h3', { class: 'np-title', text: text('curves.title') }), this.legend,
        el('div', { class: 'np-tools' }, this.keep, flip('log_x', 'logX'), flip('log_y', 'logY'), save)),
      this.compared, this.stage);
    this.compared.hidden = !this.held.curves.length;
    this.paintLegend(false);
  }

  /** The column along which the curves are drawn: epochs, unless curves are compared. */
  get along() {
    return this.held.curves.length ? ALONG[choices.along] : 0;
  }

  heldChanged() {
    this.compared.hidden = !this.held.curves.length;
    this.key = '';
    this.hub.invalidate();
    // The row of names takes its room from the chart.
    requestAnimationFrame(() => this.rebuild());
  }

  paintLegend(penalty) {
    const { text } = this.context;
    const names = penalty ? ['train', 'test', 'penalty'] : ['train', 'test'];
    this.legend.replaceChildren(...names.map((name) =>
      el('span', { class: 'np-chip' }, el('i', { class: `np-line np-line-${name}` }),
        el('span', { text: text(`curves.${name}`) }))));
    const { train, test, muted } = this.context.theme;
    this.context.root.style.setProperty('--np-train', train);
    this.context.root.style.setProperty('--np-test', test);
    this.context.root.style.setProperty('--np-penalty', muted);
  }

  // ---- the chart -----------------------------------------------------------------------------

  async start() {
    if (this.starting) return;
    this.starting = true;
    this.plotly = await loadPlotly(this.context.base);
    if (!this.plot.isConnected) return;
    await this.plotly.newPlot(this.plot, this.traces(), this.layout(), CONFIG);
    this.ready = true;
    this.draw();
  }

  traces() {
    const { theme } = this.context;
    const { history, header } = this.hub;
    const rows = history.sample(MOST_POINTS, choices.logX);
    const column = (c) => rows.map((row) => finite(history.value(row, c)));
    const x = column(this.along);
    const score = header?.score === 'r2' ? 'r2' : 'accuracy';
    const trace = (name, y, color, more = {}) => ({
      type: 'scatter', mode: rows.length > 1 ? 'lines' : 'markers', x, y, name,
      marker: { size: 5, color }, line: { color, width: 2.5, ...more.line }, yaxis: more.yaxis ?? 'y',
    });
    const { text } = this.context;
    const traces = [
      ...this.held.traces(this.along, header?.score),
      trace(text('curves.test_loss'), column(2), theme.test),
      trace(text('curves.train_loss'), column(1), theme.train, { line: { width: 1.5 } }),
      trace(text(`curves.test_${score}`), column(5), theme.test, { yaxis: 'y2' }),
      trace(text(`curves.train_${score}`), column(4), theme.train, { yaxis: 'y2', line: { width: 1.5 } }),
    ];
    const penalty = column(3);
    this.penalized = penalty.some((value) => value > 0);
    if (this.penalized) {
      traces.push(trace(text('curves.penalty'), penalty, theme.muted, { line: { dash: 'dot', width: 1.5 } }));
    }
    if (this.hub.scene?.schedule) traces.push(...this.rates(x, column(6)));
    return traces;
  }

  /** The learning rate as it was, and as its schedule plans it. */
  rates(x, y) {
    const { theme, text } = this.context;
    // Of steps and seconds nobody knows what is to come.
    const schedule = this.along ? [] : this.hub.scene.schedule;
    const line = (name, xs, ys, more) => ({
      type: 'scatter', mode: 'lines', x: xs, y: ys, name, yaxis: 'y3',
      line: { color: theme.text, width: 1.5, ...more },
    });
    return [
      line(text('curves.planned'), schedule.map(([at]) => at), schedule.map(([, rate]) => rate),
        { color: theme.muted, dash: 'dot' }),
      line(text('curves.rate'), x, y, {}),
      { ...line(text('curves.rate'), x.slice(-1), y.slice(-1), {}), mode: 'markers',
        marker: { size: 7, color: theme.text } },
    ];
  }

  layout() {
    const { theme, text } = this.context;
    const score = this.hub.header?.score === 'r2' ? 'r2' : 'accuracy';
    const title = (words) => ({ text: words, font: { size: 12, color: theme.muted }, standoff: 6 });
    const scheduled = Boolean(this.hub.scene?.schedule);
    const zeroed = choices.logY ? {} : { rangemode: 'tozero' };
    return layout(theme, {
      width: this.stage.clientWidth,
      height: this.stage.clientHeight,
      margin: { l: 52, r: 10, t: 6, b: 38 },
      uirevision: `${this.hub.scene?.id}|${choices.logX}|${choices.logY}|${this.along}`,
      hovermode: false,
      xaxis: axis(theme, {
        type: choices.logX ? 'log' : 'linear', title: title(this.axisName()),
        anchor: scheduled ? 'y3' : 'y2',
        nticks: 7, rangemode: 'tozero',
      }),
      yaxis: axis(theme, {
        type: choices.logY ? 'log' : 'linear', title: title(text('curves.loss')),
        domain: scheduled ? [0.56, 1] : [0.42, 1], nticks: 5, exponentformat: 'power', ...zeroed,
      }),
      shapes: this.markLines(),
      annotations: this.crossings(),
      ...(scheduled && {
        yaxis3: axis(theme, {
          title: title(text('curves.rate')), domain: [0, 0.19], nticks: 3, rangemode: 'tozero',
        }),
      }),
      yaxis2: axis(theme, {
        title: title(text(`curves.${score}`)), domain: scheduled ? [0.27, 0.48] : [0, 0.33], nticks: 4,
        tickformat: score === 'r2' ? '' : '.0%', range: this.scoreRange(score),
      }),
    });
  }

  /** A dotted line wherever a setting was changed while the network trained. */
  markLines() {
    const { muted } = this.context.theme;
    return (this.hub.scene?.marks ?? []).map(([epoch]) => ({
      type: 'line', xref: 'x', yref: 'paper', x0: this.placeOf(epoch), x1: this.placeOf(epoch), y0: 0, y1: 1,
      line: { color: muted, width: 1, dash: 'dot' },
    }));
  }

  /** Where a body was carried over to other data, their name stands at the line. */
  crossings() {
    const { theme, words } = this.context;
    const names = words.settings?.transfer?.[1] ?? {};
    return (this.hub.scene?.marks ?? []).filter(([, what]) => what === 'transfer').map(([epoch, , data]) => ({
      text: names[data] ?? data, showarrow: false, xref: 'x', yref: 'paper', xanchor: 'left', yanchor: 'top',
      x: choices.logX ? Math.log10(Math.max(this.placeOf(epoch), 1e-9)) : this.placeOf(epoch), y: 1, xshift: 3,
      font: { size: 11, color: theme.muted },
    }));
  }

  /** Where an epoch lies on the axis, by the nearest row. */
  placeOf(epoch) {
    const { history } = this.hub;
    return this.along && history.count ? history.value(history.nearest(epoch), this.along) : epoch;
  }

  axisName() {
    const { text } = this.context;
    return this.along ? text(`held.along_${choices.along}`) : text('curves.epoch');
  }

  /** What was changed at a row's epoch or since the row before it, or as near as a pointer goes. */
  changesAt(row, [left, right]) {
    const { history, scene } = this.hub;
    const from = row > 0 ? history.value(row - 1, 0) : -1;
    const to = history.value(Math.min(row + 1, history.count - 1), 0);
    return (scene?.marks ?? [])
      .filter(([epoch]) => epoch >= Math.min(from, left) && epoch <= Math.max(to, right))
      .slice(-3)
      .map(([, what, value]) => this.change(what, value));
  }

  /** A mark in words: "layers.1.activation" of the experiment, and what it was changed to. */
  change(what, value) {
    const { text, words: { settings } } = this.context;
    if (what === 'hands') return { label: text(`deeds.${value}`), value: '' };
    const [, block, place] = what.match(/^layers\.(\d+)\.(.*)$/) ?? [null, null, what];
    const [name, values] = settings?.[block ? `layers.${place}` : place] ?? [what, {}];
    const label = block ? `${blockName(text, this.hub.scene, Number(block) + 1)}: ${name}` : name;
    return { label, value: values[value] ?? (value === 'None' ? '–' : value) };
  }

  /** Scores end at 1; how far down their axis goes depends on the worst one seen in this scene. */
  scoreRange(score) {
    const { history, scene } = this.hub;
    let worst = this.held.worst(this.hub.header?.score);
    for (let row = 0; row < history.count; row++) {
      worst = Math.min(worst, history.value(row, 4), history.value(row, 5));
    }
    const floors = score === 'r2' ? [0, -1] : [0.4, 0];
    if (this.scoreScene !== scene?.id) this.scoreFloor = floors[0];
    this.scoreScene = scene?.id;
    if (worst < this.scoreFloor) this.scoreFloor = floors[1];
    return [this.scoreFloor, 1 + (1 - this.scoreFloor) * 0.04];
  }

  update() {
    if (!this.ready || this.dragged || !this.stage.clientWidth) return;
    const traces = this.traces();
    if (this.penalized !== this.shownPenalty) {
      this.shownPenalty = this.penalized;
      this.paintLegend(this.penalized);
    }
    this.plotly.react(this.plot, traces, this.layout(), CONFIG);
    this.readout.show();
  }

  rebuild() {
    if (this.ready) this.update();
  }

  /** What the readout says of a row of the history, in the order of the curves from the top. */
  valuesAt(row, near) {
    const { text, theme } = this.context;
    const { header, history } = this.hub;
    const score = header?.score === 'r2' ? 'r2' : 'accuracy';
    const percent = score === 'r2' ? significant : accuracy;
    const value = (key, column, color, axis = 'yaxis', show = significant) => {
      const y = history.value(row, column);
      return { label: text(`curves.${key}`), value: show(y), y, color, axis };
    };
    const values = [
      value('test_loss', 2, theme.test),
      value('train_loss', 1, theme.train),
      value(`test_${score}`, 5, theme.test, 'yaxis2', percent),
      value(`train_${score}`, 4, theme.train, 'yaxis2', percent),
    ];
    if (this.penalized) values.push(value('penalty', 3, theme.muted));
    if (this.hub.scene?.schedule) values.push(value('rate', 6, theme.text, 'yaxis3'));
    values.push(...this.held.values(this.along, (near[0] + near[1]) / 2));
    const title = this.along
      ? text('held.at', { name: this.axisName(), place: history.value(row, this.along) })
      : text('curves.at', { epoch: history.value(row, 0) });
    return { title, values, notes: this.along ? [] : this.changesAt(row, near) };
  }

  // ---- the part ------------------------------------------------------------------------------

  paint(hub) {
    if (!hub.scene || !this.stage.clientWidth) return;
    const { history, scene } = hub;
    this.keep.disabled = !this.held.canHold(history);
    const key = `${scene.id}|${history.version}|${history.count}|${history.value(history.count - 1, 0)}|${scene.marks?.length}|${scene.schedule?.length}`;
    if (!this.ready) this.start();
    else if (key !== this.key) {
      this.key = key;
      this.draw();
    }
    this.alt(() => this.describe(hub.header));
  }

  describe({ epoch, metrics, score }) {
    const show = score === 'r2' ? significant : accuracy;
    return this.context.text('curves.alt', {
      epoch, train: significant(metrics?.train_loss), test: significant(metrics?.test_loss),
      score: this.context.text(`curves.${score === 'r2' ? 'r2' : 'accuracy'}`),
      train_score: show(metrics?.train_score), test_score: show(metrics?.test_score),
    });
  }

  async save() {
    if (!this.ready) return;
    const width = this.stage.clientWidth;
    const height = this.stage.clientHeight;
    const image = await plotlyImage(this.plotly, this.plot, { width, height });
    const title = this.context.text('curves.title');
    const { theme } = this.context;
    await savePng({ name: fileName('curves', this.hub.header), title, width, height, theme },
      (canvas) => canvas.drawImage(image, 0, 0, width, height));
  }

  resized() {
    this.rebuild();
  }

  themed() {
    this.paintLegend(this.penalized);
    this.held.paint();
    this.rebuild();
  }

  destroy() {
    this.draw.cancel();
    for (const end of ['pointerup', 'pointercancel']) window.removeEventListener(end, this.release);
    if (this.ready) this.plotly.purge(this.plot);
  }
}

/** Plotly leaves a gap at null; a loss that is not finite is such a gap. */
const finite = (value) => (Number.isFinite(value) ? value : null);
