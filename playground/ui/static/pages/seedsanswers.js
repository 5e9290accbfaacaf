/** What all networks say of one picture, sequence or rating: votes, places, values, curves, pictures. */

import { css, inkOn, mix } from '../colors.js';
import { altText, el, fitCanvas, setText } from '../dom.js';
import { visible } from '../outputs/seqparts.js';
import { called } from '../scene.js';
import { drawPicture } from '../thumbnails.js';
import { percent, short, significant } from '../words.js';
import { Dots } from './seedsdots.js';

/** What an answer is called: a class in the visitor's language, others with signs for what cannot be seen. */
export function answerName(said, form, context) {
  return form === 'class' ? String(called(said)) : [...said].map((one) => visible(one, context)).join('');
}

/** What was read, on one line. */
export const readText = (read) => read.replaceAll('\n', '↵');

/** "Picture 12": the kind of a point and its place among those of its part. */
export function pointName({ text }, { kind }, index) {
  const number = index + 1;
  if (kind === 'ratings') return text('seeds.point_rating', { number });
  return text(kind === 'pictures' ? 'seeds.point_picture' : 'seeds.point_sequence', { number });
}

export class DisputedAnswers {
  /**
   * @param {object} context of the stage
   * @param {{words: (member: number) => object[], onChoose: (member: number) => void}} options as of dots
   */
  constructor(context, options) {
    Object.assign(this, { context, hub: context.hub });
    const { text } = context;
    this.title = el('h3', { class: 'np-title', text: text('seeds.answers') });
    this.picture = el('canvas', { class: 'np-picture', role: 'img' });
    this.read = el('p', { class: 'np-seeds-asked' });
    this.votes = el('div', { class: 'np-seeds-votes', role: 'list', 'aria-label': text('seeds.answers') });
    this.places = el('div', { class: 'np-seeds-places', role: 'img', tabindex: '0' });
    this.strip = new ValueStrip(context, options);
    this.series = new Series(context);
    this.gallery = new Pictures(context);
    this.note = el('p', { class: 'np-caption' });
    this.body = el('div', { class: 'np-seeds-answers-body', tabindex: '0', role: 'region', 'aria-label': text('seeds.answers') }, this.picture,
      el('div', { class: 'np-seeds-answers-text' }, this.read, this.note, this.places, this.votes, this.strip.node, this.series.node, this.gallery.node));
    this.node = el('section', { class: 'np-seeds-card np-seeds-answers' }, el('div', { class: 'np-head' }, this.title), this.body);
    this.placesAlt = altText(this.places, text('seeds.answers'));
    this.rows = [];
  }

  paint(hub) {
    const { header: { disputed }, arrays, scene } = hub;
    const chosen = disputed?.chosen;
    if (!chosen) return;
    const { text } = this.context;
    const { form } = disputed;
    setText(this.title, text('seeds.answers_of', { name: pointName(this.context, scene, chosen.index) }));
    this.showPicture(arrays.disputed_picture, form, chosen);
    setText(this.read, chosen.read ? text('seeds.read', { read: readText(chosen.read) }) : '');
    this.read.hidden = !chosen.read;
    this.places.hidden = form !== 'classes';
    this.votes.hidden = !chosen.votes;
    this.strip.node.hidden = form !== 'value';
    this.series.node.hidden = form !== 'values';
    this.gallery.node.hidden = form !== 'picture';
    if (chosen.votes) this.paintVotes(chosen, form, scene);
    if (form === 'classes') this.paintPlaces(chosen, scene);
    if (form === 'value') this.strip.paint(hub, chosen);
    if (form === 'values') this.series.paint(hub);
    if (form === 'picture') this.gallery.paint(hub, chosen);
    setText(this.note, this.caption(form, chosen));
  }

  caption(form, { truth, said, spread }) {
    const { text } = this.context;
    if (form === 'class' || form === 'classes') return text('seeds.answers_right', { truth: answerName(truth, form, this.context) });
    if (form === 'value') return text('seeds.answers_value', { said: significant(said), spread: significant(spread), truth: significant(truth) });
    return text(form === 'values' ? 'seeds.answers_series' : 'seeds.answers_pictures');
  }

  showPicture(array, form, { index, truth }) {
    this.picture.hidden = !array || form === 'picture';
    if (this.picture.hidden) return;
    drawPicture(this.picture, array.data, array.shape);
    this.picture.setAttribute('aria-label', this.context.text('seeds.picture_alt', { number: index + 1, truth: truth ?? '–' }));
  }

