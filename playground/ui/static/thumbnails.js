/** Pictures of the data as small canvases: bytes (channels, height, width), grey or in colours. */

import { el } from './dom.js';

/**
 * @param {HTMLCanvasElement} canvas gets one pixel per pixel of the picture
 * @param {ArrayLike<number>} data 0 … 255, channels first
 * @param {number[]} shape [channels, height, width]
 * @param {number} [offset] where the picture begins in the data
 */
export function drawPicture(canvas, data, [channels, height, width], offset = 0) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  const size = height * width;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < 3; k++) image.data[i * 4 + k] = data[offset + (channels >= 3 ? k : 0) * size + i];
    image.data[i * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** A canvas with one picture, not smoothed when it is enlarged. */
export function pictureCanvas(data, shape, offset = 0) {
  const canvas = el('canvas', { class: 'np-picture', 'aria-hidden': 'true' });
  drawPicture(canvas, data, shape, offset);
  return canvas;
}
