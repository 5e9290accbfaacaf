/**
 * A plot area with canvases under Plotly's axes.
 *
 * The area is laid out here, before Plotly is loaded, so the first picture does not wait for it
 * and nothing moves when the axes appear. Plotly keeps the ranges: the visitor zooms and pans
 * there, and each paint asks for the ranges as they stand. No relayout happens per frame.
 */

import { el, fitCanvas } from './dom.js';
import { axis, CONFIG, layout, loadPlotly } from './plot.js';
import { plotlyImage } from './png.js';

export const MARGIN = { left: 46, right: 10, top: 8, bottom: 40 };
const ZOOM = 1.4;
const PANS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Axes {
  /**
   * @param {object} context of the view
   * @param {() => void} onChange the ranges moved
   * @param {{grid?: boolean}} [look] grid lines, where the canvases leave them visible
   */
  constructor(context, onChange, look = {}) {
    this.context = context;
    this.onChange = onChange;
    this.look = look;
    this.under = el('canvas', { class: 'np-layer', 'aria-hidden': 'true' });
    this.over = el('canvas', { class: 'np-layer', 'aria-hidden': 'true' });
    this.plot = el('div', { class: 'np-layer np-axes', 'aria-hidden': 'true' });
    this.host = el('div', { class: 'np-plot', role: 'img', tabindex: '0' });
    this.host.append(this.under, this.over, this.plot);
    this.home = { x: [-1, 1], y: [-1, 1], xLabel: '', yLabel: '', equal: true };
    this.version = 0;
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.host);
  }

  /**
   * Where the axes start, and where a double click returns to.
   * @param {{scene: *, x: number[], y: number[], xLabel: string, yLabel: string, equal: boolean}}
   *   home with another `scene`, a zoom is over; else the visitor keeps it
   */
  setHome(home) {
    const key = JSON.stringify(home);
    if (key === this.homeKey) return;
    const kept = this.ready && this.home.scene === home.scene && this.zoomed();
    const ranges = kept ? { x: [...this.ranges().x], y: [...this.ranges().y] } : home;
    this.homeKey = key;
    this.home = home;
    this.measure();
    if (this.ready) this.plotly.relayout(this.plot, keepRange(this.layout(), ranges));
    else this.start();
  }

  /** The rectangle of the plot area, in pixels of the host. */
  measure() {
    const width = this.host.clientWidth;
    const height = this.host.clientHeight;
    let w = Math.max(40, width - MARGIN.left - MARGIN.right);
    let h = Math.max(40, height - MARGIN.top - MARGIN.bottom);
    let left = MARGIN.left;
    if (this.home.equal) {
      const side = Math.min(w, h);
      // Centred in the panel as far as the labels of the y axis allow.
      left = Math.max(MARGIN.left, Math.round((width - side) / 2));
      left = Math.min(left, width - side - MARGIN.right);
      w = h = side;
    }
    this.size = { width, height };
    this.rect = { left, top: MARGIN.top, width: w, height: h };
    for (const canvas of [this.under, this.over]) {
      canvas.style.left = `${left}px`;
      canvas.style.top = `${MARGIN.top}px`;
    }
    this.version += 1;
  }

  resized() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || (width === this.size?.width && height === this.size.height)) return;
    this.measure();
    if (this.ready) this.plotly.relayout(this.plot, this.geometry());
    else this.start();
    this.onChange();
  }

  geometry() {
    const { width, height } = this.size;
    const { left, top, width: w, height: h } = this.rect;
    return { width, height, margin: { l: left, r: width - left - w, t: top, b: height - top - h } };
  }

  layout() {
    const { theme } = this.context;
    const side = (range, title) =>
      axis(theme, {
        range: [...range], autorange: false, showgrid: Boolean(this.look.grid),
        zeroline: Boolean(this.look.grid), ticks: 'outside',
        ticklen: 4, nticks: 6, showline: true,
        title: { text: escapeHtml(title), font: { size: 12, color: theme.muted }, standoff: 4 },
      });
    return layout(theme, {
      ...this.geometry(),
      hovermode: false,
      xaxis: side(this.home.x, this.home.xLabel),
      yaxis: side(this.home.y, this.home.yLabel),
    });
  }

  /** Draws the axes, once; whatever changed while Plotly was on its way is applied after. */
  async start() {
    if (this.starting || !this.host.clientWidth || !this.homeKey) return;
    this.starting = true;
    this.plotly = await loadPlotly(this.context.base);
    if (this.gone) return;
    this.measure();
    const config = { ...CONFIG, doubleClick: false };
    await this.plotly.newPlot(this.plot, [{ x: [null], y: [null] }], this.layout(), config);
    if (this.gone) return this.plotly.purge(this.plot);
    this.ready = true;
    const moved = () => {
      this.version += 1;
      this.onChange();
    };
    this.plot.on('plotly_relayout', moved);
    this.plot.on('plotly_relayouting', moved);
    this.plot.on('plotly_doubleclick', () => this.reset());
    this.plotly.relayout(this.plot, this.layout());
  }

  themed() {
    if (this.ready) this.plotly.relayout(this.plot, keepRange(this.layout(), this.ranges()));
  }

  ranges() {
    const full = this.ready && this.plot._fullLayout;
    return full ? { x: full.xaxis.range, y: full.yaxis.range } : this.home;
  }

  zoomed() {
    const { x, y } = this.ranges();
    const near = (a, b) => Math.abs(a - b) < 1e-6 * (1 + Math.abs(b));
    return !(near(x[0], this.home.x[0]) && near(x[1], this.home.x[1]) &&
      near(y[0], this.home.y[0]) && near(y[1], this.home.y[1]));
  }

  /** Takes the ranges for this paint and returns the contexts of both canvases. */
  begin() {
    const { x, y } = this.ranges();
    const { width, height } = this.rect;
    const kx = width / (x[1] - x[0]);
    const ky = height / (y[1] - y[0]);
    this.toX = (value) => (value - x[0]) * kx;
    this.toY = (value) => height - (value - y[0]) * ky;
    this.fromX = (pixel) => x[0] + pixel / kx;
    this.fromY = (pixel) => y[0] + (height - pixel) / ky;
    return fitCanvas(this.under, width, height);
  }

  beginOver() {
    const context = fitCanvas(this.over, this.rect.width, this.rect.height);
    context.clearRect(0, 0, this.rect.width, this.rect.height);
    return context;
  }

  /**
   * The plot as it stands, on the canvas of a saved picture.
   * @param {CanvasRenderingContext2D} canvas in pixels of the host
   * @param {() => void} paint what lies within the area, from its corner on; what stands out is cut
   * @param {{axesOver?: boolean}} [order] the axes lie over it, not under it
   */
  async paintOn(canvas, paint, { axesOver = false } = {}) {
    const { left, top, width, height } = this.rect;
    const image = this.ready ? await plotlyImage(this.plotly, this.plot, this.size) : null;
    const paintAxes = () => image && canvas.drawImage(image, 0, 0, this.size.width, this.size.height);
    if (!axesOver) paintAxes();
    canvas.save();
    canvas.translate(left, top);
    canvas.beginPath();
    canvas.rect(0, 0, width, height);
    canvas.clip();
    paint();
    canvas.restore();
    if (axesOver) paintAxes();
  }

  // ---- pointer and keys ----------------------------------------------------------------------

  /** Where an event is, in pixels of the area. */
  pixel({ clientX, clientY }) {
    const box = this.host.getBoundingClientRect();
    const { left, top } = this.rect ?? { left: 0, top: 0 };
    return { x: clientX - box.left - left, y: clientY - box.top - top };
  }

  inside({ x, y }) {
    return x >= 0 && y >= 0 && x <= this.rect.width && y <= this.rect.height;
  }

  /** Arrows move the window, + and - scale it, 0 goes home. @returns whether the key was ours */
  key(event) {
    if (PANS[event.key]) this.panBy(...PANS[event.key]);
    else if (event.key === '+' || event.key === '=') this.zoomIn();
    else if (event.key === '-') this.zoomOut();
    else if (event.key === '0') this.reset();
    else return false;
    event.preventDefault();
    return true;
  }

  zoomBy(factor, at) {
    if (!this.ready) return;
    const { x, y } = this.ranges();
    const around = ([a, b], centre) => [centre - (centre - a) / factor, centre + (b - centre) / factor];
    const cx = at?.x ?? (x[0] + x[1]) / 2;
    const cy = at?.y ?? (y[0] + y[1]) / 2;
    this.moveTo(around(x, cx), around(y, cy));
  }

  zoomIn(at) {
    this.zoomBy(ZOOM, at);
  }

  zoomOut(at) {
    this.zoomBy(1 / ZOOM, at);
  }

  reset() {
    this.moveTo([...this.home.x], [...this.home.y]);
  }

  panBy(right, up) {
    const { x, y } = this.ranges();
    const dx = (x[1] - x[0]) * 0.1 * right;
    const dy = (y[1] - y[0]) * 0.1 * up;
    this.moveTo([x[0] + dx, x[1] + dx], [y[0] + dy, y[1] + dy]);
  }

  moveTo(x, y) {
    if (this.ready) this.plotly.relayout(this.plot, { 'xaxis.range': x, 'yaxis.range': y });
  }

  destroy() {
    this.gone = true;
    this.sizes.disconnect();
    if (this.ready) this.plotly.purge(this.plot);
  }
}

function keepRange(next, { x, y }) {
  next.xaxis.range = [...x];
  next.yaxis.range = [...y];
  return next;
}

/** Column names are a visitor's own; Plotly reads titles as a small HTML. */
export function escapeHtml(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