  /** A bar for each answer, the most frequent first. */
  paintVotes({ votes, others: [kinds, count] }, form, scene) {
    const { text, theme } = this.context;
    const items = votes.map((vote) => ({ ...vote, name: answerName(vote.said, form, this.context) || '–',
      color: vote.class == null ? css(vote.right ? theme.colors.positive : theme.colors.negative) : css(theme.colors.classOf(vote.class, scene.class_names.length)) }));
    if (count) items.push({ name: text('seeds.other_answers', { kinds }), count, color: theme.line });
    while (this.rows.length < items.length) this.addRow();
    this.rows.forEach((row, k) => {
      const item = items[k];
      row.node.hidden = !item;
      if (!item) return;
      setText(row.name, item.name);
      row.name.title = item.name;
      setText(row.mark, item.right ? '✓' : '');
      setText(row.count, String(item.count));
      row.bar.style.width = `${(100 * item.count) / scene.count}%`;
      row.bar.style.background = item.color;
      row.node.setAttribute('aria-label', text(item.right ? 'seeds.vote_right' : 'seeds.vote', { said: item.name, votes: item.count, count: scene.count }));
    });
  }

  addRow() {
    const row = { name: el('span', { class: 'np-seeds-vote' }), mark: el('b'), bar: el('i'), count: el('span', { class: 'np-out' }) };
    row.node = el('div', { class: 'np-seeds-vote-row', role: 'listitem' }, row.name, row.mark, el('span', { class: 'np-seeds-agree' }, row.bar), row.count);
    this.rows.push(row);
    this.votes.append(row.node);
  }

  /** A column for each place: what most say, as strong as they agree, and below it what is right. */
  paintPlaces({ places }, scene) {
    const { context } = this;
    const { colors, dark } = context.theme;
    const key = JSON.stringify(places) + dark + scene.count;
    if (key === this.shown) return;
    this.shown = key;
    this.places.replaceChildren(...places.map(({ said, agree, truth }, k) => {
      const cell = el('span', { text: visible(said, context) });
      const ground = mix(colors.middle, said === truth ? colors.positive : colors.negative, agree / scene.count);
      cell.style.background = css(ground);
      cell.style.color = inkOn(ground);
      const title = context.text('seeds.place', { place: k + 1, said, agree, count: scene.count, truth });
      return el('div', { title }, cell, el('small', { text: visible(truth, context) }));
    }));
    this.placesAlt(() => context.text('seeds.places_alt', {
      said: places.map(({ said }) => said).join(' '), agree: percent(places.reduce((sum, { agree }) => sum + agree, 0) / places.length / scene.count),
      truth: places.map(({ truth }) => truth).join(' '),
    }));
  }

  themed() {
    this.shown = '';
  }

  destroy() {}
}

const EDGE = { left: 12, right: 12, top: 8, bottom: 22 };

/** Every network's value on a line, and the right one. */
class ValueStrip extends Dots {
  constructor(context, options) {
    super(context, options);
    this.canvas = el('canvas', { role: 'img', tabindex: '0', class: 'np-seeds-strip' });
    this.node = el('div', { class: 'np-seeds-values' }, this.canvas);
    this.listen(this.canvas, ({ offsetX, offsetY }) => ({ x: offsetX, y: offsetY }), this.node);
    this.alt = altText(this.canvas, context.text('seeds.answers'));
  }

  paint(hub, { truth }) {
    const { clientWidth: width, clientHeight: height } = this.node;
    const values = hub.arrays.disputed_values?.data;
    if (!width || !values) return;
    this.take(hub);
    const [low, high] = this.ends(values, truth);
    const toX = (value) => EDGE.left + ((value - low) / (high - low)) * (width - EDGE.left - EDGE.right);
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    this.axis(context, { width, height, low, high });
    this.line(context, toX(truth), height);
    const radius = values.length > 100 ? 3.5 : 5;
    this.stack([...values].map(toX), radius, { bottom: height - EDGE.bottom, room: height - EDGE.bottom - EDGE.top });
    this.dots(context, () => false, radius);
    this.alt(() => this.context.text('seeds.values_alt', { low: significant(Math.min(...values)), high: significant(Math.max(...values)), truth: significant(truth) }));
  }

  /** Grows at once and shrinks never, as long as one point is looked at. */
  ends(values, truth) {
    const { header: { disputed }, scene } = this.hub;
    const key = `${scene.id}|${disputed.chosen.index}`;
    const [low, high] = [Math.min(...values, truth), Math.max(...values, truth)];
    const known = key === this.of ? this.range : [Infinity, -Infinity];
    this.of = key;
    if (low < known[0] || high > known[1]) {
      const margin = 0.08 * (high - low || 1);
      this.range = [Math.min(known[0], low - margin), Math.max(known[1], high + margin)];
    }
    return this.range;
  }

