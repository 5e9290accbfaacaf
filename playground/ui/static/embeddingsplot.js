/** Entries of a table by their names, in a plane under axes. */

import { Axes } from './axes.js';
import { css, mix, parse } from './colors.js';
import { altText } from './dom.js';
import { steadyExtent } from './plot.js';
import { plotlyImage } from './png.js';
import { shownToken } from './tokens.js';
import { Tooltip } from './tooltip.js';
import { KINDS } from './embeddingskinds.js';
import { significant } from './words.js';

const NEAR_PX = 14;
const CLICK_PX = 4;
const DOT = 3.4;

/** What both pictures share: names of the axes, marks, letters and labels. */
export class Picture {
  constructor(context, calls) {
    this.context = context;
    this.calls = calls;
    this.extent = steadyExtent();
  }

  colorOf({ kind, part }, theme) {
    if (kind) return KINDS[kind](theme);
    return css(mix(theme.colors.classes[part === 1 ? 6 : 0], parse(theme.text), 0.2));
  }

  /** Names of the axes: factors, components or numbers of the vectors, with their shares. */
  axisName(head, i) {
    const { text } = this.context;
    if (head.axes === 'raw') return head.units[i] == null ? '' : text('embeddings.number', { number: head.units[i] + 1 });
    const name = head.axes === 'factors' ? text('embeddings.factor', { number: i + 1 }) : `PC${i + 1}`;
    const share = head.ratios[i];
    if (share == null) return name;
    const facts = { name, percent: Math.round(share * 100) };
    return head.axes === 'factors' ? text('embeddings.factor_axis', facts) : text('variance_axis', facts);
  }

  /** What stands out: the chosen entry, its neighbours, the terms of the analogy and its answer. */
  marked({ head, chosen, terms }) {
    const marked = new Map();
    if (head.analogy) {
      head.analogy.terms.forEach((row) => marked.set(row, 'term'));
      if (head.analogy.found.length) marked.set(head.analogy.found[0][0], 'answer');
    }
    head.chosen?.near.forEach(([row]) => marked.has(row) || marked.set(row, 'near'));
    head.chosen?.products?.forEach(([row]) => marked.has(row) || marked.set(row, 'near'));
    if (head.chosen && chosen != null) marked.set(head.chosen.row, 'chosen');
    return marked;
  }

  spotsOf(last, project) {
    const { places: { data } } = last;
    const marked = this.marked(last);
    return last.rows.map((one) => {
      const scores = [data[one.row * 3], data[one.row * 3 + 1], data[one.row * 3 + 2]];
      return { ...one, ...project(scores), scores, mark: marked.get(one.row) ?? null };
    });
  }

  /** Dots (or the letters themselves) first, then as many names as there is room for. */
  paintSpots(canvas, last, spots, width, height) {
    const { theme } = this.context;
    const busy = spots.some(({ mark }) => mark);
    const rank = { chosen: 0, answer: 1, term: 2, near: 3 };
    const order = [...spots].sort((a, b) => (rank[a.mark] ?? 4) - (rank[b.mark] ?? 4) || a.row - b.row);
    for (const spot of [...order].reverse()) this.paintSpot(canvas, spot, last.letters, busy && !spot.mark, theme);
    if (last.letters) return;
    const taken = [];
    canvas.textBaseline = 'middle';
    canvas.textAlign = 'left';
    for (const spot of order) {
      const name = shownToken(spot.name);
      canvas.font = `${spot.mark ? '600 ' : ''}11.5px ${theme.font}`;
      const box = { x: spot.x + 6, y: spot.y - 7, width: canvas.measureText(name).width, height: 14 };
      const out = box.x + box.width > width || box.y < 0 || box.y + 14 > height;
      const hit = taken.some((other) => box.x < other.x + other.width && other.x < box.x + box.width
        && box.y < other.y + other.height && other.y < box.y + box.height);
      if ((hit || out) && spot.mark !== 'chosen') continue;
      taken.push(box);
      canvas.globalAlpha = busy && !spot.mark ? 0.55 : 1;
      canvas.fillStyle = theme.text;
      canvas.fillText(name, box.x, spot.y);
      canvas.globalAlpha = 1;
    }
  }

