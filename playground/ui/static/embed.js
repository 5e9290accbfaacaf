/**
 * Kernel PCA and t-SNE of a layer's activations, beside its principal components: computed for one
 * moment, which is said; t-SNE is seen at work.
 */

import { Axes } from './axes.js';
import { Brush, selectionOf } from './brush.js';
import { altText, el, toggle } from './dom.js';
import { steadyRange } from './plot.js';
import { fileName, savePng } from './png.js';
import { pointColor } from './points.js';
import { blockName, className, hiddenBlocks, isRegression, neuronBlocks } from './scene.js';
import { litLast, nearestSpot, paintSpot } from './scores.js';
import { Study } from './study.js';
import { choosesPictures, paintThumbnails, thumbnail } from './thumbnails.js';
import { Tooltip } from './tooltip.js';
import { percent, significant } from './words.js';

const SIZE = 3.6;
const PERPLEXITIES = [5, 10, 20, 30, 50];
const WIDTHS = [0.25, 0.5, 1, 2, 4];

/** What the visitor chose outlives a change of tab. */
const choice = { method: 'tsne', block: null, perplexity: 30, kernel: 'rbf', width: 1, seed: 1, pooled: false };

export function createEmbed(context, body, tools) {
  return new Embed(context, body, tools);
}

class Embed {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.ranges = [steadyRange(), steadyRange()];
    this.study = new Study(context, 'embed', () => this.options(), context.text('embed.ask'));
    this.build(body, tools);
    this.listen();
  }

  build(body, tools) {
    const { text } = this.context;
    const select = (key, values, label) => {
      const node = el('select', {
        class: 'np-select', 'aria-label': label, title: label,
        on: { change: () => this.choose(key, typeof values[0] === 'number' ? Number(node.value) : node.value) },
      });
      return node;
    };
    this.layer = select('block', [0], text('pca.layer'));
    this.method = select('method', [''], text('embed.method'));
    this.method.append(...['tsne', 'kernel'].map((name) => el('option', { value: name, text: text(`embed.${name}`) })));
    this.perplexity = select('perplexity', PERPLEXITIES, text('embed.perplexity_tip'));
    this.perplexity.append(...PERPLEXITIES.map((value) =>
      el('option', { value, text: text('embed.perplexity', { value }) })));
    this.kernel = select('kernel', [''], text('embed.kernel_tip'));
    this.kernel.append(...['rbf', 'poly', 'cosine'].map((name) =>
      el('option', { value: name, text: text(`embed.kernel_${name}`) })));
    this.width = select('width', WIDTHS, text('embed.width_tip'));
    this.width.append(...WIDTHS.map((value) => el('option', { value, text: text('embed.width', { value }) })));
    this.seed = el('input', {
      type: 'number', class: 'np-number', min: 0, max: 99999, step: 1, value: choice.seed,
      'aria-label': text('embed.seed'), title: text('embed.seed_tip'),
      on: { change: () => this.choose('seed', Math.max(0, Math.min(99999, Math.round(Number(this.seed.value)) || 0))) },
    });
    const seed = el('label', { class: 'np-inline' }, el('span', { text: text('embed.seed') }), this.seed);
    this.axes = new Axes(this.context, () => this.hub.invalidate(), { grid: true });
    this.tip = new Tooltip(this.axes.host);
    this.alt = altText(this.axes.host, text('analysis.embed'));
    this.brush = new Brush(this.context, this.axes.host, () => this.axes.rect, () => this.spots ?? [],
      () => this.unpoint());
    this.pooled = toggle({
      label: text('pca.pooled'), tip: text('pca.pooled_tip'), pressed: choice.pooled, onChange: (on) => this.choose('pooled', on),
    });
    tools.append(this.layer, this.pooled, this.method, this.perplexity, this.kernel, this.width, seed, this.brush.tools, this.brush.button);
    this.hint = el('p', { class: 'np-empty np-over' });
    this.hint.textContent = text('embed.hint');
    this.facts = el('span', { class: 'np-caption' });
    this.study.node.append(this.facts);
    body.append(el('div', { class: 'np-embed' }, this.study.node,
      el('div', { class: 'np-embed-plot' }, this.axes.host, this.hint)));
    this.showChoices();
  }

  options() {
    const { method, perplexity, kernel, width, seed, pooled } = choice;
    return { method, perplexity, kernel, width, seed, pooled, block: Number(this.layer.value) };
  }

  choose(key, value) {
    choice[key] = value;
    this.showChoices();
    this.study.ask();
  }

  showChoices() {
    const tsne = choice.method === 'tsne';
    this.pooled.hidden = this.hub.scene?.blocks[Number(this.layer.value)]?.size?.length !== 3;
    for (const key of ['method', 'perplexity', 'kernel', 'width', 'seed']) this[key].value = choice[key];
    this.perplexity.hidden = !tsne;
    this.kernel.hidden = tsne;
    this.width.hidden = tsne || choice.kernel === 'cosine';
  }

  fillLayers(scene) {
    if (this.scene === scene.id) return;
    this.scene = scene.id;
    const { text } = this.context;
    const blocks = neuronBlocks(scene).filter((index) => index > 0);
    this.layer.replaceChildren(...blocks.map((index) =>
      el('option', { value: index, text: blockName(text, scene, index) })));
    const hidden = hiddenBlocks(scene, blocks);
    this.layer.value = hidden.includes(choice.block) ? choice.block : hidden.at(-1) ?? blocks.at(-1);
    this.showChoices();
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    this.fillLayers(hub.scene);
    this.study.paint(hub);
    const { head, arrays } = this.study;
    const live = this.study.working && hub.arrays.embed_now;
    const points = live ? hub.arrays.embed_now : arrays.embed_points;
    const places = live ? hub.arrays.embed_now_place : arrays.embed_place;
    if (!this.study.working) {
      delete hub.arrays.embed_now;
      delete hub.arrays.embed_now_place;
    }
    this.hint.hidden = Boolean(points);
    this.brush.place();
    if (!points || !places || !this.axes.host.clientWidth) return;
    this.last = { points, places, head: live ? null : head };
    this.frame(hub.scene);
    const context = this.axes.begin();
    context.clearRect(0, 0, this.axes.rect.width, this.axes.rect.height);
    this.paintSpots(context);
    if (this.pointer) this.showTip();
    this.tell(head);
  }

  /** What the result is of, in numbers. */
  tell(head) {
    const { text } = this.context;
    if (this.study.working || !head) {
      this.facts.textContent = '';
      return;
    }
    const of = head.points < head.of ? text('embed.sample', { points: head.points, of: head.of, seed: head.seed }) : '';
    const about = head.method === 'tsne'
      ? text('embed.about_tsne', { perplexity: head.perplexity, divergence: significant(head.divergence) })
      : text('embed.about_kernel', { first: percent(head.ratios[0]), second: percent(head.ratios[1]) });
    const words = [blockName(text, this.hub.scene, Math.min(head.block, this.hub.scene.blocks.length - 1)), about, of]
      .filter(Boolean).join(' · ');
    if (this.facts.textContent !== words) this.facts.textContent = words;
    this.alt(() => text('embed.alt', {
      method: text(`embed.${head.method}`), about: words, epoch: head.epoch, points: head.points,
    }));
  }

  frame(scene) {
    const { data, shape: [n] } = this.last.points;
    const sides = [0, 1].map((k) => {
      let [low, high] = [Infinity, -Infinity];
      for (let i = k; i < n * 2; i += 2) [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
      return this.ranges[k](low, high);
    });
    const { text } = this.context;
    const kernel = this.last.head?.method === 'kernel';
    const label = (k) => (kernel ? text('variance_axis', {
      name: text('embed.axis_kernel', { number: k + 1 }), percent: Math.round(this.last.head.ratios[k] * 100),
    }) : text('embed.axis_tsne', { number: k + 1 }));
    this.axes.setHome({
      // While it works nothing is kept of a zoom: the picture grows.
      scene: `${scene.id}|${this.last.head ? this.study.version : sides}`, x: sides[0], y: sides[1], equal: false, xLabel: label(0), yLabel: label(1),
    });
  }

  paintSpots(context) {
    const { axes, hub, context: { theme } } = this;
    const { points: { data }, places } = this.last;
    const { points_train: train, points_test: test } = hub.arrays;
    const count = train?.shape[0] ?? 0;
    const selection = selectionOf(hub);
    const spots = Array.from(places.data, (place, i) => {
      const inTest = place >= count;
      const index = inTest ? place - count : place;
      const value = (inTest ? test : train)?.data[index * 3 + 2] ?? 0;
      return {
        x: axes.toX(data[i * 2]), y: axes.toY(data[i * 2 + 1]), test: inTest, index, value,
        lit: selection.lit(inTest, index), color: pointColor(hub.scene, theme, value),
      };
    });
    this.spots = litLast(spots.sort((a, b) => Number(b.test) - Number(a.test)));
    for (const spot of this.spots) paintSpot(context, spot, SIZE, theme);
    paintThumbnails(context, this.spots, hub, axes.rect);
  }

  // ---- pointer and keys ----------------------------------------------------------------------

  listen() {
    const { host } = this.axes;
    host.addEventListener('pointermove', (event) => {
      this.pointer = event.buttons ? null : this.axes.pixel(event);
      this.showTip();
    });
    host.addEventListener('pointerleave', () => this.unpoint());
    choosesPictures(host, this.hub, (event) => nearestSpot(this.spots, this.axes.pixel(event)));
    host.addEventListener('keydown', (event) => this.brush.key(event) || this.axes.key(event));
  }

  unpoint() {
    this.pointer = null;
    this.tip.hide();
  }

  showTip() {
    const spot = this.pointer && nearestSpot(this.spots, this.pointer);
    if (!spot) return this.tip.hide();
    const { text } = this.context;
    const { scene } = this.hub;
    const { left, top } = this.axes.rect;
    const name = isRegression(scene) ? significant(spot.value) : className(scene, spot.value);
    const words = `${name} · ${text(spot.test ? 'map.test' : 'map.train')} ${spot.index + 1}`;
    const picture = thumbnail(this.hub, spot.test, spot.index);
    this.tip.show(this.pointer.x + left, this.pointer.y + top, [
      { title: true, label: words, color: spot.color }, ...(picture ? [{ picture }] : []),
    ]);
  }

  async save() {
    const { axes, context: { text, theme }, study: { head } } = this;
    if (!this.last || !head) return;
    const { width, height } = axes.size;
    const title = `${text(`embed.${head.method}`)} · ${text('bar.epoch_count')} ${head.epoch}`;
    await savePng({ name: fileName(head.method, head), title, width, height, theme }, (canvas) =>
      axes.paintOn(canvas, () => this.paintSpots(canvas)));
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.axes.destroy();
  }
}
