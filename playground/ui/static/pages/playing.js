/** A slider over time with a button that plays it; where motion is not wanted it jumps to the end. */

import { el, iconButton, setIcon } from '../dom.js';
import { slider } from './kit.js';

/**
 * @param {{still: boolean, label: string, play: string, low: number, high: number, value: number,
 *   step?: number, seconds: number, words: (value: number) => string,
 *   onChange: (value: number) => void}} options `seconds`: from the low end to the high one
 */
export function playing({ still, label, play, low, high: end, value, step = 0.01, seconds, words, onChange }) {
  let high = end;
  let now = value;
  let frame = null;
  let before = 0;
  const range = slider({ label, low, high, step, value, words, onChange: (to) => {
    stop();
    go(to);
  } });
  const button = iconButton({ name: 'play', label: play, className: 'np-plain-play', onClick: () => {
    if (frame !== null) return stop();
    if (now >= high) go(low);
    if (still) return go(high);
    before = performance.now();
    setIcon(button, 'pause');
    frame = requestAnimationFrame(tick);
  } });
  function go(to) {
    now = to;
    range.show(to);
    onChange(to);
  }
  function tick(time) {
    const gone = Math.max(0, time - before) / 1000;
    before = time;
    go(Math.min(high, now + (gone / seconds) * (high - low)));
    if (now < high) frame = requestAnimationFrame(tick);
    else stop();
  }
  function stop() {
    cancelAnimationFrame(frame);
    frame = null;
    setIcon(button, 'play');
  }
  return {
    node: el('div', { class: 'np-playing' }, button, range.node),
    stop,
    /** A new high end; the value stays, unless it was the end or lies beyond. */
    span(to) {
      now = now >= high ? to : Math.min(now, to);
      high = to;
      range.input.max = String(to);
      range.show(now);
    },
    get value() { return now; },
    set value(to) {
      now = to;
      range.show(to);
    },
  };
}
