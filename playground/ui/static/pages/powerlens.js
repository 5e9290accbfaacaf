/** Power iteration: multiply, bring to length one, again; the direction of the largest eigenvalue wins. */

import { el, setText } from '../dom.js';
import { short, significant } from '../words.js';
import { StepChart } from './chart.js';
import { nearestIn, vectorHandle } from './eigenlens.js';
import { paintDirection } from './ground.js';
import { button, facts } from './kit.js';
import { apply, cross, dot, norm, scaled, unit } from './matrix.js';

const MOST = 200;
const DONE = 1e-8; // radians

/** The angle between two directions, also where it is tiny. */
function between(a, b) {
  const apart = a.length === 2 ? Math.abs(a[0] * b[1] - a[1] * b[0]) : norm(cross(a, b));
  return Math.atan2(apart, Math.abs(dot(a, b)));
}

/** The space of the largest eigenvalue and the factor by which each step comes nearer to it. */
export function leading({ values, spaces }) {
  const size = (k) => Math.hypot(values[k].re, values[k].im);
  if (values[0].im !== 0 || size(0) === 0) return null;
  const rivals = values.filter(({ re, im }) => Math.hypot(re - values[0].re, im) > 1e-7 * size(0));
  const rival = rivals.length ? Math.hypot(rivals[0].re, rivals[0].im) : 0;
  const rate = rival / size(0);
  return rate > 1 - 1e-9 ? null : { space: spaces[0], rate };
}

export function powerLens(page) {
  const { text } = page.context;
  const chart = new StepChart(page.context, { label: text('plane.power_chart'), xLabel: text('plane.step'), yLabel: text('plane.power_error') });
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const rows = facts();
  let trail = [];
  const restart = () => {
    trail = [unit(page.vector)];
    say();
  };
  const step = (times) => {
    for (let k = 0; k < times && trail.length <= MOST && trail.at(-1); k++) {
      trail.push(unit(apply(page.matrix, trail.at(-1))));
      if (!trail.at(-1)) break;
    }
    say();
    page.scene.invalidate();
  };
  const one = button(text('plane.power_step'), () => step(1), { class: 'np-toggle np-main' });
  const ten = button(text('plane.power_ten'), () => step(10));
  const again = button(text('common.reset'), () => {
    restart();
    page.scene.invalidate();
  });

  function say() {
    const now = trail.at(-1);
    const count = trail.length - 1;
    const goal = leading(page.eigen);
    const errors = goal ? trail.filter(Boolean).map((one) => {
      const nearest = nearestIn(goal.space, one);
      return nearest ? between(one, nearest) : Math.PI / 2;
    }) : [];
    const image = now && apply(page.matrix, now);
    rows.show([
      [text('plane.step'), String(count)],
      [text('plane.power_quotient'), now ? short(dot(now, image)) : '–', text('plane.power_quotient_tip')],
      [text('plane.power_error'), errors.length ? significant(errors.at(-1)) : '–'],
      [text('plane.power_rate'), goal ? short(goal.rate) : '–', text('plane.power_rate_tip')],
    ]);
    const defective = page.eigen.kind === 'defective';
    chart.node.hidden = !goal;
    if (goal) {
      const series = [{ label: text('plane.power_seen'), color: page.colors.eigen, values: errors }];
      // A double eigenvalue without a second direction is neared like 1/k, not by a factor.
      if (!defective && goal.rate > 0 && errors[0] > 1e-12) {
        series.push({ label: text('plane.power_expected'), color: page.colors.muted, dash: [5, 4],
          values: errors.map((_, k) => Math.atan(Math.tan(errors[0]) * goal.rate ** k)) });
      }
      chart.show(series, [DONE]);
    }
    const done = errors.findIndex((error) => error < DONE);
    const key = !now ? 'zero' : !goal ? (page.eigen.values[0].im ? 'turns' : 'tie')
      : errors[0] < DONE ? 'there' : done > 0 ? 'done' : errors[0] > Math.PI / 2 - 1e-9 ? 'across' : defective ? 'slow' : 'goes';
    setText(verdict, text(`plane.power_${key}`, { steps: done, value: goal ? short(goal.space.value) : '' }));
    one.disabled = ten.disabled = !now || trail.length > MOST;
  }

  return {
    nodes: [el('p', { text: text('plane.power_intro') }), el('div', { class: 'np-buttons' }, one, ten, again), rows.node, verdict, chart.node],
    handles: [vectorHandle(page, (direction) => page.setVector(direction))],
    under(scene, colors) {
      const goal = leading(page.eigen);
      if (goal) for (const direction of goal.space.vectors) paintDirection(scene, direction, colors.eigen, { alpha: 0.7 });
    },
    paint(scene, colors) {
      const zero = Array(page.size).fill(0);
      const shown = trail.filter(Boolean);
      shown.forEach((one, k) => {
        const share = shown.length === 1 ? 1 : k / (shown.length - 1);
        scene.arrow(zero, one, colors.pale(share), { width: k === shown.length - 1 ? 3 : 1.8, alpha: 0.35 + 0.65 * share });
      });
      if (shown.length < 14) shown.forEach((one, k) => scene.label(scaled(one, 1.12), String(k), colors.text, { dy: 0 }));
    },
    reach: () => 1.2,
    update: restart,
    stop: () => chart.destroy(),
  };
}
