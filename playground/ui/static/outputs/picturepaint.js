/** Small pictures of bytes on canvases: sharp pixels, grey or in colour. */

import { el } from '../dom.js';

/**
 * Paints bytes (height, width, 1 or 3) from `offset` on; a canvas pixel is a pixel.
 * @param {number[]} [strides] from one pixel to the next and from one channel to the next; of bytes
 *   with their channels first [1, height · width]
 */
export function paintPixels(canvas, data, offset, [height, width, channels], [pixelStride, stride] = [channels, 1]) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let pixel = 0, at = offset; pixel < width * height; pixel++, at += pixelStride) {
    const target = 4 * pixel;
    image.data[target] = data[at];
    image.data[target + 1] = data[channels === 3 ? at + stride : at];
    image.data[target + 2] = data[channels === 3 ? at + 2 * stride : at];
    image.data[target + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** A canvas whose pixels stay sharp, whatever its size on the screen. */
export function pixelCanvas(attributes = {}) {
  return el('canvas', { class: 'np-pixels', width: 1, height: 1, ...attributes });
}