  axis(context, { width, height, low, high }) {
    const { theme } = this.context;
    const y = Math.round(height - EDGE.bottom) + 0.5;
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(EDGE.left, y, width - EDGE.left - EDGE.right, 0);
    context.fillStyle = theme.muted;
    context.font = `11px ${theme.font}`;
    context.textBaseline = 'top';
    for (let i = 0; i <= 4; i++) {
      context.textAlign = i === 0 ? 'left' : i === 4 ? 'right' : 'center';
      context.fillText(short(low + ((high - low) * i) / 4), EDGE.left + ((width - EDGE.left - EDGE.right) * i) / 4, y + 5);
    }
  }

  line(context, x, height) {
    Object.assign(context, { strokeStyle: this.context.theme.text, lineWidth: 1.5 });
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(x, EDGE.top);
    context.lineTo(x, height - EDGE.bottom);
    context.stroke();
    context.setLineDash([]);
  }

  destroy() {}
}

/** The median of the networks' series, bands of them, what is right, and one network's own. */
class Series {
  constructor(context) {
    this.context = context;
    this.canvas = el('canvas', { role: 'img', tabindex: '0' });
    this.node = el('div', { class: 'np-seeds-series' }, this.canvas);
    this.alt = altText(this.canvas, context.text('seeds.answers'));
  }

  paint({ arrays: { disputed_fan: fan, disputed_truth: truth, disputed_own: own }, header }) {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !fan) return;
    const { theme, text } = this.context;
    const [levels, places] = fan.shape;
    const at = (level) => fan.data.subarray(level * places, (level + 1) * places);
    const [low, high] = [Math.min(...truth.data, ...fan.data), Math.max(...truth.data, ...fan.data)];
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    const left = 44;
    const toX = (place) => left + (place / Math.max(1, places - 1)) * (width - left - 8);
    const toY = (value) => 8 + ((high - value) / (high - low || 1)) * (height - 32);
    this.axes(context, { low, high, left, width, height, places, toX, toY });
    const trail = (values, from, to, step) => {
      for (let i = from; i !== to; i += step) context.lineTo(toX(i), toY(values[i]));
    };
    for (const [a, b, alpha] of [[0, levels - 1, 0.2], [1, levels - 2, 0.28]]) {
      context.beginPath();
      trail(at(a), 0, places, 1);
      trail(at(b), places - 1, -1, -1);
      context.fillStyle = css(theme.colors.negative, alpha);
      context.fill();
    }
    const draw = (values, color, lineWidth, dash) => {
      context.beginPath();
      trail(values, 0, places, 1);
      context.setLineDash(dash);
      Object.assign(context, { strokeStyle: color, lineWidth, lineJoin: 'round' });
      context.stroke();
      context.setLineDash([]);
    };
    draw(at(Math.floor(levels / 2)), css(theme.colors.negative), 2.5, []);
    draw(truth.data, css(theme.colors.positive), 1.8, [5, 3]);
    if (own && header.member != null) draw(own.data, theme.text, 1.5, []);
    this.alt(() => text('seeds.series_alt', { places, low: significant(low), high: significant(high) }));
  }

  axes(context, { low, high, left, width, height, places, toX, toY }) {
    const { theme } = this.context;
    Object.assign(context, { fillStyle: theme.muted, strokeStyle: theme.faint, lineWidth: 1, font: `11px ${theme.font}`, textAlign: 'right', textBaseline: 'middle' });
    for (let i = 0; i <= 2; i++) {
      const value = low + ((high - low) * i) / 2;
      context.fillText(short(value), left - 6, toY(value));
      context.strokeRect(left, Math.round(toY(value)) + 0.5, width - left - 8, 0);
    }
    Object.assign(context, { textAlign: 'center', textBaseline: 'top' });
    for (const place of [0, Math.floor((places - 1) / 2), places - 1]) context.fillText(String(place + 1), toX(place), height - 16);
  }
}

/** A picture, the mean of what is drawn of it, where the networks differ, and one network's own. */
class Pictures {
  constructor(context) {
    this.context = context;
    this.node = el('div', { class: 'np-seeds-gallery' });
    this.frames = ['disputed_picture', 'disputed_mean', 'disputed_apart', 'disputed_own'].map((name) => {
      const frame = { name, canvas: el('canvas', { class: 'np-picture', role: 'img' }), words: el('figcaption') };
      frame.node = el('figure', {}, frame.canvas, frame.words);
      this.node.append(frame.node);
      return frame;
    });
  }

  paint({ arrays, header }, { top }) {
    const { text } = this.context;
    const names = [text('seeds.drawn_true'), text('seeds.mean_short'), text('seeds.drawn_apart', { most: significant(top) }),
      header.member == null ? '' : text('seeds.network', { number: header.member + 1 })];
    this.frames.forEach(({ name, canvas, words, node }, k) => {
      const array = arrays[name];
      node.hidden = !array || !names[k];
      if (node.hidden) return;
      drawPicture(canvas, array.data, array.shape);
      canvas.setAttribute('aria-label', names[k]);
      setText(words, names[k]);
    });
  }
}
