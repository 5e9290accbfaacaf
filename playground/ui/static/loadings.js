/** Loadings as arrows: which way every unit of the layer points among the components. */

import { shortUnit } from './scene.js';
import { signed } from './words.js';

const MOST = 12; // arrows; of a wide layer the longest
const REACH = 0.82; // of the picture's half-width, which the longest arrow takes
const CLEAR_PX = 13; // between two labels

/**
 * The arrows {unit, ends: [x, y, z], loadings} in the units of the scores, longest first.
 *
 * An arrow is the unit's loadings, each times its component's standard deviation: how much of the
 * unit's own spread lies along each component. One factor brings all of them to the picture's size.
 *
 * @param {{data: Float32Array, shape: number[]}} axes components as rows of units
 * @param {number[]} ratios shares of the variance
 * @param {number[]} extents half-widths of the picture, one a component
 */
export function arrowsOf(axes, ratios, extents) {
  const [rows, units] = axes.shape;
  const dims = Math.min(extents.length, rows);
  const all = Array.from({ length: units }, (_, unit) => {
    const loadings = extents.map((_, k) => (k < rows ? axes.data[k * units + unit] : 0));
    return { unit, loadings, ends: loadings.map((loading, k) => loading * Math.sqrt(Math.max(ratios[k] ?? 0, 0))) };
  });
  const size = (arrow) => Math.hypot(...arrow.ends);
  let factor = Infinity;
  for (let k = 0; k < dims; k++) {
    const most = Math.max(...all.map(({ ends }) => Math.abs(ends[k])));
    if (most > 1e-9) factor = Math.min(factor, (REACH * extents[k]) / most);
  }
  if (!Number.isFinite(factor)) return [];
  const shown = all.filter((arrow) => size(arrow) > 1e-6).sort((a, b) => size(b) - size(a)).slice(0, MOST);
  for (const arrow of shown) arrow.ends = arrow.ends.map((end) => end * factor);
  return shown;
}

/** Draws arrows {from, to, unit} in pixels; leaves out labels that would lie on others. */
export function paintArrows(context, arrows, { theme, text, hub }, { block, map }) {
  const labels = [];
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const { from, to } of arrows) {
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length < 2) continue;
    const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
    const head = Math.min(8, length / 2);
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    for (const side of [1, -1]) {
      context.moveTo(to.x, to.y);
      context.lineTo(to.x - head * (ux + side * uy * 0.5), to.y - head * (uy - side * ux * 0.5));
    }
    context.strokeStyle = theme.background;
    context.lineWidth = 4;
    context.stroke();
    context.strokeStyle = theme.text;
    context.lineWidth = 1.6;
    context.stroke();
  }
  context.font = `600 11.5px ${theme.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const { from, to, unit } of arrows) {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const at = { x: to.x + ((to.x - from.x) / length) * 11, y: to.y + ((to.y - from.y) / length) * 9 };
    if (labels.some(({ x, y }) => Math.hypot(x - at.x, y - at.y) < CLEAR_PX)) continue;
    labels.push(at);
    const name = map ? placeOf(map, unit) : shortUnit(text, hub.scene, block, unit);
    context.strokeStyle = theme.background;
    context.lineWidth = 3.5;
    context.strokeText(name, at.x, at.y);
    context.fillStyle = theme.text;
    context.fillText(name, at.x, at.y);
  }
}

/** Channel, row and column of a number of flat feature maps, as short as can be. */
function placeOf([, height, width], unit) {
  return `${Math.floor(unit / (height * width)) + 1}:${(Math.floor(unit / width) % height) + 1},${(unit % width) + 1}`;
}

/** The largest loadings of one component: [{unit, loading}]. */
export function largest({ data, shape: [, units] }, component, most) {
  return Array.from({ length: units }, (_, unit) => ({ unit, loading: data[component * units + unit] }))
    .sort((a, b) => Math.abs(b.loading) - Math.abs(a.loading)).slice(0, most);
}

/** The tooltip of an arrow. */
export function arrowRows(name, loadings) {
  return [
    { title: true, label: name },
    ...loadings.map((loading, k) => ({ label: `PC${k + 1}`, value: signed(loading) })),
  ];
}