  paintSpot(canvas, spot, letters, pale, theme) {
    const { x, y, mark, part, zoom = 1 } = spot;
    const color = this.colorOf(spot, theme);
    canvas.globalAlpha = pale ? 0.4 : 1;
    if (mark) this.ring(canvas, spot, letters ? 10 : 7, theme);
    canvas.fillStyle = color;
    if (letters) {
      canvas.font = `${mark ? '700 ' : '500 '}${Math.round(14 * Math.max(0.75, Math.min(1.3, zoom)))}px ${theme.font}`;
      canvas.textAlign = 'center';
      canvas.textBaseline = 'middle';
      canvas.fillText(shownToken(spot.name), x, y);
    } else {
      const size = DOT * zoom * (mark ? 1.3 : 1);
      canvas.beginPath();
      if (part === 1) {
        canvas.moveTo(x, y - size * 1.25);
        canvas.lineTo(x + size * 1.25, y);
        canvas.lineTo(x, y + size * 1.25);
        canvas.lineTo(x - size * 1.25, y);
        canvas.closePath();
      } else canvas.arc(x, y, size, 0, 7);
      canvas.fill();
    }
    canvas.globalAlpha = 1;
  }

  ring(canvas, { x, y, mark }, size, theme) {
    canvas.beginPath();
    canvas.arc(x, y, size, 0, 7);
    canvas.fillStyle = theme.background;
    canvas.globalAlpha *= 0.8;
    canvas.fill();
    canvas.globalAlpha = 1;
    canvas.strokeStyle = theme.text;
    canvas.lineWidth = mark === 'chosen' || mark === 'answer' ? 2 : 1;
    canvas.setLineDash(mark === 'near' ? [2, 2] : []);
    canvas.stroke();
    canvas.setLineDash([]);
  }

  /** The difference of the first two terms, and the same difference from the third on. */
  paintAnalogy(canvas, { head }, spots) {
    if (!head.analogy?.found.length) return;
    const { theme } = this.context;
    const [first, second, third] = head.analogy.terms.map((row) => spots[row]);
    const answer = spots[head.analogy.found[0][0]];
    if (!first || !second || !third || !answer) return;
    for (const [from, to, dashed] of [[second, first, false], [third, answer, true]]) {
      const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
      const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
      const end = { x: to.x - dx * 10, y: to.y - dy * 10 };
      canvas.strokeStyle = theme.text;
      canvas.lineWidth = 1.6;
      canvas.setLineDash(dashed ? [5, 4] : []);
      canvas.beginPath();
      canvas.moveTo(from.x + dx * 10, from.y + dy * 10);
      canvas.lineTo(end.x, end.y);
      canvas.stroke();
      canvas.setLineDash([]);
      canvas.beginPath();
      canvas.moveTo(end.x, end.y);
      canvas.lineTo(end.x - dx * 8 - dy * 4, end.y - dy * 8 + dx * 4);
      canvas.lineTo(end.x - dx * 8 + dy * 4, end.y - dy * 8 - dx * 4);
      canvas.closePath();
      canvas.fillStyle = theme.text;
      canvas.fill();
    }
  }

  nearest(x, y) {
    let best = null;
    let closest = NEAR_PX;
    for (const spot of this.spots ?? []) {
      const away = Math.hypot(spot.x - x, spot.y - y);
      if (away <= closest) [closest, best] = [away, spot];
    }
    return best;
  }

  rowsOf(spot) {
    const { head, bias } = this.last;
    const { text } = this.context;
    const axes = [0, 1, 2].slice(0, this.dimensions).filter((i) => i < head.width);
    return [
      { title: true, label: shownToken(spot.name) },
      ...axes.map((i) => ({ label: this.axisName(head, i).split(' (')[0], value: significant(spot.scores[i]) })),
      ...(bias ? [{ label: text('embeddings.bias'), value: significant(bias.data[spot.row]) }] : []),
    ];
  }

  describe(last) {
    const { text } = this.context;
    const { head, rows } = last;
    const said = [text('embeddings.alt', {
      entries: rows.length, first: this.axisName(head, 0), second: this.axisName(head, 1),
    })];
    if (head.chosen) {
      const near = head.chosen.near.slice(0, 5).map(([row, value]) => `${shownToken(rows[row].name)} ${significant(value)}`);
      said.push(text('embeddings.alt_near', { name: shownToken(rows[head.chosen.row].name), near: near.join(this.context.lang === 'zh-CN' ? '，' : ', ') }));
    }
    return said.join(' ');
  }
}

export class FlatPicture extends Picture {
  constructor(context, calls) {
    super(context, calls);
    this.dimensions = 2;
    this.extents = [steadyExtent(), steadyExtent()];
    this.axes = new Axes(context, () => context.hub.invalidate(), { grid: true });
    this.node = this.axes.host;
    this.tip = new Tooltip(this.node);
    this.alt = altText(this.node, context.text('analysis.embeddings'));
    this.listen();
  }

