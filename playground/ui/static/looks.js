/**
 * How often the test set has been looked at: who chooses settings by its score fits them to it.
 *
 * A look is counted when the visitor acts on what the test score says: training has moved on, and
 * then it is paused, or ends, or a setting is changed; and when the scores or the confusion matrix
 * of the test points are opened. Each test set has its own count, known by
 * its points, for as long as the tab is open.
 */

const STORE = 'network-playground-looks';
const MOST_SETS = 50;

export class Looks {
  constructor() {
    this.counts = read();
    this.last = null;
    this.counted = 0; // the step up to which looks have been counted
  }

  /**
   * @param {boolean} open whether a view of the test points' scores is open
   * @returns {number|null} looks at the present test set; null where there is none
   */
  follow({ header, scene, arrays }, open = false) {
    const points = arrays.points_test;
    if (!scene || !points) return null;
    if (points !== this.points) {
      // The look that ended with a change of the points was one at those that were.
      this.act(header, scene, open);
      this.points = points;
      this.key = fingerprint(points.data);
    } else this.act(header, scene, open);
    return points.shape[0] ? this.counts[this.key] ?? 0 : null;
  }

  act({ step, state }, scene, open) {
    const now = { step, state, open, id: scene.id, marks: JSON.stringify(scene.marks ?? []) };
    const { last } = this;
    this.last = now;
    if (!last) {
      this.counted = step;
      return;
    }
    const again = last.id !== now.id;
    const rested = last.state === 'running' && state !== 'running';
    const opened = open && !last.open;
    const acted = again || rested || opened || last.marks !== now.marks;
    const reached = again ? last.step : step;
    if (acted && reached > this.counted) this.count();
    if (acted || step < this.counted) this.counted = step;
  }

  count() {
    if (!this.key) return;
    this.counts[this.key] = (this.counts[this.key] ?? 0) + 1;
    const kept = Object.entries(this.counts).slice(-MOST_SETS);
    sessionStorage.setItem(STORE, JSON.stringify(Object.fromEntries(kept)));
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

/** FNV-1a over the numbers' bits. */
function fingerprint(data) {
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(data.slice().buffer)) hash = Math.imul(hash ^ word, 0x01000193);
  return `${data.length}:${hash >>> 0}`;
}
