/** Iterated maps: where points go when the matrix is applied again and again. */

import { el, setText } from '../dom.js';
import { short } from '../words.js';
import { facts, vectorWords } from './kit.js';
import { apply, norm } from './matrix.js';
import { playing } from './playing.js';

const MOST = 60;
const FAR = 1e4;
const RING = 10;

/** x, Ax, A²x …: so many steps, fewer where it leaves everything. */
export function orbit(matrix, start, steps) {
  const points = [start];
  for (let k = 0; k < steps && norm(points.at(-1)) < FAR; k++) points.push(apply(matrix, points.at(-1)));
  return points;
}

export function orbitLens(page) {
  const { text, still } = page.context;
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const rows = facts();
  let start = page.size === 2 ? [1, 0.5] : [1, 0.4, 0.3];
  const clock = playing({
    still, label: text('plane.orbit_steps'), play: text('plane.orbit_play'), low: 0, high: MOST, step: 1, value: 24,
    seconds: 9, words: (steps) => String(Math.floor(steps)),
    onChange: () => moved(),
  });
  const moved = () => {
    say();
    page.scene.invalidate();
  };
  const steps = () => Math.floor(clock.value);

  function say() {
    const radius = Math.hypot(page.eigen.values[0].re, page.eigen.values[0].im);
    const points = orbit(page.matrix, start, steps());
    rows.show([
      [text('plane.orbit_radius'), short(radius), text('plane.orbit_radius_tip')],
      ['x', vectorWords(start)],
      [`A${superscript(points.length - 1)}x`, vectorWords(points.at(-1))],
    ]);
    const complex = page.eigen.values[0].im !== 0;
    const one = Math.abs(radius - 1) < 1e-9;
    const key = radius === 0 ? 'zero' : one ? (page.eigen.kind === 'defective' ? 'creeps' : complex ? 'circles' : 'stays')
      : radius < 1 ? (complex ? 'spirals_in' : 'shrinks') : complex ? 'spirals_out' : 'grows';
    setText(verdict, text(`plane.orbit_${key}`, { radius: short(radius), size: page.size }));
  }

  const seeds = () => Array.from({ length: RING }, (_, k) => {
    const t = (k / RING) * 2 * Math.PI;
    return page.size === 2 ? [1.6 * Math.cos(t), 1.6 * Math.sin(t)]
      : [1.3 * Math.cos(t), 1.3 * Math.sin(t), 1.3 * Math.cos(2 * t)];
  });

  return {
    nodes: [el('p', { text: text('plane.orbit_intro') }), clock.node, rows.node, verdict],
    handles: [{
      id: 'start',
      label: () => text('plane.handle_start', { place: vectorWords(start) }),
      get: () => start,
      set: (to) => {
        start = to.map((value) => Number((Math.round(value / 0.05) * 0.05).toFixed(4)));
        moved();
      },
      color: () => page.colors.eigen,
    }],
    paint(scene, colors) {
      for (const seed of seeds()) {
        const points = orbit(page.matrix, seed, steps());
        scene.line(points, colors.muted, { width: 1, alpha: 0.45 });
      }
      const points = orbit(page.matrix, start, steps());
      scene.line(points, colors.eigen, { width: 1.6 });
      points.forEach((point, k) => scene.dot(point, k ? colors.pale(0.35 + 0.65 * (k / points.length)) : colors.eigen, k ? 3.6 : 5));
    },
    reach: () => Math.min(6, norm(start)),
    update(changed) {
      if (start.length !== page.size) start = page.size === 2 ? [1, 0.5] : [1, 0.4, 0.3];
      if (changed) clock.stop();
      say();
    },
    stop: clock.stop,
  };
}

const superscript = (number) => [...String(number)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit]).join('');
