/** Small pictures of "What if": curves with and without a change, and how far an effect reaches. */

import { css } from './colors.js';
import { fitCanvas } from './dom.js';

const ROOM = 3; // px around the curves

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{array: object, measure: number, moments: number[], log: boolean, changed: object, unchanged: object}} curves
 *   the array is (series, lucks, measures, moments)
 */
export function paintCurves(canvas, { array, measure, moments, log, changed, unchanged }, { width, height }, theme) {
  const context = fitCanvas(canvas, width, height);
  context.clearRect(0, 0, width, height);
  const [, lucks, measures, columns] = array.shape;
  const lines = ({ series, reached }) => Array.from({ length: lucks }, (_, luck) => {
    const at = ((series * lucks + luck) * measures + measure) * columns;
    return Array.from(array.data.subarray(at, at + reached), (value) => (log ? Math.log(Math.max(value, 1e-12)) : value));
  });
  const [before, after] = [lines(unchanged), lines(changed)];
  const all = [...before, ...after].flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const toX = (epoch) => ROOM + (epoch / moments.at(-1)) * (width - 2 * ROOM);
  const toY = (value) => height - ROOM - ((value - low) / Math.max(high - low, 1e-12)) * (height - 2 * ROOM);
  context.strokeStyle = theme.faint;
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  context.lineJoin = 'round';
  const draw = (values) => {
    context.beginPath();
    values.forEach((value, i) => context.lineTo(toX(moments[i]), toY(value)));
    context.stroke();
  };
  context.lineWidth = 1;
  context.setLineDash([3, 2]);
  context.strokeStyle = theme.muted;
  before.forEach(draw);
  context.setLineDash([]);
  context.lineWidth = 1.5;
  context.strokeStyle = css(theme.colors.positive);
  after.forEach(draw);
}

/** The mean effect as a dot, its band as a bar, no effect as the line in the middle. */
export function paintEffect(canvas, { found, ratio }, { width, height }, theme, scale) {
  const context = fitCanvas(canvas, width, height);
  context.clearRect(0, 0, width, height);
  const reach = ratio ? scale.ratio : scale.difference;
  const [middle, y] = [width / 2, height / 2];
  const toX = (value) => {
    const away = (ratio ? Math.log(value) : value) / reach;
    return middle + Math.max(-1, Math.min(1, away)) * (middle - 6);
  };
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.beginPath();
  context.moveTo(middle + 0.5, 1);
  context.lineTo(middle + 0.5, height - 1);
  context.stroke();
  if (!found) return;
  const beyond = found.verdict !== 'luck';
  context.strokeStyle = beyond ? theme.text : theme.muted;
  context.fillStyle = beyond ? theme.text : theme.background;
  context.lineWidth = beyond ? 3 : 1.5;
  context.beginPath();
  context.moveTo(toX(found.low), y);
  context.lineTo(toX(found.high), y);
  context.stroke();
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(toX(found.mean), y, 4, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}
