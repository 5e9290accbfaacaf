/**
 * Leave one out: the network retrained without each training point. Points are coloured by what
 * they do to it; the most harmful and the most helpful ones are listed; the chosen one says how
 * the picture changes without it, and can be left out of the visitor's own experiment.
 */

import { altText, el, setText } from './dom.js';
import { InfluenceMap } from './influencemap.js';
import { fileName, savePng } from './png.js';
import { className, isLine, isRegression } from './scene.js';
import { Study } from './study.js';
import { count, percent, short, signed, significant } from './words.js';

const EPOCHS = [30, 100, 300, 1000];
const STARTS = [1, 3, 5];
const POINTS = [50, 100, 250, 500, 1000];
const MANY = 300; // from so many points on a part of them is proposed
const SHOWN = 8;
const MOST_LEFT_OUT = 100;
const KINDS = ['', 'mislabelled', 'outlying', 'painted'];
const ROWS = ['place', 'x', 'y', 'target', 'test', 'testHalf', 'own', 'ownHalf', 'kind', 'well'];

/** What the visitor chose outlives a change of tab. */
const choice = { epochs: 100, starts: 1, points: null, measure: 'test', place: -1 };

export function createInfluence(context, body, tools) {
  return new Influence(context, body, tools);
}

class Influence {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.body = body;
    const { text, lang } = context;
    this.study = new Study(context, 'influence', () => this.asked(), text('influence.ask'));
    this.study.timeless = true;
    this.study.button.title = text('influence.ask_tip');
    this.hub.option('influence', { fresh: false, point: choice.place, drawn: '' });
    this.selects = {
      epochs: this.select('epochs', EPOCHS.map((n) => [n, text('influence.epochs_n', { count: count(n, lang) })])),
      starts: this.select('starts', STARTS.map((n) => [n, text(`influence.starts_${n}`)])),
      points: this.select('points', []),
      measure: this.select('measure', ['test', 'own'].map((name) => [name, text(`influence.measure_${name}`)])),
    };
    tools.append(...Object.values(this.selects));
    this.map = new InfluenceMap(context, (place) => this.choose(place));
    this.legend = el('div', { class: 'np-influence-legend' });
    this.facts = el('p', { class: 'np-caption', role: 'status' });
    this.lists = el('div', { class: 'np-influence-lists' });
    this.acts = el('div', { class: 'np-influence-do' });
    body.append(el('div', { class: 'np-influence' },
      el('div', { class: 'np-influence-plot' }, this.map.node, this.legend),
      el('div', { class: 'np-influence-side', tabindex: '0', role: 'group', 'aria-label': text('influence.found') },
        this.study.node, this.acts, this.lists, this.facts)));
    this.alt = altText(this.map.axes.host, text('analysis.influence'));
  }

  select(key, options) {
    const { text } = this.context;
    const node = el('select', {
      class: 'np-select', 'aria-label': text(`influence.${key}`), title: text(`influence.${key}_tip`),
      on: {
        change: () => {
          choice[key] = key === 'measure' ? node.value : Number(node.value);
          this.key = '';
          this.hub.invalidate();
        },
      },
    }, ...options.map(([value, label]) => el('option', { value, text: label })));
    if (choice[key] != null) node.value = String(choice[key]);
    return node;
  }

  asked() {
    return { epochs: choice.epochs, starts: choice.starts, points: this.wanted(), fresh: true };
  }

  /** How many points are asked for, 0 standing for all. */
  wanted() {
    return choice.points ?? (this.live?.points > MANY ? 250 : 0);
  }

  choose(place) {
    choice.place = place === choice.place ? -1 : place;
    this.hub.option('influence', { point: choice.place });
    this.hub.invalidate();
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    const fresh = this.study.paint(hub);
    this.live = hub.header.influence;
    if (!this.live) return;
    const told = hub.header.studies?.influence;
    if (told?.round === this.study.round && told.state !== 'none') this.hub.option('influence', { fresh: false });
    this.fill();
    if (fresh) this.key = '';
    this.read(hub);
    this.map.paint(hub, this.picture(hub));
    this.build(hub);
    setText(this.facts, this.sentences(told).join(' '));
    this.alt(() => this.describe());
  }

  /** How many points there are to choose from. */
  fill() {
    const { points } = this.live;
    if (points === this.filled) return;
    this.filled = points;
    const { text, lang } = this.context;
    const few = POINTS.filter((n) => n < points);
    this.selects.points.replaceChildren(
      ...[...few, 0].map((n) => el('option', { value: n,
        text: text(n ? 'influence.points_n' : 'influence.points_all', { count: count(n || points, lang) }) })));
    if (!few.includes(choice.points)) choice.points = null;
    this.selects.points.value = String(this.wanted());
    this.selects.points.hidden = !few.length;
  }

  /** The rows of the result, and their order by the chosen measure. */
  read({ scene }) {
    const { head, arrays, version } = this.study;
    const key = `${version}|${choice.measure}|${scene.id}`;
    if (key === this.key) return;
    this.key = key;
    this.points = [];
    this.shownKey = '';
    if (!head || !arrays.influence_rows) return;
    this.measure = head.tested ? choice.measure : 'own';
    const { data, shape: [, n] } = arrays.influence_rows;
    this.points = Array.from({ length: n }, (_, i) => {
      const point = Object.fromEntries(ROWS.map((name, row) => [name, data[row * n + i]]));
      point.value = this.measure === 'test' ? point.test : point.own;
      point.half = this.measure === 'test' ? point.testHalf : point.ownHalf;
      // Two halves of an interval that reaches over 0: luck may have done it.
      point.sure = head.starts < 2 || Math.abs(point.value) > point.half;
      return point;
    }).filter(({ well }) => well);
    this.byPlace = new Map(this.points.map((point) => [point.place, point]));
    this.ranked = [...this.points].sort((a, b) => a.value - b.value);
    this.most = Math.max(1e-12, ...this.points.map(({ value }) => Math.abs(value)));
  }

  get chosen() {
    return this.byPlace?.get(choice.place) ?? null;
  }

  picture(hub) {
    const { chosen } = this.live;
    if (chosen?.sent) {
      this.drawn = { key: chosen.key, change: hub.arrays.influenced_change, both: hub.arrays.influenced_both };
      this.hub.option('influence', { drawn: chosen.key });
    }
    const change = chosen?.place === choice.place && chosen.key === this.drawn?.key && this.chosen ? this.drawn : null;
    return {
      points: this.points ?? [], ranked: this.ranked ?? [], most: this.most, chosen: this.chosen, change,
      leftOut: new Set(this.live.left_out), version: this.study.version, key: this.key,
    };
  }

  // ---- the lists -----------------------------------------------------------------------------

  build(hub) {
    const { live, study } = this;
    const { theme } = this.context;
    const key = [this.key, choice.place, live.left_out, theme.background, this.chosenScale()].join('|');
    if (key === this.shownKey) return;
    this.shownKey = key;
    this.buildLegend(hub);
    this.buildActs(hub.scene);
    if (!study.head || this.listKey === [this.key, live.left_out, theme.background].join('|')) return this.mark();
    this.listKey = [this.key, live.left_out, theme.background].join('|');
    const { text } = this.context;
    const harmful = this.ranked.filter(({ value }) => value < 0).slice(0, SHOWN);
    const helpful = this.ranked.filter(({ value }) => value > 0).reverse().slice(0, SHOWN);
    const names = this.measure === 'test' ? ['harmful', 'helpful'] : ['unlearned', 'memorised'];
    const order = this.measure === 'test' ? [harmful, helpful] : [helpful, harmful];
    const titles = this.measure === 'test' ? names : names.reverse();
    this.lists.replaceChildren(...order.map((points, i) =>
      el('section', {}, el('h4', { class: 'np-subtitle', text: text(`influence.${titles[i]}`) }),
        points.length ? el('ol', { class: 'np-ranks' }, ...points.map((point) => el('li', {}, this.row(hub.scene, point))))
          : el('p', { class: 'np-caption', text: text('influence.none') }))));
    this.mark();
  }

  row(scene, point) {
    const { text, theme } = this.context;
    const color = this.map.colorOf(point, this.most, theme);
    const swatch = el('i');
    swatch.style.cssText = `border-color: ${color}; background: ${point.sure ? color : 'transparent'}`;
    const kind = KINDS[point.kind];
    const out = this.live.left_out.includes(point.place);
    return el('button', {
      type: 'button', class: 'np-rank', 'data-place': point.place, title: this.say(scene, point),
      'aria-label': this.say(scene, point), on: { click: () => this.choose(point.place) },
    }, swatch, el('span', {},
      el('b', { text: this.name(scene, point) }),
      kind ? el('small', { class: 'np-rank-tag', text: ` ${text(`influence.kind_${kind}`)}` }) : null,
      out ? el('small', { text: ` ${text('influence.is_out')}` }) : null),
    el('span', { text: this.value(point) }));
  }

  mark() {
    for (const node of this.lists.querySelectorAll('.np-rank')) {
      node.setAttribute('aria-pressed', String(Number(node.dataset.place) === choice.place));
    }
  }

  name(scene, { place, target }) {
    const { text } = this.context;
    return isRegression(scene) ? text('influence.point_value', { number: place + 1, what: significant(target) })
      : text('influence.point_class', { number: place + 1, what: className(scene, target) });
  }

  /** The number of the chosen measure, in its unit. */
  amount(value) {
    if (this.measure === 'own' && !isRegression(this.hub.scene)) {
      return this.context.text('influence.percent_points', { value: signed(100 * value) });
    }
    return signed(value);
  }

  value({ value, half }) {
    const said = this.amount(value);
    if (this.study.head.starts < 2) return said;
    const factor = this.measure === 'own' && !isRegression(this.hub.scene) ? 100 : 1;
    return `${said} ± ${significant(factor * half)}`;
  }

  say(scene, point) {
    const { text } = this.context;
    const kind = KINDS[point.kind];
    const test = this.measure === 'test';
    const params = {
      name: this.name(scene, point), x: significant(point.x), y: significant(point.y),
      value: test ? this.value({ ...point, value: Math.abs(point.value) }).replace('+', '') : this.value(point),
      kind: kind ? text('influence.say_kind', { kind: text(`influence.kind_${kind}`) }) : '',
    };
    if (test) return text(point.value < 0 ? 'influence.say_test_harms' : 'influence.say_test_helps', params);
    return text(isRegression(scene) ? 'influence.say_own_value' : 'influence.say_own_class', params);
  }

  // ---- the chosen point, and what can be done ------------------------------------------------

  buildActs(scene) {
    const { text } = this.context;
    const out = this.live.left_out;
    const { chosen } = this;
    const button = (key, params, tip, act, disabled = false) => el('button', {
      type: 'button', class: 'np-toggle', text: text(`influence.${key}`, params), title: text(`influence.${tip}`),
      disabled, on: { click: act },
    });
    const nodes = [];
    const focused = this.acts.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    if (chosen) {
      nodes.push(el('p', { text: this.say(scene, chosen) }));
      const full = out.length >= MOST_LEFT_OUT;
      nodes.push(out.includes(chosen.place)
        ? button('take_back', {}, 'take_back_tip', () => this.leave(out.filter((place) => place !== chosen.place)))
        : button('leave_out', {}, full ? 'full' : 'leave_out_tip', () => this.leave([...out, chosen.place]), full));
      nodes.at(-1).dataset.act = 'one';
    }
    if (out.length > 1 || (out.length && out[0] !== chosen?.place)) {
      nodes.push(button('take_all_back', { count: out.length }, 'take_all_back_tip', () => this.leave([])));
      nodes.at(-1).dataset.act = 'all';
    }
    this.acts.replaceChildren(...nodes);
    if (focused) this.acts.querySelector(`[data-act="${focused}"]`)?.focus();
  }

  /** Changes which points the visitor's own network is trained without. */
  leave(places) {
    this.hub.ask({ type: 'leave_out', places });
  }

  // ---- what is said --------------------------------------------------------------------------

  chosenScale() {
    return this.chosen ? this.live.chosen?.scale ?? 0 : null;
  }

  buildLegend({ scene }) {
    const { text, theme } = this.context;
    if (!this.study.head) return this.legend.replaceChildren();
    const { most } = this;
    const bar = (low, high, name) => {
      const gradient = el('i', { class: 'np-gradient' });
      const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => this.map.shade(share, theme));
      gradient.style.background = `linear-gradient(90deg, ${stops.join(',')})`;
      return [el('span', { class: 'np-scale' }, el('span', { text: low }), gradient, el('span', { text: high })), el('span', { text: name })];
    };
    const nodes = [el('div', {}, ...bar(this.amount(-most), this.amount(most), text(`influence.legend_${this.measure}`)))];
    const scale = this.live.chosen?.scale;
    if (this.chosen && scale != null) {
      const amount = (value) => (isRegression(scene) ? signed(value)
        : text('influence.percent_points', { value: signed(100 * value) }));
      if (!isLine(scene)) nodes.push(el('div', {}, ...bar(amount(-scale), amount(scale), text('influence.legend_change'))));
      if (isLine(scene)) nodes.push(el('span', { text: text('influence.legend_line') }));
      else if (scene.task === 'binary') nodes.push(el('span', { text: text('influence.legend_border') }));
    }
    if (scene.task === 'binary') {
      nodes.push(el('span', { text: text('influence.legend_shapes', { first: className(scene, 0), second: className(scene, 1) }) }));
    }
    if (this.study.head.starts > 1) nodes.push(el('span', { text: text('influence.legend_hollow') }));
    if (this.live.left_out.length) nodes.push(el('span', { text: text('influence.legend_out') }));
    this.legend.replaceChildren(...nodes);
  }

  /** What it would cost, or what was found and how far to trust it. */
  sentences(told) {
    const { text, lang } = this.context;
    const { head } = this.study;
    const said = [];
    if (!head) said.push(text('influence.empty'));
    if (!this.study.working) said.push(this.estimate());
    if (!head || !this.points?.length) return said.filter(Boolean);
    const { starts, points, epochs, total, diverged } = head;
    said.push(text('influence.facts', { points: count(points, lang), total: count(total, lang), epochs: count(epochs, lang),
      whole: significant(head.whole) }));
    if (starts > 1) {
      const sure = this.points.filter((point) => point.sure).length;
      said.push(text('influence.sure', { sure, points, starts, chance: Math.round(0.05 * points) }));
    } else said.push(text('influence.one_start'));
    if (!head.tested) said.push(text('influence.untested'));
    if (diverged) said.push(text('influence.diverged', { count: diverged }));
    if (String(head.left_out) !== String(this.live.left_out)) said.push(text('influence.changed'));
    said.push(text('influence.paired'));
    return said;
  }

  estimate() {
    const { cost, points } = this.live;
    if (!cost?.step) return '';
    const { text, lang } = this.context;
    const networks = (Math.min(this.wanted() || points, points) + 1) * choice.starts;
    const seconds = networks * (cost.make + choice.epochs * cost.batches * cost.step);
    return text('influence.estimate', {
      networks: count(networks, lang), epochs: count(choice.epochs, lang), seconds: seconds < 10 ? short(Number(seconds.toPrecision(1))) : count(Number(seconds.toPrecision(2)), lang),
    });
  }

  describe() {
    const { text } = this.context;
    if (!this.study.head || !this.ranked?.length) return text('influence.empty');
    const { scene } = this.hub;
    const first = (points) => points.slice(0, 3).map((point) => this.say(scene, point)).join(' ');
    return text('influence.alt', { harmful: first(this.ranked), helpful: first([...this.ranked].reverse()) });
  }

  save() {
    const { axes } = this.map;
    const title = `${this.context.text('analysis.influence')} · ${this.context.text(`influence.measure_${choice.measure}`)}`;
    return savePng({ name: fileName('influence', this.hub.header), title, ...axes.size, theme: this.context.theme },
      (canvas) => this.map.paintOn(canvas));
  }

  themed() {
    this.shownKey = this.listKey = '';
    this.map.themed();
  }

  destroy() {
    this.map.destroy();
  }
}
