/** Pictures of the data as small canvases: bytes (channels, height, width), grey or in colours. */

import { css } from './colors.js';
import { el } from './dom.js';
import { paintPixels } from './outputs/picturepaint.js';

const ROOM = 4600; // px² of a plot for each picture
const SIDE = 22; // px

/**
 * @param {HTMLCanvasElement} canvas gets one pixel per pixel of the picture
 * @param {ArrayLike<number>} data 0 … 255, channels first
 * @param {number[]} shape [channels, height, width]
 * @param {number} [offset] where the picture begins in the data
 */
export function drawPicture(canvas, data, [channels, height, width], offset = 0) {
  paintPixels(canvas, data, offset, [height, width, channels], [1, height * width]);
}

/** A canvas with one picture, not smoothed when it is enlarged. */
export function pictureCanvas(data, shape, offset = 0) {
  const canvas = el('canvas', { class: 'np-picture', 'aria-hidden': 'true' });
  drawPicture(canvas, data, shape, offset);
  return canvas;
}

/** The picture of the data that all parts look at: {part, index}; null where it is the visitor's own. */
export function chosenPicture({ wants }) {
  const { own, part = 'test', index = 0 } = wants.options.sample ?? {};
  return own ? null : { part, index };
}

/** Makes a picture of the data the one that all parts look at. */
export function choosePicture(hub, part, index) {
  hub.option('sample', { part, index, own: null });
}

// ---- points of a plot as pictures ------------------------------------------------------------

const canvases = new WeakMap(); // of an array of pictures: its canvases, by their places

/** The small picture of a point, where the data are pictures and it came with the scene; else null. */
export function thumbnail({ arrays }, test, index) {
  const array = arrays[test ? 'thumbs_test' : 'thumbs_train'];
  if (!array || index >= array.shape[0]) return null;
  if (!canvases.has(array)) canvases.set(array, new Map());
  const made = canvases.get(array);
  if (!made.has(index)) {
    const [, ...shape] = array.shape;
    made.set(index, pictureCanvas(array.data, shape, index * shape[0] * shape[1] * shape[2]));
  }
  return made.get(index);
}

/**
 * Draws some of the spots as pictures: always the same few, so that nothing flickers while points
 * move; all that are in sight once they are few.
 */
export function paintThumbnails(context, spots, hub, { width, height }) {
  if (!hub.arrays.thumbs_test) return;
  const inSight = spots.filter(({ x, y }) => x > -SIDE && x < width + SIDE && y > -SIDE && y < height + SIDE);
  const most = (width * height) / ROOM;
  const all = inSight.length <= 2 * most;
  const chosen = chosenPicture(hub);
  context.imageSmoothingEnabled = false;
  const share = most / Math.max(1, spots.length);
  for (const spot of inSight) {
    const { test, index, x, y, color, lit } = spot;
    const own = index === chosen?.index && (test ? 'test' : 'train') === chosen.part;
    if (!own && !all && !lit && scattered(index, test) > share) continue;
    const picture = thumbnail(hub, test, index);
    if (!picture) continue;
    const side = own ? SIDE * 1.5 : SIDE;
    context.fillStyle = typeof color === 'string' ? color : css(color);
    context.fillRect(x - side / 2 - 2, y - side / 2 - 2, side + 4, side + 4);
    context.drawImage(picture, x - side / 2, y - side / 2, side, side);
  }
}

/** A number from 0 to 1 that looks drawn, the same one for a point at any time. */
const scattered = (index, test) => (Math.imul(index * 2 + Number(test) + 1, 2654435761) >>> 0) / 2 ** 32;

/**
 * A click on a point of a plot makes its picture the one that all parts look at.
 * @param {Element} host of the plot @param {(event: PointerEvent) => object|null} spotAt
 */
export function choosesPictures(host, hub, spotAt) {
  let start = null;
  host.addEventListener('pointerdown', ({ clientX, clientY }) => (start = { clientX, clientY }));
  host.addEventListener('pointerup', (event) => {
    const moved = !start || Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > 4;
    start = null;
    if (moved || hub.scene?.kind !== 'pictures') return;
    const spot = spotAt(event);
    if (spot) choosePicture(hub, spot.test ? 'test' : 'train', spot.index);
  });
}
