/**
 * Leave one out: the network retrained without each training point. Points are coloured by what
 * they do to it; the most harmful and the most helpful ones are listed; the chosen one says how
 * the picture changes without it, or which test points it helps, and can be left out of the
 * visitor's own experiment.
 */

import { altText, el, setText } from './dom.js';
import { Estimated } from './estimated.js';
import { Asks } from './influenceasks.js';
import { effectsOf, InfluenceBoard } from './influenceboard.js';
import { InfluenceMap, influenceColor, influenceShade } from './influencemap.js';
import { fileName, savePng } from './png.js';
import { answerText, pointFace, readText } from './pointface.js';
import { className, isLine, isRegression } from './scene.js';
import { count, signed, significant } from './words.js';

const SHOWN = 8;
const MOST_LEFT_OUT = 100;
const KINDS = ['', 'mislabelled', 'outlying', 'painted'];
const ROWS = ['place', 'x', 'y', 'target', 'test', 'testHalf', 'own', 'ownHalf', 'kind', 'well'];

/** Which point was chosen outlives a change of tab. */
const choice = { place: -1 };

export function createInfluence(context, body, tools) {
  return new Influence(context, body, tools);
}

class Influence {
  constructor(context, body, tools) {
    this.context = context;
    this.hub = context.hub;
    this.body = body;
    const { text } = context;
    this.study = new Estimated(context, 'influence', () => this.asks.asked(), text('influence.ask'),
      () => this.asks.seconds(), () => this.asks.networks());
    this.study.button.title = text('influence.ask_tip');
    this.hub.option('influence', { fresh: false, point: choice.place, drawn: '' });
    this.asks = new Asks(context, tools, () => {
      this.key = '';
      this.hub.invalidate();
    });
    this.points = [];
    this.ranked = [];
    this.plot = el('div', { class: 'np-influence-plot' });
    this.legend = el('div', { class: 'np-influence-legend' });
    this.facts = el('p', { class: 'np-caption', role: 'status' });
    this.lists = el('div', { class: 'np-influence-lists' });
    this.effects = el('div', { class: 'np-influence-lists' });
    this.acts = el('div', { class: 'np-influence-do' });
    body.append(el('div', { class: 'np-influence' },
      this.plot,
      el('div', { class: 'np-influence-side', tabindex: '0', role: 'group', 'aria-label': text('influence.found') },
        this.study.node, this.acts, this.effects, this.lists, this.facts)));
  }

  /** The map of points in a plane, or the board of whole ones. */
  lay(scene) {
    const plane = scene.kind === 'points' ? 'plane' : 'whole';
    if (plane === this.kind) return;
    this.kind = plane;
    this.map?.destroy();
    const choose = (place) => this.choose(place);
    this.map = plane === 'plane' ? new InfluenceMap(this.context, choose)
      : new InfluenceBoard(this.context, choose, { say: (s, point) => this.say(s, point), value: (point) => this.value(point) });
    this.plot.replaceChildren(this.map.node, this.legend);
    this.alt = plane === 'plane' ? altText(this.map.axes.host, this.context.text('analysis.influence')) : () => {};
    this.key = this.listKey = '';
  }

  choose(place) {
    choice.place = place === choice.place ? -1 : place;
    this.hub.option('influence', { point: choice.place });
    this.hub.invalidate();
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    this.lay(hub.scene);
    this.live = hub.header.influence;
    if (!this.live) return;
    this.asks.fill(this.live, this.kind);
    const fresh = this.study.paint(hub);
    const told = hub.header.studies?.influence;
    if (told?.round === this.study.round && told.state !== 'none') this.hub.option('influence', { fresh: false });
    if (fresh) this.key = '';
    this.read(hub);
    this.map.paint(hub, this.picture(hub));
    this.build(hub);
    setText(this.facts, this.sentences(told).join(' '));
    this.alt(() => this.describe());
  }

