/** One input: the fitted curve, or a neuron's answer, over the line. */

import { css } from './colors.js';

/**
 * @param {CanvasRenderingContext2D} context of the canvas under the axes
 * @param {{axes: object, context: object, focused: object|null}} map
 */
export function paintCurve(context, { axes, context: { theme }, focused }, { arrays, scene }) {
  const { width, height } = axes.rect;
  const zero = axes.toY(0);
  if (zero > 0 && zero < height) {
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.strokeRect(-2, Math.round(zero) + 0.5, width + 4, 0);
  }
  const source = focused ? arrays.focus : arrays.curve;
  if (!source) return;
  const { data, shape } = source;
  const points = shape.at(-1);
  const [x0, x1] = scene.domain;
  context.lineJoin = 'round';
  for (let line = 0; line < data.length / points; line++) {
    context.beginPath();
    for (let i = 0; i < points; i++) {
      const x = axes.toX(x0 + ((x1 - x0) * i) / (points - 1));
      context.lineTo(x, axes.toY(data[line * points + i]));
    }
    context.strokeStyle = shape.length > 1
      ? css(theme.colors.classOf(line, shape[0]))
      : css(theme.colors.negative);
    context.lineWidth = 3;
    context.stroke();
  }
}
