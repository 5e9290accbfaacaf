/**
 * Principal components of a layer's activations: 2-D under Plotly's axes, 3-D by an own
 * projection, and how much of the variance each component explains.
 */

import { escapeHtml } from './axes.js';
import { altText, el, setText, toggle } from './dom.js';
import { createPca3d } from './pca3d.js';
import { axis, CONFIG, layout, loadPlotly, steadyExtent, throttled } from './plot.js';
import { fileName, plotlyImage, savePng } from './png.js';
import { pointColor } from './points.js';
import { blockName, className, isRegression, neuronBlocks } from './scene.js';
import { componentTitle, describe, pointGroups } from './scores.js';
import { percent, significant } from './words.js';

let deep = false;

export function createPca(context, body, tools) {
  return new Pca(context, body, tools);
}

class Pca {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.extents = [steadyExtent(), steadyExtent()];
    this.draw = throttled(() => this.update());
    this.build(body, tools);
    this.alt = altText(this.flat);
  }

  build(body, tools) {
    const { text } = this.context;
    this.select = el('select', {
      class: 'np-select', 'aria-label': text('pca.layer'), title: text('pca.layer_tip'),
      on: { change: () => this.choose(Number(this.select.value)) },
    });
    const three = toggle({
      label: text('pca.three'), tip: text('pca.three_tip'), pressed: deep,
      onChange: (value) => {
        deep = value;
        this.arrange();
      },
    });
    tools.append(this.select, three);
    this.flat = el('div', { class: 'np-layer', role: 'img' });
    this.stage = el('div', { class: 'np-pca-plot' });
    this.bars = el('div', { class: 'np-bars' });
    body.append(el('div', { class: 'np-pca' }, this.stage, this.bars));
    this.arrange();
  }

  arrange() {
    this.deep?.destroy();
    this.deep = deep ? createPca3d(this.context) : null;
    this.stage.replaceChildren(deep ? this.deep.node : this.flat);
    if (this.ready && !deep) this.draw();
    this.hub.invalidate();
  }

  choose(block) {
    this.extents = [steadyExtent(), steadyExtent()];
    this.hub.want({ block });
    this.hub.invalidate();
  }

  /** The layers of this scene; starts on the last hidden one, where classes come apart. */
  fillSelect(scene) {
    if (this.scene === scene.id) return;
    this.scene = scene.id;
    const blocks = neuronBlocks(scene);
    this.select.replaceChildren(...blocks.map((index) =>
      el('option', { value: index, text: blockName(this.context.text, scene, index) })));
    const wanted = this.hub.wants.block;
    const hidden = blocks.filter((index) => scene.blocks[index].kind === 'dense');
    const block = wanted && blocks.includes(wanted) ? wanted : hidden.at(-1) ?? 0;
    this.select.value = block;
    this.choose(block);
  }

  paint(hub) {
    this.fillSelect(hub.scene);
    const { pca } = hub.header;
    if (!pca || !hub.arrays.pca) return;
    this.last = { head: pca, points: hub.arrays.pca };
    if (deep) this.deep.paint(hub, this.last);
    else if (!this.ready) this.start();
    if (hub.arrays.pca !== this.painted) {
      this.painted = hub.arrays.pca;
      this.draw();
    }
  }

  async start() {
    if (this.starting) return;
    this.starting = true;
    this.plotly = await loadPlotly(this.context.base);
    if (!this.flat.isConnected) {
      this.starting = false;
      return;
    }
    await this.plotly.newPlot(this.flat, [], this.layout(1, 1), CONFIG);
    this.ready = true;
    this.draw();
  }

  layout(ex, ey) {
    const { theme, text } = this.context;
    const ratios = this.last?.head.ratios ?? [];
    const side = (i, extent) =>
      axis(theme, {
        range: [-extent, extent], zeroline: true, nticks: 6,
        title: {
          text: escapeHtml(componentTitle(text, ratios, i)), standoff: 6,
          font: { size: 12, color: theme.muted },
        },
      });
    return layout(theme, {
      width: this.stage.clientWidth, height: this.stage.clientHeight,
      margin: { l: 52, r: 10, t: 8, b: 40 },
      uirevision: `${this.scene}|${this.last?.head.block}`,
      hovermode: 'closest', xaxis: side(0, ex), yaxis: side(1, ey),
    });
  }

  update() {
    if (!this.last) return;
    this.paintBars(this.last.head);
    if (deep || !this.ready || !this.stage.clientWidth) return;
    const { data, shape: [n] } = this.last.points;
    const [ex, ey] = this.extents.map((extent, k) => {
      let most = 0;
      for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(data[i * 3 + k]));
      return extent(most);
    });
    this.plotly.react(this.flat, this.traces(), this.layout(ex, ey), CONFIG);
    this.alt(() => describe(this.context.text, this.hub, this.last.head));
  }

  traces() {
    const { context: { theme, text }, hub, last } = this;
    const groups = pointGroups(hub, last);
    return groups.map(({ test, from, to, values }) => {
      const x = [];
      const y = [];
      for (let i = from; i < to; i++) {
        x.push(last.points.data[i * 3]);
        y.push(last.points.data[i * 3 + 1]);
      }
      const colors = values.map((value) => pointColor(hub.scene, theme, value));
      return {
        type: 'scatter', mode: 'markers', x, y,
        text: values.map((value) =>
          isRegression(hub.scene) ? significant(value) : escapeHtml(className(hub.scene, value))),
        marker: {
          size: test ? 7 : 7, symbol: test ? 'diamond-open' : 'circle', color: colors,
          line: { width: test ? 1.5 : 0.75, color: test ? colors : theme.background },
        },
        hovertemplate: `%{text} · ${text(test ? 'map.test' : 'map.train')}` +
          '<br>PC1 %{x:.3~g}<br>PC2 %{y:.3~g}<extra></extra>',
      };
    });
  }

  paintBars({ ratios, rank, units }) {
    const { text } = this.context;
    if (this.rows?.length !== ratios.length) {
      this.rows = ratios.map((_, i) => {
        const fill = el('i');
        const value = el('b');
        const node = el('div', { class: 'np-bar-row' },
          el('span', { text: `PC${i + 1}` }), el('span', { class: 'np-bar-track' }, fill), value);
        return { node, fill, value };
      });
      this.note = el('p', { class: 'np-caption' });
      this.bars.replaceChildren(
        el('h4', { class: 'np-subtitle', text: text('pca.explained') }),
        ...this.rows.map(({ node }) => node), this.note);
    }
    ratios.forEach((ratio, i) => {
      this.rows[i].fill.style.width = `${((ratio ?? 0) * 100).toFixed(1)}%`;
      setText(this.rows[i].value, percent(ratio, ratio < 0.0995 ? 1 : 0));
    });
    setText(this.note, text('pca.rank', { rank, units }));
  }

  save() {
    const { context: { text, theme }, stage, hub } = this;
    if (!this.last) return;
    const width = stage.clientWidth;
    const height = stage.clientHeight;
    const name = blockName(text, hub.scene, this.last.head.block);
    const title = `${text('analysis.pca')} · ${name} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng({ name: fileName('pca', hub.header), title, width, height, theme }, async (canvas) => {
      const image = deep ? this.deep.canvas
        : await plotlyImage(this.plotly, this.flat, { width, height });
      canvas.drawImage(image, 0, 0, width, height);
    });
  }

  resized() {
    if (this.ready) this.draw();
  }

  themed() {
    if (this.ready) this.draw();
  }

  destroy() {
    this.draw.cancel();
    this.deep?.destroy();
    if (this.ready) this.plotly.purge(this.flat);
  }
}
