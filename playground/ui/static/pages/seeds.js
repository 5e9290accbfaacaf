/** Many starts of one experiment: their mean, where they disagree, and how many succeed. */

import { Axes } from '../axes.js';
import { el } from '../dom.js';
import { LiveBar } from '../livebar.js';
import { Points } from '../points.js';
import { Raster } from '../raster.js';
import { count, significant } from '../words.js';

export const styles = ['seeds.css'];

export function mount(context) {
  return new Page(context);
}

class Page {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.build();
    this.hub.want({ map: true });
  }

  build() {
    const { root, text, lang } = this.context;
    this.bar = new LiveBar(this.context, { label: text('seeds.bar'), stats: [
      { key: 'epoch_count', label: text('bar.epoch_count'), value: ({ header }) => count(header.epoch, lang) },
      { key: 'epochs_rate', label: text('bar.epochs_rate'),
        value: ({ header }) => (header.state === 'running' ? significant(header.speed?.epochs_per_second) : '–') },
    ] });
    this.axes = new Axes(this.context, () => this.hub.invalidate());
    this.raster = new Raster();
    this.points = new Points();
    root.append(this.bar.node, el('div', { class: 'np-seeds-map' }, el('h3', { class: 'np-title', text: text('seeds.mean') }), this.axes.host));
  }

  paint(hub) {
    this.bar.paint(hub);
    const { scene, arrays } = hub;
    if (!scene?.inputs || !arrays.map) return;
    const { inputs, domain: [x0, x1, y0, y1] } = scene;
    this.axes.setHome({ scene: scene.id, x: [x0, x1], y: [y0, y1], xLabel: inputs.x_label, yLabel: inputs.y_label, equal: inputs.kind === 'xy' });
    const canvas = this.axes.begin();
    const { colors } = this.context.theme;
    if (arrays.map.shape.length === 3) this.raster.classes(arrays.map, colors.mapClasses, false);
    else this.raster.values(arrays.map, colors.map);
    this.raster.draw(canvas, this.axes, scene.domain);
    this.points.paint(this.axes, hub, this.context.theme, { showTest: false, plain: false });
  }

  themed() {
    this.axes.themed();
  }

  destroy() {
    this.hub.want({ map: false });
    this.bar.destroy();
    this.axes.destroy();
  }
}
