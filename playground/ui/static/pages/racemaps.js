/** The maps of a race side by side, and where two of its lanes disagree. */

import { css } from '../colors.js';
import { altText, el, fitCanvas, setText } from '../dom.js';
import { buildLegend } from '../legend.js';
import { pointColor } from '../points.js';
import { Raster } from '../raster.js';
import { isLine } from '../scene.js';
import { accuracy, percent, short, significant } from '../words.js';
import { colorOf, letter } from './racelanes.js';
import { laneOf, RaceReader } from './racereader.js';

const MOST_POINTS = 300; // that a small map shows
const DISTANCE = 4; // the class colour that a distance without a sign is painted in

export class RaceMaps {
  /**
   * @param {object} context of the stage
   * @param {(lane: number) => void} open opens a lane in the playground
   * @param {{a: number, b: number}} choice the lanes that are compared
   * @param {() => void} chosen
   */
  constructor(context, open, choice, chosen) {
    Object.assign(this, { context, open, choice, chosen });
    const { text } = context;
    this.bare = true; // its legend speaks of colours alone
    this.legend = el('div', { class: 'np-legend' });
    this.hint = el('p', { class: 'np-caption' });
    this.grid = el('div', { class: 'np-race-maps', role: 'group', 'aria-label': text('race.maps') });
    this.node = el('section', { class: 'np-race-all' }, this.grid, this.legend, this.hint);
    this.reader = new RaceReader(context, this.grid, () => this.figures.map(({ name }) => name));
  }

  /** New lanes. @param {{value: string, label: string}[]} lanes */
  build(lanes) {
    const { text } = this.context;
    this.lanes = lanes;
    this.figures = lanes.map(({ label }, lane) => {
      const name = `${letter(lane)} · ${label}`;
      const figure = {
        name, raster: new Raster(), canvas: el('canvas', { role: 'img', 'aria-label': name }),
        swatch: el('i', { class: 'np-race-swatch' }), score: el('span', { class: 'np-race-score' }),
      };
      figure.button = el('button', {
        type: 'button', class: 'np-toggle', text: text('race.open'), title: text('race.open_tip'),
        'aria-label': `${text('race.open')}: ${name}`, on: { click: () => this.open(lane) },
      });
      figure.alt = altText(figure.canvas, name);
      this.reader.listen(figure.canvas);
      figure.node = el('figure', {}, el('figcaption', {}, figure.swatch, el('b', { text: name }), figure.score),
        el('div', {}, figure.canvas), figure.button);
      return figure;
    });
    this.difference = {
      raster: new Raster(), canvas: el('canvas', { role: 'img', 'aria-label': text('race.difference') }),
      words: el('small', {}),
      selects: ['a', 'b'].map((side) => this.select(side)),
    };
    const { selects, canvas, words } = this.difference;
    this.difference.alt = altText(canvas, text('race.difference'));
    this.reader.listen(canvas);
    this.difference.node = el('figure', { class: 'np-race-difference' },
      el('figcaption', {}, el('b', { text: text('race.difference') })),
      el('div', {}, canvas), el('div', { class: 'np-race-pair' }, selects[0], selects[1], words));
    this.grid.replaceChildren(...this.figures.map(({ node }) => node), this.difference.node, this.reader.tip.node);
  }

  select(side) {
    const { text } = this.context;
    const node = el('select', {
      class: 'np-select', 'aria-label': text(`race.lane_${side}`),
      on: { change: ({ target }) => {
        this.choice[side] = Number(target.value);
        this.chosen();
      } },
    }, ...this.lanes.map(({ label }, lane) => el('option', { value: String(lane), text: `${letter(lane)} · ${label}` })));
    node.value = String(this.choice[side]);
    return node;
  }

  paint(hub) {
    const { scene, arrays, header } = hub;
    const { theme } = this.context;
    const flat = Boolean(scene.inputs && arrays.maps?.shape[0] === this.figures.length);
    for (const node of [this.difference.node, this.legend, this.hint]) node.hidden = !flat;
    setText(this.hint, this.context.text(scene.tested ? 'race.maps_hint' : 'race.maps_hint_train'));
    this.grid.tabIndex = flat ? 0 : -1;
    this.figures.forEach((figure, lane) => {
      const { state, test_score: test, train_score: train } = header.lanes[lane];
      figure.swatch.style.background = colorOf(theme, lane);
      const score = this.written(header, scene.tested ? test : train);
      setText(figure.score, state === 'diverged' ? this.context.text('race.state_diverged') : score);
      figure.canvas.hidden = !flat;
      if (!flat) return;
      this.paintMap(figure, laneOf(arrays.maps, lane), hub);
      figure.alt(() => this.context.text('race.map_alt', { name: figure.name, score }));
    });
    if (!flat) return this.reader.put(null);
    if (header.difference) this.paintDifference(hub);
    buildLegend(this, hub);
    this.reader.paint();
  }