  listen() {
    const { node } = this;
    const at = ({ clientX, clientY }) => {
      const box = node.getBoundingClientRect();
      const { left, top } = this.axes.rect;
      return { x: clientX - box.left - left, y: clientY - box.top - top };
    };
    node.addEventListener('pointermove', (event) => {
      this.pointer = event.buttons ? null : at(event);
      this.showTip();
    });
    node.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
    // Plotly takes the pointer for its zoom, so a click is told apart before it gets it.
    node.addEventListener('pointerdown', ({ clientX, clientY }) => (this.down = { clientX, clientY }), true);
    this.onUp = (event) => {
      const { down } = this;
      this.down = null;
      if (!down || Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > CLICK_PX) return;
      const { x, y } = at(event);
      const spot = this.nearest(x, y);
      if (spot) this.calls.choose(spot.row);
    };
    document.addEventListener('pointerup', this.onUp, true);
    node.addEventListener('keydown', (event) => this.key(event));
  }

  key(event) {
    const pans = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (pans[event.key]) this.axes.panBy(...pans[event.key]);
    else if (event.key === '+' || event.key === '=') this.axes.zoomIn();
    else if (event.key === '-') this.axes.zoomOut();
    else if (event.key === '0') this.axes.reset();
    else return;
    event.preventDefault();
  }

  paint(hub, last) {
    if (!this.node.clientWidth) return;
    this.last = last;
    const { head, places: { data, shape: [n] } } = last;
    const key = `${head.block}|${head.table}|${head.axes}|${head.units}`;
    if (key !== this.shown) this.extents = [steadyExtent(), steadyExtent()];
    this.shown = key;
    const most = [0, 0];
    for (let i = 0; i < n * 3; i += 3) for (let k = 0; k < 2; k++) most[k] = Math.max(most[k], Math.abs(data[i + k]));
    // Both axes have one scale: a distance is a distance, and an angle an angle.
    const half = this.extents[0](Math.max(...most));
    const { width, height } = this.axes.rect ?? { width: 2, height: 1 };
    const [x, y] = width > height ? [half * Math.min(width / height, 2.4), half] : [half, half * Math.min(height / width, 2.4)];
    this.axes.setHome({
      scene: `${hub.scene.id}|${key}`, x: [-x, x], y: [-y, y], equal: false,
      xLabel: this.axisName(head, 0), yLabel: this.axisName(head, 1),
    });
    const canvas = this.axes.begin();
    const rect = this.axes.rect;
    canvas.clearRect(0, 0, rect.width, rect.height);
    this.paintAll(canvas, last, rect);
    if (this.pointer) this.showTip();
    this.alt(() => this.describe(last));
  }

  paintAll(canvas, last, { width, height }) {
    const { axes } = this;
    this.spots = this.spotsOf(last, ([x, y]) => ({ x: axes.toX(x), y: axes.toY(y) }));
    if (last.head.axes === 'factors' && last.head.chosen) this.paintDirection(canvas, last);
    this.paintAnalogy(canvas, last, this.spots);
    this.paintSpots(canvas, last, this.spots, width, height);
  }

  /** From the middle through the chosen entry: the further another lies along it, the larger their product. */
  paintDirection(canvas, { head }) {
    const { axes, context: { theme } } = this;
    const spot = this.spots[head.chosen.row];
    const from = { x: axes.toX(0), y: axes.toY(0) };
    const [dx, dy] = [spot.x - from.x, spot.y - from.y];
    const far = 4000 / (Math.hypot(dx, dy) || 1);
    canvas.strokeStyle = theme.line;
    canvas.lineWidth = 1.4;
    canvas.setLineDash([4, 4]);
    canvas.beginPath();
    canvas.moveTo(from.x - dx * far, from.y - dy * far);
    canvas.lineTo(from.x + dx * far, from.y + dy * far);
    canvas.stroke();
    canvas.setLineDash([]);
    canvas.strokeStyle = theme.text;
    canvas.beginPath();
    canvas.moveTo(from.x, from.y);
    canvas.lineTo(spot.x, spot.y);
    canvas.stroke();
  }

  showTip() {
    const spot = this.pointer && this.nearest(this.pointer.x, this.pointer.y);
    if (!spot) return this.tip.hide();
    const { left, top } = this.axes.rect;
    this.tip.show(this.pointer.x + left, this.pointer.y + top, this.rowsOf(spot));
  }

  async paintOn(canvas, last) {
    const { axes } = this;
    const { left, top, width, height } = axes.rect;
    if (axes.ready) {
      const image = await plotlyImage(axes.plotly, axes.plot, axes.size);
      canvas.drawImage(image, 0, 0, axes.size.width, axes.size.height);
    }
    canvas.save();
    canvas.translate(left, top);
    canvas.beginPath();
    canvas.rect(0, 0, width, height);
    canvas.clip();
    this.paintAll(canvas, last, axes.rect);
    canvas.restore();
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    document.removeEventListener('pointerup', this.onUp, true);
    this.axes.destroy();
    this.node.remove();
  }
}