  /** The rows of the result, and their order by the chosen measure. */
  read({ scene }) {
    const { head, arrays, version } = this.study;
    const key = `${version}|${this.asks.measure}|${scene.id}`;
    if (key === this.key) return;
    this.key = key;
    this.points = [];
    this.ranked = [];
    this.byPlace = null;
    this.shownKey = '';
    if (!head || !arrays.influence_rows) return;
    this.measure = head.tested ? this.asks.measure : 'own';
    const { data, shape: [, n] } = arrays.influence_rows;
    this.points = Array.from({ length: n }, (_, i) => {
      const point = Object.fromEntries(ROWS.map((name, row) => [name, data[row * n + i]]));
      Object.assign(point, { row: i, told: head.told[i] });
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
      const { influenced_change: change, influenced_both: both, influenced_pictures, influenced_series } = hub.arrays;
      this.drawn = { key: chosen.key, change, both, arrays: { influenced_pictures, influenced_series } };
      this.hub.option('influence', { drawn: chosen.key });
    }
    const change = chosen?.place === choice.place && chosen.key === this.drawn?.key && this.chosen ? this.drawn : null;
    return {
      points: this.points, ranked: this.ranked, most: this.most, chosen: this.chosen, change,
      leftOut: new Set(this.live.left_out), version: this.study.version, key: this.key, arrays: this.study.arrays,
    };
  }

  // ---- the lists -----------------------------------------------------------------------------

  build(hub) {
    const { live, study } = this;
    const { theme } = this.context;
    const key = [this.key, choice.place, live.left_out, theme.background, this.chosenScale(), live.chosen?.key, this.drawn?.key].join('|');
    if (key === this.shownKey) return;
    this.shownKey = key;
    this.buildLegend(hub);
    this.buildActs(hub.scene);
    this.buildEffects(hub.scene);
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
    const color = influenceColor(theme, point, this.most);
    const swatch = el('i');
    swatch.style.cssText = `border-color: ${color}; background: ${point.sure ? color : 'transparent'}`;
    const kind = KINDS[point.kind];
    const out = this.live.left_out.includes(point.place);
    return el('button', {
      type: 'button', class: 'np-rank', 'data-place': point.place, title: this.say(scene, point),
      'aria-label': this.say(scene, point), on: { click: () => this.choose(point.place) },
    }, swatch, el('span', {},
      this.study.arrays.influence_pictures || this.study.arrays.influence_series
        ? pointFace(this.context, point.told, this.study.arrays, 'influence', point.row) : null,
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

  name(scene, { place, target, told }) {
    const { text } = this.context;
    const number = place + 1;
    if (!told) {
      return isRegression(scene) ? text('influence.point_value', { number, what: significant(target) })
        : text('influence.point_class', { number, what: className(scene, target) });
    }
    const [read, what] = [readText(told), answerText(scene, told)];
    if (read) return text(what ? 'influence.point_read' : 'influence.point_text', { read, what });
    if (!what) return text('influence.point', { number });
    return text(isRegression(scene) ? 'influence.point_value' : 'influence.point_class', { number, what });
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
      name: this.name(scene, point), where: this.where(scene, point),
      value: test ? this.value({ ...point, value: Math.abs(point.value) }).replace('+', '') : this.value(point),
      kind: kind ? text('influence.say_kind', { kind: text(`influence.kind_${kind}`) }) : '',
    };
    if (test) return text(point.value < 0 ? 'influence.say_test_harms' : 'influence.say_test_helps', params);
    if (!isRegression(scene)) return text('influence.say_own_class', params);
    params.value = this.value({ ...point, value: Math.abs(point.value) }).replace('+', '');
    return text(point.value < 0 ? 'influence.say_own_raises' : 'influence.say_own_lowers', params);
  }

  /** Where it lies, where that says something: coordinates among mixtures of columns do not. */
  where({ inputs }, point) {
    if (!['xy', 'line'].includes(inputs.kind)) return '';
    return this.context.text('influence.say_at', { x: significant(point.x), y: significant(point.y) });
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
      const values = this.live.chosen?.values;
      if (values) {
        nodes.push(el('p', { class: 'np-caption', text: values.map(([name, value]) => `${name} ${significant(value)}`).join(' · ') }));
      }
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

  /** Which test points the chosen one helps and harms, where there is no map to show it on. */
  buildEffects(scene) {
    const { chosen } = this.live;
    const shown = this.kind === 'whole' && this.chosen && chosen?.place === choice.place && chosen.key === this.drawn?.key;
    this.effects.hidden = !shown;
    if (!shown) return this.effects.replaceChildren();
    const amount = (value) => (isRegression(scene) ? signed(value)
      : this.context.text('influence.percent_points', { value: signed(100 * value) }));
    this.effects.replaceChildren(...effectsOf(this.context, scene, chosen, this.drawn.arrays, amount));
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
      const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => influenceShade(theme, share));
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
    if (scene.task === 'binary' && this.kind === 'plane') {
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
    const refusal = this.study.refusal(this.live);
    this.study.button.disabled = Boolean(refusal);
    const said = [];
    if (!head) said.push(refusal, text(this.kind === 'plane' ? 'influence.empty' : 'influence.empty_whole'));
    if (!head && !refusal && !this.study.working) said.push(text('influence.press', { button: text('influence.ask') }));
    if (!head || !this.points.length) return said.filter(Boolean);
    const { starts, points, epochs, total, diverged } = head;
    said.push(text('influence.facts', { points: count(points, lang), total: count(total, lang), epochs: count(epochs, lang),
      whole: significant(head.whole) }));
    if (points < total) said.push(text('influence.drawn', { points: count(points, lang) }));
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

  describe() {
    const { text } = this.context;
    if (!this.study.head || !this.ranked.length) return text('influence.empty');
    const { scene } = this.hub;
    const first = (points) => points.slice(0, 3).map((point) => this.say(scene, point)).join(' ');
    return text('influence.alt', { harmful: first(this.ranked), helpful: first([...this.ranked].reverse()) });
  }

  save() {
    const title = `${this.context.text('analysis.influence')} · ${this.context.text(`influence.measure_${this.asks.measure}`)}`;
    return savePng({ name: fileName('influence', this.hub.header), title, ...this.map.size, theme: this.context.theme },
      (canvas) => this.map.paintOn(canvas));
  }

  themed() {
    this.shownKey = this.listKey = '';
    this.map?.themed();
  }

  destroy() {
    this.map?.destroy();
  }
}
