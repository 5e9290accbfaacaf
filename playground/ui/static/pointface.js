/** What a picture, a sequence or a rating looks like in a list: itself, a line, or what is read. */

import { el } from './dom.js';
import { className, isRegression } from './scene.js';
import { pictureCanvas } from './thumbnails.js';
import { shownToken } from './tokens.js';
import { significant } from './words.js';

const LINE = { width: 88, height: 30 };

/**
 * @param {{theme: object}} context of the view
 * @param {{read?: string}} told of the point
 * @param {object} arrays with those of core/analysis/samples.py `pictured`
 * @param {string} name their prefix
 * @param {number} i the point's place in them
 */
export function pointFace({ theme }, told, arrays, name, i) {
  const pictures = arrays[`${name}_pictures`];
  if (pictures) {
    const [, ...shape] = pictures.shape;
    return pictureCanvas(pictures.data, shape, i * shape[0] * shape[1] * shape[2]);
  }
  const series = arrays[`${name}_series`];
  if (series) {
    const places = series.shape[1];
    return line(series.data.subarray(i * places, (i + 1) * places), theme);
  }
  return el('span', { class: 'np-face-text', text: readText(told) });
}

/** What is read of a point, with signs for ends of lines; '' of what is shown instead. */
export const readText = (told) => (told?.read ?? '').replace(/[\n\r\t]/g, shownToken);

/** What is right of a point: its class, its value, or the text of its answers; '' where they are many. */
export function answerText(scene, told) {
  if (told?.answer) return told.answer;
  if (told?.target == null) return '';
  return isRegression(scene) ? significant(told.target) : className(scene, told.target);
}

function line(values, theme) {
  const canvas = el('canvas', { class: 'np-face-line', 'aria-hidden': 'true', width: 2 * LINE.width, height: 2 * LINE.height });
  const context = canvas.getContext('2d');
  const [low, high] = [Math.min(...values), Math.max(...values)];
  context.scale(2, 2);
  context.strokeStyle = theme.text;
  context.lineWidth = 1.4;
  context.beginPath();
  values.forEach((value, i) => context.lineTo(
    2 + (i / (values.length - 1)) * (LINE.width - 4),
    2 + (1 - (value - low) / (high - low || 1)) * (LINE.height - 4)));
  context.stroke();
  return canvas;
}
