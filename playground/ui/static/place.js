/** Where and how steps are computed, in words. */

import { significant } from './words.js';

/** What "auto" has found a step to take on each device, where it has tried them; else ''. */
export function measuredWords(place, text, lang) {
  const times = Object.entries(place.step_seconds ?? {}).map(
    ([kind, seconds]) => `${kind.toUpperCase()} ${significant(seconds * 1e6, lang)} µs`,
  );
  return times.length ? `${text('bar.place_measured', { times: times.join(' · ') })} ` : '';
}

/** What is to be known of how steps are computed, where that is no matter of course; else ''. */
export function wayWords(way, text) {
  if (way === 'compiled') return `\n${text('bar.engine_compiled_tip')}`;
  return way === 'graph' ? `\n${text('bar.engine_graph_tip')}` : '';
}
