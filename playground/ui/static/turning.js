/**
 * The linear steps of a layer in its picture: turn, stretch, turn back, move by the bias. What the
 * core computes are the stages (core/analysis/factors.py); here is the way from one to the next,
 * a turn by its angle, so that nothing shrinks on the way.
 */

export const BIAS = 4; // the stage behind the last linear step

const turn = (angle, [x, y]) => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c * x - s * y, s * x + c * y];
};

/** One step from its stage on, `share` of it done. */
function step(head, stage, share, [x, y]) {
  const { angles, values, mirrored, bias } = head;
  if (stage === 0) return turn(share * angles[0], [x, y]);
  if (stage === 1) return [x * (1 + (values[0] - 1) * share), y * (1 + (values[1] - 1) * share)];
  if (stage === 2) return turn(share * angles[1], [x, mirrored ? y * (1 - 2 * share) : y]);
  return [x + bias[0] * share, y + bias[1] * share];
}

/** Where a place in front of the layer has come to at a position between 0 and BIAS. */
export function carried(head, position, place) {
  let at = place;
  for (let stage = 0; stage < BIAS && stage < position; stage++) {
    at = step(head, stage, Math.min(1, position - stage), at);
  }
  return at;
}

/** Places between two stages on the straight way. */
export function mixed({ data, shape: [, count] }, position) {
  const low = Math.floor(position);
  const share = position - low;
  const here = data.subarray(low * count * 2, (low + 1) * count * 2);
  if (share === 0) return here;
  const there = data.subarray((low + 1) * count * 2, (low + 2) * count * 2);
  return here.map((value, i) => value + (there[i] - value) * share);
}

/** Places (x, y, x, y, …) between two stages, from the computed ones in front of the step. */
export function placesBetween(head, { data, shape: [, count] }, position) {
  const low = Math.floor(position);
  const share = position - low;
  const here = data.subarray(low * count * 2, (low + 1) * count * 2);
  if (share === 0) return here;
  const found = new Float32Array(count * 2);
  for (let i = 0; i < found.length; i += 2) {
    [found[i], found[i + 1]] = step(head, low, share, [here[i], here[i + 1]]);
  }
  return found;
}
