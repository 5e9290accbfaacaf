/**
 * One number of a convolution or pooling: its receptive field in the chosen picture, what lies
 * under the window, the kernel, and the arithmetic that makes it; beside that what these operators
 * promise, measured.
 */

import { mix, parse } from './colors.js';
import { el, offer, select, setText, toggle } from './dom.js';
import { NumberGrid, signedShade, tiny } from './numbergrid.js';
import { fileName, savePng } from './png.js';
import { Promises } from './promises.js';
import { blockName } from './scene.js';
import { count, significant, signed } from './words.js';

/** What the visitor chose outlives a change of tab. */
const choice = { block: null, channel: null, row: null, column: null, input: null, promises: false, slope: false };

export function createOperation(context, body, tools) {
  return new OperationView(context, body, tools);
}

class OperationView {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.build(body, tools);
    this.ask();
  }

  build(body, tools) {
    const { text } = this.context;
    const list = (key, onChange) => select({ label: text(`operation.${key}`), tip: text(`operation.${key}_tip`), onChange });
    this.layer = list('layer', (value) => this.pick({ block: Number(value), channel: null, row: null, column: null, input: null }));
    this.channel = list('channel', (value) => this.pick({ channel: Number(value), input: null }));
    const flip = (key) => toggle({
      label: text(`operation.${key}`), tip: text(`operation.${key}_tip`), pressed: choice[key],
      onChange: (on) => this.pick({ [key]: on }),
    });
    tools.append(this.layer, this.channel, flip('slope'), flip('promises'));
    this.picture = new NumberGrid(this.context, { label: text('operation.picture'), probe: (...at) => this.probePicture(...at) });
    this.map = new NumberGrid(this.context, {
      label: text('operation.map'), probe: (...at) => this.probeMap(...at),
      choose: (row, column) => this.pick({ row, column, channel: choice.channel ?? this.told.place[0] }),
      at: () => [choice.row ?? this.told.place[1], choice.column ?? this.told.place[2]],
    });
    this.fieldFacts = el('p', { class: 'np-caption np-facts' });
    this.mapFacts = el('p', { class: 'np-caption np-facts', role: 'status' });
    this.arithmetic = this.buildArithmetic();
    this.promises = new Promises(this.context);
    this.empty = el('p', { class: 'np-empty', text: text('operation.empty') });
    this.pictureTitle = el('h4', { text: text('operation.picture') });
    this.mapTitle = el('h4');
    this.root = el('div', { class: 'np-pictures np-operation' },
      el('section', { class: 'np-grid-side' }, this.pictureTitle, this.picture.node, this.fieldFacts),
      el('section', { class: 'np-grid-side' }, this.mapTitle, this.map.node, this.mapFacts),
      this.arithmetic, this.promises.node);
    body.append(this.root, this.empty);
  }

  buildArithmetic() {
    const { text } = this.context;
    const grid = (key) => new NumberGrid(this.context, { label: text(`operation.${key}`), probe: (...at) => this.probeTerm(...at) });
    this.before = new NumberGrid(this.context, { label: text('operation.before'), probe: (...at) => this.probeInput(...at) });
    this.patch = grid('patch');
    this.kernel = grid('kernel');
    this.products = grid('products');
    const titled = (key, part) => el('figure', {}, el('figcaption', { text: text(`operation.${key}`) }), part.node);
    this.times = el('span', { class: 'np-operator', text: '×', 'aria-hidden': 'true' });
    this.equals = el('span', { class: 'np-operator', text: '=', 'aria-hidden': 'true' });
    this.beforeFigure = titled('before', this.before);
    this.kernelFigure = titled('kernel', this.kernel);
    this.productsFigure = titled('products', this.products);
    this.termsTitle = el('h4');
    this.sums = el('div', { class: 'np-sums', role: 'group', 'aria-label': text('operation.sums') });
    this.equation = el('p', { class: 'np-equation', role: 'status' });
    return el('section', { class: 'np-arithmetic' }, this.termsTitle,
      el('div', { class: 'np-terms' }, this.beforeFigure, titled('patch', this.patch), this.times, this.kernelFigure, this.equals, this.productsFigure),
      this.sums, this.equation);
  }

  pick(change) {
    Object.assign(choice, change);
    this.ask();
  }

  ask() {
    const { block, channel, input, promises, row, column } = choice;
    this.hub.option('operation', { block, channel, row, column, input, promises });
    this.hub.invalidate();
  }

  // ---- painting --------------------------------------------------------------------------------

  paint({ scene, header, arrays }) {
    const { operation: told } = header;
    if (!told) return;
    const none = told.block === null;
    this.root.hidden = none;
    this.empty.hidden = !none;
    if (none || !arrays.operation_map) return;
    this.fill(scene, told);
    this.told = told;
    this.arrays = arrays;
    this.settle(told);
    this.paintPicture(told, arrays);
    this.paintMap(scene, told, arrays);
    this.arithmetic.hidden = choice.promises;
    this.promises.node.hidden = !choice.promises;
    if (choice.promises) this.promises.paint(this.hub, blockName(this.context.text, scene, told.block), told);
    else this.paintArithmetic(told, arrays);
  }

  /** What is strongest is another one in every moment: the first answer stays. */
  settle({ block, place, shown }) {
    if (block !== (choice.block ?? block)) return;
    if (choice.channel === null) this.pick({ channel: place[0] });
    else if (choice.input === null && place[0] === choice.channel) this.pick({ input: shown });
  }

  fill(scene, { blocks, block, size, place }) {
    const { text } = this.context;
    const key = `${scene.id}|${blocks}|${block}|${size[0]}`;
    if (key !== this.filled) {
      this.filled = key;
      offer(this.layer, blocks.map((index) => [index, blockName(text, scene, index)]));
      offer(this.channel, Array.from({ length: size[0] }, (_, k) => [k, text('operation.channel_number', { number: k + 1 })]));
    }
    if (document.activeElement !== this.layer || !this.layer.value) this.layer.value = block;
    if (document.activeElement !== this.channel || !this.channel.value) this.channel.value = place[0];
  }

  paintPicture({ field }, arrays) {
    const { text, lang, theme } = this.context;
    const { data, shape: [channels, height, width] } = arrays.operation_picture;
    const { data: mask } = arrays.operation_field;
    const slope = arrays.operation_slope.data;
    const size = height * width;
    const ground = parse(theme.background);
    let most = 1e-30;
    for (const value of slope) most = Math.max(most, Math.abs(value));
    const tint = signedShade(theme, most);
    const shade = (i) => {
      const color = [0, 1, 2].map((k) => data[(channels >= 3 ? k : 0) * size + i]);
      const shown = choice.slope && slope[i] !== 0 ? mix(color, tint(slope[i]), 0.35 + 0.65 * Math.sqrt(Math.abs(slope[i]) / most)) : color;
      return mask[i] ? shown : mix(shown, ground, 0.68);
    };
    const facts = text(field.equal ? 'operation.field_equal' : 'operation.field_unequal', {
      numbers: count(field.numbers, lang), total: count(field.total, lang), linear: count(field.linear, lang),
      live: count(field.live, lang), outside: count(field.outside, lang),
    });
    setText(this.fieldFacts, facts);
    const box = bounds(mask, height, width);
    this.picture.paint({
      rows: height, columns: width, ...this.room(this.picture), shade,
      boxes: box ? [{ ...box, color: theme.text, dash: [5, 3] }] : [],
      alt: () => facts,
    });
  }

  paintMap(scene, told, arrays) {
    const { text, theme } = this.context;
    const { data, shape: [rows, columns] } = arrays.operation_map;
    let most = 1e-12;
    for (const value of data) most = Math.max(most, Math.abs(value));
    const shade = signedShade(theme, most);
    const [channel, row, column] = told.place;
    const name = blockName(text, scene, told.block);
    setText(this.mapTitle, text('operation.map_of', { name, channel: channel + 1 }));
    const facts = text('operation.chosen', { row: row + 1, column: column + 1, value: significant(data[row * columns + column]) });
    setText(this.mapFacts, `${facts} ${text('operation.how')}`);
    this.map.paint({
      rows, columns, ...this.room(this.map), shade: (i) => shade(data[i]), write: (i) => tiny(data[i]),
      chosen: [row, column], alt: () => `${name}. ${facts}`,
    });
  }

  room(grid) {
    return { width: grid.node.clientWidth, height: Math.max(70, grid.node.clientHeight) };
  }

  // ---- the arithmetic --------------------------------------------------------------------------

  paintArithmetic(told, arrays) {
    const { text, theme } = this.context;
    const conv = told.kind === 'conv';
    for (const node of [this.times, this.kernelFigure]) node.hidden = !conv;
    for (const node of [this.equals, this.productsFigure]) node.hidden = told.kind === 'max';
    const [, rows, columns] = arrays.operation_patch.shape;
    const input = told.channels[0] + told.shown;
    setText(this.termsTitle, text(`operation.terms_${told.kind}`, {
      rows: span(told.rows), columns: span(told.columns), input: input + 1,
    }));
    const size = rows * columns;
    const part = (array) => array.data.subarray(told.shown * size, (told.shown + 1) * size);
    const inside = arrays.operation_inside.data;
    const ground = parse(theme.background);
    const grids = [[this.patch, arrays.operation_patch], [this.products, arrays.operation_products]];
    if (conv) grids.push([this.kernel, arrays.operation_kernel]);
    this.terms = { rows, columns, told, inside, conv, values: grids.map(([, array]) => part(array)) };
    this.paintSums(told);
    const number = conv ? 3 : told.kind === 'average' ? 2 : 1;
    const side = this.paintInput(told, arrays, number, rows, columns);
    for (const [grid, array] of grids) {
      const values = part(array);
      const shade = signedShade(theme, largest(array.data));
      grid.paint({
        rows, columns, width: side, height: side, write: (i) => (inside[i] || grid === this.kernel ? tiny(values[i]) : '·'),
        shade: (i) => (inside[i] || grid === this.kernel ? shade(values[i]) : mix(shade(0), ground, 0.5)),
        boxes: told.winner && grid === this.patch
          ? [{ row: told.winner[0], column: told.winner[1], rows: 1, columns: 1, color: theme.text }] : [],
        alt: () => Array.from(values, tiny).join(', '),
      });
    }
    setText(this.equation, this.equationOf(told));
  }

  /** The input map with its window, where there is room for it; returns the side of the terms' grids. */
  paintInput(told, arrays, number, rows, columns) {
    const wide = this.termSide(number + 1, rows, columns);
    this.beforeFigure.hidden = wide < 96;
    if (this.beforeFigure.hidden) return this.termSide(number, rows, columns);
    const { theme } = this.context;
    const { data, shape: [high, across] } = arrays.operation_input;
    const shade = signedShade(theme, largest(data));
    const [top, left] = [told.rows[0], told.columns[0]];
    this.before.paint({
      rows: high, columns: across, width: wide, height: wide, shade: (i) => shade(data[i]),
      boxes: [{ row: top, column: left, rows: told.rows.at(-1) - top + 1, columns: told.columns.at(-1) - left + 1, color: theme.text, dash: [5, 3] }],
      alt: () => this.termsTitle.textContent,
    });
    return wide;
  }

  /** The side that so many grids beside one another may have. */
  termSide(number, rows, columns) {
    const width = (this.arithmetic.clientWidth - 26 * (number - 1) - 8) / number;
    const height = this.arithmetic.clientHeight - (this.sums.hidden ? 112 : 162);
    const most = Math.max(rows, columns) * 56;
    return Math.max(60, Math.min(width, Math.max(height, 78), most));
  }

  /** The channels' sums, each a button that shows its terms; one channel has no list. */
  paintSums({ sums, shown, channels, kind }) {
    const { text } = this.context;
    this.sums.hidden = kind !== 'conv' || sums.length < 2;
    if (this.sums.hidden) return;
    const key = `${channels}`;
    if (key !== this.sumKey) {
      this.sumKey = key;
      this.sums.replaceChildren(...sums.map((_, k) => el('button', {
        type: 'button', class: 'np-sum', title: text('operation.sum_tip', { input: channels[0] + k + 1 }),
        on: { click: () => this.pick({ input: k }) },
      }, el('small', { text: String(channels[0] + k + 1) }), el('b'))));
    }
    [...this.sums.children].forEach((node, k) => {
      setText(node.lastChild, signed(sums[k]));
      node.setAttribute('aria-pressed', String(k === shown));
    });
  }

  equationOf({ kind, sums, bias, divisor, winner, ties, value, then, rows, columns }) {
    const { text } = this.context;
    const words = [];
    if (kind === 'conv') {
      words.push(sums.length > 1
        ? text('operation.sum_channels', { channels: sums.length, sum: significant(sums.reduce((a, b) => a + b, 0)) })
        : text('operation.sum_one', { sum: significant(sums[0]) }));
      if (bias !== null) words.push(text('operation.plus_bias', { bias: signed(bias), value: significant(value) }));
    } else if (kind === 'average') words.push(text('operation.average', { divisor, value: significant(value) }));
    else {
      words.push(text('operation.maximum', { value: significant(value), row: rows[winner[0]] + 1, column: columns[winner[1]] + 1 }));
      if (ties > 1) words.push(text('operation.ties', { count: ties }));
    }
    for (const [name, later] of then) words.push(text('operation.then', { name, value: significant(later) }));
    return words.join(' ');
  }

  // ---- what lies under the pointer -------------------------------------------------------------

  probePicture(row, column) {
    const { text } = this.context;
    const { operation_picture: picture, operation_field: field, operation_slope: slope } = this.arrays;
    const [channels, height, width] = picture.shape;
    const at = row * width + column;
    const values = Array.from({ length: Math.min(channels, 3) }, (_, k) => picture.data[k * height * width + at]);
    return [
      { title: true, label: text('maps.cell', { row: row + 1, column: column + 1 }) },
      { label: text('operation.pixel'), value: values.join(', ') },
      { label: text('operation.in_field'), value: text(field.data[at] ? 'operation.yes' : 'operation.no') },
      { label: text('operation.slope_value'), value: significant(slope.data[at]) },
    ];
  }

  probeMap(row, column) {
    const { data, shape: [, columns] } = this.arrays.operation_map;
    return [
      { title: true, label: this.context.text('maps.cell', { row: row + 1, column: column + 1 }) },
      { label: this.context.text('maps.value'), value: significant(data[row * columns + column]) },
    ];
  }

  probeInput(row, column) {
    const { data, shape: [, columns] } = this.arrays.operation_input;
    return [
      { title: true, label: this.context.text('maps.cell', { row: row + 1, column: column + 1 }) },
      { label: this.context.text('maps.value'), value: significant(data[row * columns + column]) },
    ];
  }

  probeTerm(row, column) {
    const { text } = this.context;
    const { columns, told, inside, conv, values: [patch, products, kernel] } = this.terms;
    const i = row * columns + column;
    const from = { title: true, label: text('maps.cell', { row: told.rows[row] + 1, column: told.columns[column] + 1 }) };
    if (!inside[i]) return [from, { label: text('operation.padding') }];
    if (!conv) return [from, { label: text('maps.value'), value: significant(patch[i]) }];
    return [from, { label: `${significant(patch[i])} × ${significant(kernel[i])}`, value: `= ${significant(products[i])}` }];
  }

  save() {
    const { context: { text, theme }, hub } = this;
    if (!this.told) return;
    const grids = [this.picture, this.map, ...(choice.promises ? [] : [this.patch, this.kernel, this.products])]
      .map(({ canvas }) => canvas).filter(({ clientWidth }) => clientWidth);
    const sizes = grids.map((canvas) => [canvas.clientWidth, canvas.clientHeight]);
    const title = `${this.mapTitle.textContent} · ${text('bar.epoch_count')} ${hub.header.epoch}`;
    return savePng({
      name: fileName('operation', hub.header), title, theme,
      width: sizes.reduce((sum, [width]) => sum + width + 18, 14), height: Math.max(...sizes.map(([, height]) => height)) + 40,
    }, (canvas) => {
      let x = 14;
      grids.forEach((grid, i) => {
        canvas.drawImage(grid, x, 0, ...sizes[i]);
        x += sizes[i][0] + 18;
      });
      canvas.font = `12px ${theme.font}`;
      canvas.fillText(this.equation.textContent, 14, Math.max(...sizes.map(([, height]) => height)) + 22);
    });
  }

  destroy() {
    this.promises.destroy();
  }
}

/** The smallest box round a mask; null round none. */
function bounds(mask, height, width) {
  let [top, left, bottom, right] = [height, width, -1, -1];
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    const [row, column] = [Math.floor(i / width), i % width];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  }
  return bottom < 0 ? null : { row: top, column: left, rows: bottom - top + 1, columns: right - left + 1 };
}

function largest(values) {
  let most = 1e-12;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** "3–5", counted from 1. */
const span = (places) => (places.length > 1 ? `${places[0] + 1}–${places.at(-1) + 1}` : `${places[0] + 1}`);
