/**
 * Filters and feature maps: what each block makes of the chosen picture, channel by channel, and
 * the kernels that make it. One channel or kernel is shown large, with its numbers.
 */

import { el, setText } from './dom.js';
import { NumberGrid, signedShade, tiny } from './numbergrid.js';
import { fileName, savePng } from './png.js';
import { blockName } from './scene.js';
import { Tiles } from './tiles.js';
import { significant } from './words.js';

/** What the visitor chose outlives a change of tab. */
const choice = { block: null, channel: null, filters: true, colors: true, kernel: null };
const HOVER_MS = 90;

export function createFeatureMaps(context, body, tools) {
  return new FeatureMaps(context, body, tools);
}

class FeatureMaps {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    const { text } = context;
    this.layer = el('select', {
      class: 'np-select', 'aria-label': text('maps.layer'), title: text('maps.layer_tip'),
      on: { change: () => this.pick({ block: Number(this.layer.value), channel: null, kernel: null }) },
    });
    this.filters = this.switch('filters');
    this.colors = this.switch('colors');
    tools.append(this.layer, this.filters, this.colors);
    this.large = new NumberGrid(context, { label: text('maps.large'), probe: (row, column) => this.probe(row, column) });
    this.facts = el('p', { class: 'np-caption np-facts', role: 'status' });
    this.maps = new Tiles(context, {
      label: text('maps.maps'),
      point: (tile) => this.point(tile === null ? null : { channel: tile, kernel: null }),
      choose: (tile) => this.pick({ channel: tile, kernel: null }),
    });
    this.kernels = new Tiles(context, {
      label: text('maps.kernels'),
      point: (tile) => this.point(tile === null ? null : this.kernelOf(tile)),
      choose: (tile) => this.pick(this.kernelOf(tile)),
    });
    this.mapsTitle = el('h4');
    this.kernelsTitle = el('h4');
    this.empty = el('p', { class: 'np-empty', text: text('maps.empty') });
    this.kernelSide = el('section', { class: 'np-tile-side' }, this.kernelsTitle, this.kernels.node);
    this.root = el('div', { class: 'np-pictures' },
      el('section', { class: 'np-large-side' }, this.large.node, this.facts),
      el('section', { class: 'np-tile-side' }, this.mapsTitle, this.maps.node),
      this.kernelSide);
    body.append(this.root, this.empty);
    this.ask();
  }

  switch(key) {
    const { text } = this.context;
    const node = el('button', {
      type: 'button', class: 'np-toggle', text: text(`maps.${key}`), title: text(`maps.${key}_tip`),
      'aria-pressed': String(choice[key]),
      on: {
        click: () => {
          choice[key] = !choice[key];
          node.setAttribute('aria-pressed', String(choice[key]));
          this.ask();
        },
      },
    });
    return node;
  }

  // ---- what is asked for -----------------------------------------------------------------------

  /** A tile of the kernels: one channel's of all inputs in colours, or one of one input. */
  kernelOf(tile) {
    const across = this.shownInColors() ? 1 : this.hub.arrays.maps_kernels.shape[1];
    return { channel: Math.floor(tile / across), kernel: tile % across };
  }

  shownInColors() {
    return choice.colors && this.hub.arrays.maps_kernels?.shape[1] === 3;
  }

  pick(change) {
    Object.assign(choice, change);
    this.ask();
  }

  /** What is pointed at is shown large, as long as it is pointed at. */
  point(pointed) {
    this.pointed = pointed;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), HOVER_MS);
  }

  get shown() {
    return this.pointed ?? choice;
  }

  ask() {
    this.hub.option('maps', {
      block: choice.block, channel: this.shown.channel, filters: choice.filters,
    });
    this.hub.invalidate();
  }

  fillLayers(scene, { blocks, block }) {
    const key = `${scene.id}|${blocks}`;
    if (key !== this.scene) {
      this.scene = key;
      const { text } = this.context;
      this.layer.replaceChildren(...blocks.map((index) =>
        el('option', { value: index, text: blockName(text, scene, index) })));
    }
    if (document.activeElement !== this.layer || !this.layer.value) this.layer.value = block;
  }

  // ---- painting --------------------------------------------------------------------------------

  paint({ scene, header, arrays }) {
    const { maps } = header;
    if (!maps) return;
    this.root.hidden = maps.block === null;
    this.empty.hidden = maps.block !== null;
    if (maps.block === null || !arrays.maps_values) return;
    this.fillLayers(scene, maps);
    // The strongest channel is another one in every moment: the first answer stays.
    if (choice.channel === null && !this.pointed && maps.block === (choice.block ?? maps.block)) this.pick({ channel: maps.channel });
    this.kernelSide.hidden = !maps.filters;
    this.colors.hidden = !maps.filters || arrays.maps_kernels.shape[1] !== 3;
    this.paintMaps(scene, maps, arrays.maps_values);
    if (maps.filters) this.paintKernels(maps, arrays.maps_kernels);
    this.paintLarge(scene, maps, arrays);
  }

  paintMaps(scene, maps, { data, shape: [channels, height, width] }) {
    const { text, theme } = this.context;
    const name = blockName(text, scene, maps.block);
    setText(this.mapsTitle, text('maps.title', { name, channels, height, width }));
    const table = theme.colors.neurons;
    this.maps.paint({
      count: channels, height, width, least: 30, most: 132, color: (i) => table[data[i]], chosen: choice.channel ?? maps.channel,
      alt: () => text('maps.alt', {
        name, channels, height, width, channel: maps.channel + 1,
        low: significant(maps.low[maps.channel]), high: significant(maps.high[maps.channel]),
      }),
    });
  }

  paintKernels({ filters, channel }, { data, shape: [outputs, inputs, height, width] }) {
    const { text, theme } = this.context;
    const colors = this.shownInColors();
    const first = filters.of > 1 ? `${text('maps.kernels_first', { count: filters.of })} ` : '';
    setText(this.kernelsTitle, first + text(colors ? 'maps.kernels_colors' : 'maps.kernels_title', { outputs, inputs, height, width }));
    const table = theme.colors.neurons;
    const size = height * width;
    const inColors = (i) => {
      const at = Math.floor(i / size) * 3 * size + (i % size);
      return ((255 << 24) | (data[at + 2 * size] << 16) | (data[at + size] << 8) | data[at]) >>> 0;
    };
    this.kernels.paint({
      count: colors ? outputs : outputs * inputs, height, width, columns: colors || inputs === 1 ? 0 : inputs,
      least: Math.max(12, height * 3), most: 66, color: colors ? inColors : (i) => table[data[i]],
      chosen: colors ? choice.channel ?? channel : (choice.channel ?? channel) * inputs + (choice.kernel ?? 0),
      alt: () => text('maps.kernels_alt', { outputs, inputs, height, width, channel: channel + 1, scale: significant(filters.scale) }),
    });
  }

  /** The channel, or the kernel, that is pointed at or chosen. */
  largeOf(maps, arrays) {
    const { kernel } = this.shown;
    if (kernel === null || !maps.filters || !arrays.maps_kernel) {
      const { data, shape: [rows, columns] } = arrays.maps_large;
      return { data, rows, columns, scale: maps.scale };
    }
    const { data, shape: [inputs, rows, columns] } = arrays.maps_kernel;
    const size = rows * columns;
    const at = Math.min(kernel, inputs - 1);
    return { data: data.subarray(at * size, (at + 1) * size), rows, columns, scale: maps.filters.scale, input: at };
  }

  paintLarge(scene, maps, arrays) {
    const { text, theme } = this.context;
    const large = this.largeOf(maps, arrays);
    this.last = { ...large, channel: maps.channel };
    const { data, rows, columns, scale, input } = large;
    const shade = signedShade(theme, scale);
    const width = this.large.node.clientWidth;
    const height = Math.max(80, this.large.node.clientHeight);
    const name = blockName(text, scene, maps.block);
    const facts = input === undefined
      ? text('maps.facts', {
        name, channel: maps.channel + 1, low: significant(maps.low[maps.channel]),
        high: significant(maps.high[maps.channel]), mean: significant(maps.mean[maps.channel]),
      })
      : text('maps.kernel_facts', { name, channel: maps.channel + 1, input: input + 1, sum: significant(data.reduce((a, b) => a + b, 0)) });
    setText(this.facts, facts);
    this.large.paint({
      rows, columns, width, height, shade: (i) => shade(data[i]), write: (i) => tiny(data[i]),
      alt: () => facts,
    });
  }

  probe(row, column) {
    const { last, context: { text } } = this;
    if (!last) return null;
    return [
      { title: true, label: text('maps.cell', { row: row + 1, column: column + 1 }) },
      { label: text('maps.value'), value: significant(last.data[row * last.columns + column]) },
    ];
  }

  save() {
    const { context: { text, theme }, hub, maps, kernels } = this;
    if (!this.last) return;
    const parts = [this.large.canvas, maps.canvas, ...(this.kernelSide.hidden ? [] : [kernels.canvas])];
    const sizes = parts.map((canvas) => [canvas.clientWidth, canvas.clientHeight]);
    const title = `${this.mapsTitle.textContent} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng({
      name: fileName('maps', hub.header), title, theme,
      width: Math.max(420, sizes.reduce((sum, [width]) => sum + width + 16, 8)),
      height: Math.max(...sizes.map(([, height]) => height)) + 12,
    }, (canvas) => {
      let x = 12;
      parts.forEach((part, i) => {
        canvas.drawImage(part, x, 0, ...sizes[i]);
        x += sizes[i][0] + 16;
      });
    });
  }

  destroy() {
    clearTimeout(this.waiting);
  }
}