  /** A colour of the scale as CSS, for the legend. */
  shade(share) {
    return css(this.context.theme.colors.pale(share));
  }

  written({ score }, value) {
    return score === 'r2' ? `R² ${significant(value)}` : accuracy(value);
  }

  frame(canvas, [x0, x1, y0, y1]) {
    const side = Math.max(60, canvas.parentElement.clientWidth);
    const context = fitCanvas(canvas, side, side);
    context.clearRect(0, 0, side, side);
    return {
      context, side,
      toX: (x) => ((x - x0) / (x1 - x0)) * side,
      toY: (y) => side - ((y - y0) / (y1 - y0)) * side,
    };
  }

  paintMap({ canvas, raster }, map, hub) {
    const { scene } = hub;
    const { colors } = this.context.theme;
    const frame = this.frame(canvas, scene.domain);
    if (isLine(scene)) {
      this.dots(frame, hub);
      this.line(frame, scene.domain, map.data, css(colors.negative));
      return this.reader.mark(frame, this.context.theme);
    }
    if (map.shape.length === 3) raster.classes(map, colors.mapClasses, false);
    else raster.values(map, colors.map);
    raster.draw(frame.context, frame, scene.domain);
    this.dots(frame, hub);
    this.reader.mark(frame, this.context.theme);
  }

  line({ context, toY, side }, [, , y0, y1], values, color) {
    context.strokeStyle = color;
    context.lineWidth = 2.5;
    context.beginPath();
    values.forEach((value, i) => context.lineTo((i / (values.length - 1)) * side, toY(Math.max(y0 - 1, Math.min(y1 + 1, value)))));
    context.stroke();
  }

  /** How far up and down a difference over one input reaches. */
  ends({ context, side }, reach) {
    const { theme } = this.context;
    context.font = `11px ${theme.font}`;
    context.fillStyle = theme.muted;
    context.textBaseline = 'middle';
    [[`+${short(reach)}`, 9], [`−${short(reach)}`, side - 9]].forEach(([words, y]) => context.fillText(words, 5, y));
  }

  dots({ context, toX, toY, side }, { scene, arrays }) {
    const { theme } = this.context;
    const { data, shape: [count] } = arrays.points_train;
    const every = Math.max(1, Math.ceil(count / MOST_POINTS));
    const size = Math.max(1.3, side / 130);
    context.lineWidth = 0.7;
    context.strokeStyle = theme.dark ? 'rgba(0,0,0,.65)' : '#fff';
    for (let i = 0; i < count; i += every) {
      context.fillStyle = pointColor(scene, theme, data[3 * i + 2]);
      context.beginPath();
      context.arc(toX(data[3 * i]), toY(data[3 * i + 1]), size, 0, 7);
      context.fill();
      context.stroke();
    }
  }

  paintDifference({ scene, arrays, header }) {
    const { text, theme } = this.context;
    const { canvas, raster, words } = this.difference;
    const { a, b, signed, mean, top } = header.difference;
    const names = { a: letter(a), b: letter(b) };
    const line = isLine(scene);
    const [x0, x1] = scene.domain;
    const reach = line && Math.max(1e-6, ...arrays.difference.data.map(Math.abs)) * 1.1;
    const domain = line ? [x0, x1, -reach, reach] : scene.domain;
    const frame = this.frame(canvas, domain);
    if (line) {
      frame.context.strokeStyle = theme.line;
      frame.context.strokeRect(-2, frame.side / 2, frame.side + 4, 0);
      this.line(frame, domain, arrays.difference.data, theme.text);
      this.ends(frame, reach);
    } else {
      raster.values(arrays.difference, signed ? theme.colors.neurons : theme.colors.mapClasses[DISTANCE]);
      raster.draw(frame.context, frame, domain);
    }
    this.reader.mark(frame, theme);
    const share = signed && scene.task === 'regression' ? significant(mean) : percent(mean / top, 1);
    const said = line ? 'race.difference_line' : signed ? 'race.difference_signed' : 'race.difference_distance';
    setText(words, text(said, { ...names, share }));
    this.difference.alt(() => {
      const there = this.reader.words();
      return `${text('race.difference')} ${names.a} − ${names.b}: ${text('race.difference_mean', { share })}${there ? ` · ${there}` : ''}`;
    });
  }
}
