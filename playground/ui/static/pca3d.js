/** Three principal components on a plain canvas, turned by dragging or by the arrow keys. */

import { altText, el, fitCanvas } from './dom.js';
import { steadyExtent } from './plot.js';
import { pointColor } from './points.js';
import { className, isRegression } from './scene.js';
import { componentTitle, describe, pointGroups } from './scores.js';
import { Tooltip } from './tooltip.js';
import { significant } from './words.js';

/** The view's angles outlive a change of tab. */
const angle = { yaw: 0.7, pitch: 0.42 };
const TURN = 0.08;
const NEAR_PX = 10;

export function createPca3d(context) {
  return new Pca3d(context);
}

class Pca3d {
  constructor(context) {
    this.context = context;
    this.extent = steadyExtent();
    this.canvas = el('canvas', {
      class: 'np-layer np-turn', role: 'img', tabindex: '0', title: context.text('pca.turn_tip'),
    });
    this.node = el('div', { class: 'np-plot' }, this.canvas);
    this.tip = new Tooltip(this.node);
    this.alt = altText(this.canvas);
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.drag = { x: event.clientX, y: event.clientY };
      this.tip.hide();
    });
    canvas.addEventListener('pointermove', (event) => {
      if (this.drag) {
        this.turn((event.clientX - this.drag.x) * 0.01, (event.clientY - this.drag.y) * 0.01);
        this.drag = { x: event.clientX, y: event.clientY };
      } else {
        this.pointer = { x: event.offsetX, y: event.offsetY };
        this.showTip();
      }
    });
    const release = () => (this.drag = null);
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('pointerleave', () => {
      this.pointer = null;
      this.tip.hide();
    });
    canvas.addEventListener('keydown', (event) => {
      const turns = { ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN] };
      if (!turns[event.key]) return;
      event.preventDefault();
      this.turn(...turns[event.key]);
    });
  }

  turn(yaw, pitch) {
    angle.yaw += yaw;
    angle.pitch = Math.max(-1.5, Math.min(1.5, angle.pitch + pitch));
    this.context.hub.invalidate();
  }

  /** Takes the view's angles; returns the projection of (x, y, z) in -1..1 to pixels and depth. */
  projection(width, height) {
    const [cy, sy] = [Math.cos(angle.yaw), Math.sin(angle.yaw)];
    const [cp, sp] = [Math.cos(angle.pitch), Math.sin(angle.pitch)];
    const scale = Math.min(width, height) * 0.36;
    return (x, y, z) => {
      const across = x * cy - y * sy;
      const away = x * sy + y * cy;
      const up = z * cp - away * sp;
      const depth = away * cp + z * sp;
      const zoom = scale * (3.6 / (3.6 + depth));
      return { x: width / 2 + across * zoom, y: height / 2 - up * zoom, depth, zoom: zoom / scale };
    };
  }

  paint(hub, last) {
    const width = this.node.clientWidth;
    const height = this.node.clientHeight;
    if (!width) return;
    const context = fitCanvas(this.canvas, width, height);
    context.clearRect(0, 0, width, height);
    const project = this.projection(width, height);
    this.paintAxes(context, project, last.head);
    this.spots = this.place(hub, last, project);
    this.paintPoints(context);
    if (this.pointer && !this.drag) this.showTip();
    this.alt(() => describe(this.context.text, hub, last.head));
  }

  paintAxes(context, project, { ratios }) {
    const { theme, text } = this.context;
    const corners = [[1, 1], [1, -1], [-1, -1], [-1, 1]];
    context.lineWidth = 1;
    context.strokeStyle = theme.faint;
    context.beginPath();
    corners.forEach(([x, y], i) => {
      const here = project(x, y, -1);
      const next = project(...corners[(i + 1) % 4], -1);
      context.moveTo(here.x, here.y);
      context.lineTo(next.x, next.y);
    });
    context.stroke();
    context.font = `11.5px ${theme.font}`;
    context.textBaseline = 'middle';
    context.strokeStyle = theme.line;
    [[1.15, 0, 0], [0, 1.15, 0], [0, 0, 1.15]].forEach((end, i) => {
      const a = project(...end.map((value) => -value));
      const b = project(...end);
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
      context.stroke();
      const words = componentTitle(text, ratios, i);
      const half = context.measureText(words).width / 2;
      context.textAlign = 'center';
      context.fillStyle = theme.muted;
      const x = Math.max(half + 4, Math.min(context.canvas.clientWidth - half - 4, b.x));
      context.fillText(words, x, b.y + (b.y < a.y ? -9 : 9));
    });
  }

  place(hub, last, project) {
    const { data, shape: [n] } = last.points;
    let most = 0;
    for (let i = 0; i < n * 3; i++) most = Math.max(most, Math.abs(data[i]));
    const extent = this.extent(most);
    const spots = [];
    for (const { test, from, values } of pointGroups(hub, last)) {
      values.forEach((value, i) => {
        const at = (from + i) * 3;
        const scores = [data[at], data[at + 1], data[at + 2]];
        const spot = project(...scores.map((score) => score / extent));
        spots.push(Object.assign(spot, {
          test, value, scores, color: pointColor(hub.scene, this.context.theme, value),
        }));
      });
    }
    return spots.sort((a, b) => b.depth - a.depth);
  }

  paintPoints(context) {
    const { theme } = this.context;
    for (const { x, y, zoom, color, test } of this.spots) {
      const size = 3.6 * zoom;
      context.beginPath();
      if (test) {
        context.moveTo(x, y - size * 1.2);
        context.lineTo(x + size * 1.2, y);
        context.lineTo(x, y + size * 1.2);
        context.lineTo(x - size * 1.2, y);
        context.closePath();
      } else context.arc(x, y, size, 0, 7);
      context.fillStyle = test ? theme.background : color;
      context.strokeStyle = test ? color : theme.background;
      context.lineWidth = test ? 1.5 : 0.75;
      context.fill();
      context.stroke();
    }
  }

  showTip() {
    const { pointer, spots, context: { text, hub } } = this;
    let best = null;
    let closest = NEAR_PX;
    for (const spot of spots ?? []) {
      const away = Math.hypot(spot.x - pointer.x, spot.y - pointer.y);
      if (away <= closest) {
        closest = away;
        best = spot;
      }
    }
    if (!best) return this.tip.hide();
    const name = isRegression(hub.scene) ? significant(best.value) : className(hub.scene, best.value);
    this.tip.show(pointer.x, pointer.y, [
      { title: true, label: `${name} · ${text(best.test ? 'map.test' : 'map.train')}`, color: best.color },
      ...best.scores.map((score, i) => ({ label: `PC${i + 1}`, value: significant(score) })),
    ]);
  }

  destroy() {
    this.node.remove();
  }
}
