/** What every lens of "A matrix moves the plane" stands on: grid, square and circle, or cube and sphere. */

import { css, mix } from '../colors.js';
import { apply, column, determinant, identity } from './matrix.js';

const GRID = 12;
const ROUND = Array.from({ length: 97 }, (_, i) => (i / 96) * 2 * Math.PI);

/** The page's colours: one for each column, for a turned vector, for eigenvectors, singular vectors. */
export function pageColors({ colors: { classes, negative, positive }, dark, text, muted, faint, line }) {
  const shade = (color) => css(dark ? mix(color, [255, 255, 255], 0.4) : mix(color, [0, 0, 0], 0.12));
  return {
    columns: [shade(classes[0]), shade(classes[4]), shade(classes[6])],
    eigen: shade(classes[2]),
    singular: [shade(classes[2]), shade(classes[5]), shade(classes[8])],
    trail: classes[6],
    vector: text, text, muted, faint, line,
    area: (sign) => css(sign < 0 ? negative : positive, sign < 0 ? 0.26 : 0.18),
    pale: (share) => css(mix(dark ? [60, 66, 76] : [214, 220, 226], dark ? mix(classes[6], [255, 255, 255], 0.3) : classes[6], share)),
  };
}

export function paintGround(scene, matrix, colors) {
  if (matrix.length === 4) paintPlane(scene, matrix, colors);
  else paintSpace(scene, matrix, colors);
}

function paintPlane(scene, matrix, colors) {
  const [across, up] = scene.reach.map((reach) => Math.ceil(reach));
  const most = Math.max(across, up);
  const step = most > 14 ? 5 : most > 7 ? 2 : 1;
  for (let k = -Math.floor(most / step) * step; k <= most; k += step) {
    const width = k === 0 ? 1.4 : 1;
    const shade = k === 0 ? colors.line : colors.faint;
    scene.line([[k, -most], [k, most]], shade, { width });
    scene.line([[-most, k], [most, k]], shade, { width });
  }
  const image = (x, y) => apply(matrix, [x, y]);
  for (let k = -GRID; k <= GRID; k++) {
    const width = k === 0 ? 1.8 : 1;
    const alpha = k === 0 ? 0.7 : 0.4;
    scene.line([image(k, -GRID), image(k, GRID)], colors.columns[1], { width, alpha });
    scene.line([image(-GRID, k), image(GRID, k)], colors.columns[0], { width, alpha });
  }
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]];
  scene.line(corners, colors.muted, { width: 1, dash: [2, 3] });
  const square = corners.map((point) => apply(matrix, point));
  scene.line(square, colors.text, { width: 1, fill: colors.area(determinant(matrix)) });
  const circle = ROUND.map((t) => [Math.cos(t), Math.sin(t)]);
  scene.line(circle, colors.muted, { width: 1.3, dash: [4, 4] });
  scene.line(circle.map((point) => apply(matrix, point)), colors.text, { width: 1.8 });
}

function paintSpace(scene, matrix, colors) {
  const far = scene.extent;
  const floor = Math.ceil(far / 2);
  for (let k = -floor; k <= floor; k++) {
    scene.line([[k, -floor, 0], [k, floor, 0]], colors.faint, { width: 1 });
    scene.line([[-floor, k, 0], [floor, k, 0]], colors.faint, { width: 1 });
  }
  ['x', 'y', 'z'].forEach((name, k) => {
    const end = identity(3).slice(3 * k, 3 * k + 3).map((value) => value * far * 0.62);
    scene.line([end.map((value) => -value), end], colors.line, { width: 1.2 });
    scene.label(end, name, colors.muted, { dx: 8, dy: -6 });
  });
  const places = [[0, 1, 2], [1, 2, 0], [2, 0, 1]];
  const circle = (place, height) => ROUND.map((t) => {
    const radius = Math.sqrt(1 - height * height);
    const point = [0, 0, 0];
    [radius * Math.cos(t), radius * Math.sin(t), height].forEach((value, i) => (point[place[i]] = value));
    return point;
  });
  for (const place of places) scene.line(circle(place, 0), colors.muted, { width: 1, dash: [3, 4], alpha: 0.7 });
  for (const place of places) {
    for (const height of [-0.6, 0, 0.6]) {
      twoSided(scene, circle(place, height).map((point) => apply(matrix, point)), colors.text, height ? 0.8 : 1.3);
    }
  }
  paintCube(scene, matrix, colors);
}

/** A closed curve whose far half is paler than its near half. */
function twoSided(scene, points, color, width) {
  const far = points.map((point) => scene.project(point).depth > 0);
  let start = 0;
  for (let i = 1; i <= points.length; i++) {
    if (i < points.length && far[i] === far[start]) continue;
    scene.line(points.slice(start, Math.min(i + 1, points.length)), color, { width, alpha: far[start] ? 0.28 : 0.9 });
    start = i;
  }
}

function paintCube(scene, matrix, colors) {
  const sign = determinant(matrix);
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [0, 1]) {
      const face = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]].map(([a, b]) => {
        const corner = [0, 0, 0];
        corner[axis] = side;
        corner[(axis + 1) % 3] = a;
        corner[(axis + 2) % 3] = b;
        return apply(matrix, corner);
      });
      scene.line(face, colors.text, { width: 1, fill: colors.area(sign), alpha: 0.55 });
    }
  }
}

/** The columns: where the unit vectors go. */
export function paintColumns(scene, matrix, colors, names) {
  const n = matrix.length === 9 ? 3 : 2;
  const zero = Array(n).fill(0);
  for (let k = 0; k < n; k++) {
    const tip = column(matrix, k);
    scene.arrow(zero, tip, colors.columns[k]);
    const { x, y } = scene.project(tip);
    const middle = scene.project(zero);
    const away = Math.hypot(x - middle.x, y - middle.y) || 1;
    scene.label(tip, names[k], colors.columns[k],
      { dx: ((x - middle.x) / away) * 22, dy: ((y - middle.y) / away) * 20 + (away < 20 ? -16 - 15 * k : 0) });
  }
}

/** The whole line of a direction, through the middle. */
export function paintDirection(scene, direction, color, options = {}) {
  const far = scene.extent * 2;
  scene.line([direction.map((value) => -value * far), direction.map((value) => value * far)], color,
    { width: 1.6, dash: [7, 5], ...options });
}
