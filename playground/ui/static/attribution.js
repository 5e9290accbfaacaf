/** What in the chosen picture speaks for a class, said in five ways, refreshed while it trains. */

import { mix } from './colors.js';
import { el, offer, select, setText, toggle } from './dom.js';
import { NumberGrid, signedShade } from './numbergrid.js';
import { Paced } from './paced.js';
import { fileName, savePng } from './png.js';
import { blockName, className, isRegression } from './scene.js';
import { count, percent, significant } from './words.js';

const WAYS = ['gradient', 'product', 'integrated', 'occlusion', 'cam'];

/** What the visitor chose outlives a change of tab. */
const choice = { class: -1, baseline: 'black', side: 0, block: -1, over: true };
const SIDES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]; // of the window that occlusion covers

export function createAttribution(context, body, tools) {
  return new Attribution(context, body, tools);
}

class Attribution {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.study = new Paced(context, 'attribution');
    const { text } = context;
    const list = (key, parse, more) => select({
      label: text(`attribution.${key}`), tip: text(`attribution.${key}_tip`),
      onChange: (value) => this.pick({ [key]: parse(value) }), ...more,
    });
    this.classes = list('class', Number);
    this.baseline = list('baseline', String, {
      options: ['black', 'mean'].map((name) => [name, text(`attribution.${name}`)]), value: choice.baseline,
    });
    this.window = list('side', Number);
    this.block = list('block', Number);
    const over = toggle({
      label: text('attribution.over'), tip: text('attribution.over_tip'), pressed: choice.over,
      onChange: (on) => {
        choice.over = on;
        this.hub.invalidate();
      },
    });
    tools.append(this.classes, this.baseline, this.window, this.block, over);
    this.facts = el('p', { class: 'np-caption np-facts', role: 'status' });
    this.cards = ['picture', ...WAYS].map((name, i) => this.card(name, i - 1));
    this.root = el('div', {
      class: 'np-pictures np-attribution', tabindex: '0', role: 'group', 'aria-label': text('analysis.attribution'),
    }, ...this.cards.map(({ node }) => node));
    body.append(el('div', { class: 'np-attribution-view' }, this.root, this.facts));
    this.pick({});
  }

  card(name, way) {
    const { text } = this.context;
    const grid = new NumberGrid(this.context, { label: text(`attribution.${name}`), probe: (...at) => this.probe(way, ...at) });
    const note = el('p', { class: 'np-caption' });
    const node = el('section', { class: 'np-way', title: text(`attribution.${name}_tip`) },
      el('h4', { text: text(`attribution.${name}`) }), grid.node, note);
    return { name, way, grid, note, node };
  }

  pick(change) {
    Object.assign(choice, change);
    const { side, block } = choice;
    this.hub.option('attribution', {
      class: choice.class, baseline: choice.baseline, ...(side > 0 && { window: side }), ...(block > 0 && { block }),
    });
    this.hub.invalidate();
  }

  // ---- painting --------------------------------------------------------------------------------

  paint(hub) {
    this.study.take(hub);
    const { head, arrays } = this.study;
    const said = this.study.said();
    if (said || !head || !arrays.attribution_ways) {
      setText(this.facts, said || this.context.text('attribution.measuring'));
      return;
    }
    this.fill(hub.scene, head);
    this.tell(hub.scene, head);
    for (const card of this.cards) this.paintCard(card, head, arrays);
  }

  fill(scene, { cam, outputs }) {
    const { text } = this.context;
    const { shape: [, height, width] } = this.study.arrays.attribution_picture;
    const key = `${scene.id}|${cam?.blocks}|${height}×${width}`;
    if (key === this.filled) return;
    this.filled = key;
    const values = isRegression(scene);
    const count = values ? outputs.length : scene.class_names.length;
    const scores = Array.from({ length: count }, (_, k) => [k, this.scoreName(scene, k)]);
    offer(this.classes, [[-1, text(values ? 'attribution.greatest' : 'attribution.predicted')], ...scores],
      choice.class < count ? choice.class : -1);
    const sides = SIDES.filter((side) => side <= Math.min(height, width));
    offer(this.window, [[0, text('attribution.side_auto')], ...sides.map((side) => [side, text('attribution.side_of', { side })])],
      sides.includes(choice.side) ? choice.side : 0);
    const maps = (cam?.blocks ?? []).map((index) => [index, text('attribution.cam_of', { name: blockName(text, scene, index) })]);
    offer(this.block, maps, cam?.blocks.includes(choice.block) ? choice.block : cam?.block);
  }

  /** A class; or an output, where there are none. */
  scoreName(scene, index) {
    return isRegression(scene) ? this.context.text('attribution.output', { number: index + 1 }) : className(scene, index);
  }

  tell(scene, head) {
    const { text, lang } = this.context;
    const { integrated } = head;
    setText(this.facts, text(isRegression(scene) ? 'attribution.facts_value' : 'attribution.facts', {
      class: this.scoreName(scene, head.class), score: significant(head.score),
      total: significant(integrated.total), difference: significant(integrated.difference),
      gap: percent(integrated.gap, 2), steps: integrated.steps, epoch: count(head.epoch, lang),
    }));
  }

  noteOf(name, head) {
    const { text, hub } = { text: this.context.text, hub: this.hub };
    if (name === 'picture') {
      const { part, index } = head.picture;
      return part === 'own' ? text('attribution.own') : `${text(part === 'test' ? 'map.test' : 'map.train')} ${index + 1}`;
    }
    if (name === 'gradient') return text('attribution.largest', { value: significant(this.largest(0)) });
    if (name === 'product') return text('attribution.sum', { value: significant(head.totals.product) });
    if (name === 'integrated') {
      return text('attribution.complete', {
        total: significant(head.integrated.total), difference: significant(head.integrated.difference),
      });
    }
    if (name === 'occlusion') return text('attribution.window', { side: head.occlusion.window, value: significant(head.occlusion.largest) });
    if (!head.cam) return text('attribution.no_cam');
    return text('attribution.channels', {
      name: blockName(text, hub.scene, head.cam.block), list: head.cam.top.slice(0, 2).map(([k, weight]) => `${k + 1} (${significant(weight)})`).join(', '),
    });
  }

  values(way) {
    const { data, shape: [, height, width] } = this.study.arrays.attribution_ways;
    return data.subarray(way * height * width, (way + 1) * height * width);
  }

  largest(way) {
    let most = 1e-12;
    for (const value of this.values(way)) most = Math.max(most, Math.abs(value));
    return most;
  }

  paintCard({ name, way, grid, note }, head, arrays) {
    const { theme } = this.context;
    const { data: picture, shape: [channels, height, width] } = arrays.attribution_picture;
    const size = height * width;
    const pixel = (i) => [0, 1, 2].map((k) => picture[(channels >= 3 ? k : 0) * size + i]);
    let shade = pixel;
    if (way >= 0) {
      const values = this.values(way);
      const most = this.largest(way);
      const tint = signedShade(theme, most);
      shade = (i) => {
        if (!choice.over) return tint(values[i]);
        const [r, g, b] = pixel(i);
        const grey = 0.3 * r + 0.59 * g + 0.11 * b;
        return mix([grey, grey, grey], tint(Math.sign(values[i]) * most), Math.min(1, Math.abs(values[i]) / most) * 0.92);
      };
    }
    const words = this.noteOf(name, head);
    setText(note, words);
    const side = grid.node.clientWidth;
    const boxes = name === 'occlusion' ? [{
      row: head.occlusion.place[0], column: head.occlusion.place[1], rows: head.occlusion.window, columns: head.occlusion.window, color: theme.text,
    }] : [];
    grid.paint({
      rows: height, columns: width, width: side, height: Math.max(60, Math.min(side, grid.node.clientHeight)), shade, boxes,
      alt: () => `${this.context.text(`attribution.${name}`)}: ${words}`,
    });
  }

  probe(way, row, column) {
    const { text } = this.context;
    const { attribution_picture: picture, attribution_ways: ways } = this.study.arrays;
    if (!ways) return null;
    const [channels, height, width] = picture.shape;
    const at = row * width + column;
    const pixel = Array.from({ length: Math.min(3, channels) }, (_, k) => picture.data[k * height * width + at]).join(', ');
    const rows = [{ title: true, label: text('maps.cell', { row: row + 1, column: column + 1 }) }, { label: text('operation.pixel'), value: pixel }];
    if (way >= 0) rows.push({ label: text(`attribution.${WAYS[way]}`), value: significant(this.values(way)[at]) });
    return rows;
  }

  save() {
    const { context: { text, theme }, hub, study: { head } } = this;
    if (!head) return;
    const parts = this.cards.map(({ name, grid: { canvas } }) => ({ name, canvas, width: canvas.clientWidth, height: canvas.clientHeight }));
    const title = `${text('analysis.attribution')} · ${this.scoreName(hub.scene, head.class)} · ${text('bar.epoch_count')} ${head.epoch}`;
    return savePng({
      name: fileName('attribution', head), title, theme,
      width: parts.reduce((sum, { width }) => sum + width + 14, 14), height: Math.max(...parts.map(({ height }) => height)) + 34,
    }, (canvas) => {
      let x = 14;
      canvas.font = `12px ${theme.font}`;
      for (const { name, canvas: part, width, height } of parts) {
        canvas.fillStyle = theme.text;
        canvas.fillText(text(`attribution.${name}`), x, 8, width);
        canvas.drawImage(part, x, 20, width, height);
        x += width + 14;
      }
    });
  }

  destroy() {}
}
