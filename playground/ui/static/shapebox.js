/**
 * The shape of one point as a box: a picture is as wide and high as its sides and as deep as it
 * has channels, a sequence as long as it has places, numbers in a row are a bar.
 *
 * Lengths grow with the logarithm, or 64 channels of 2×2 could not be drawn beside 32×32 pixels.
 */

const SLANT = 0.45; // of the edges that lead into depth

const length = (count) => 3 + 3.2 * Math.log2(count);

/** @returns {{width: number, height: number, depth: number}} in pixels before it is fitted. */
export function boxOf(size) {
  if (size.length === 3) {
    return { width: length(size[2]), height: length(size[1]), depth: SLANT * length(size[0]) };
  }
  if (size.length === 2) return { width: length(size[0]), height: length(size[1]), depth: 0 };
  return { width: 5, height: length(size[0] ?? 1), depth: 0 };
}

/**
 * @param {{size: number[], source?: number}} block the shape behind it; `source` places are read,
 *   and a line parts them from those that are written
 * @param {number} x the middle of the box
 * @param {number} y its middle
 * @param {{width: number, height: number, scale: number}} room what it may take, and the scale that
 *   all boxes of a network share
 */
export function paintBox(context, { size, source }, x, y, room, theme) {
  const box = boxOf(size);
  const scale = Math.min(room.scale, room.width / (box.width + box.depth));
  const [w, h, d] = [box.width, box.height, box.depth].map((side) => Math.max(side * scale, side ? 2 : 0));
  const left = Math.round(x - (w + d) / 2) + 0.5;
  const bottom = Math.round(y + (h + d) / 2) + 0.5;
  context.save();
  context.lineWidth = 1;
  context.strokeStyle = theme.muted;
  context.fillStyle = theme.background;
  const face = (...corners) => {
    context.beginPath();
    corners.forEach(([cx, cy], i) => (i ? context.lineTo(cx, cy) : context.moveTo(cx, cy)));
    context.closePath();
    context.fill();
    context.stroke();
  };
  face([left, bottom], [left + w, bottom], [left + w, bottom - h], [left, bottom - h]);
  if (source && size.length === 2) {
    const border = Math.round(left + (w * source) / size[0]) + 0.5;
    context.beginPath();
    context.moveTo(border, bottom);
    context.lineTo(border, bottom - h);
    context.stroke();
  }
  if (d) {
    face([left, bottom - h], [left + d, bottom - h - d], [left + w + d, bottom - h - d], [left + w, bottom - h]);
    face([left + w, bottom], [left + w + d, bottom - d], [left + w + d, bottom - h - d], [left + w, bottom - h]);
  }
  context.restore();
}

/** The scale at which the highest box of a network is as high as there is room. */
export function commonScale(sizes, height) {
  const highest = Math.max(...sizes.map(boxOf).map((box) => box.height + box.depth));
  return Math.min(1.2, height / Math.max(highest, 1));
}
