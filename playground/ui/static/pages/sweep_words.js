/** How trials, times and numbers of trials are written, in all parts of a sweep's page. */

import { css } from '../colors.js';
import { percent, short } from '../words.js';
import { colorOf } from './sweep_scale.js';

/** The metric: percent where it is a share of right answers, else three digits. */
export function metricWords(metric, value) {
  if (value == null || !Number.isFinite(value)) return '–';
  return metric.percent ? percent(value, 1) : short(value);
}

/** The mean over the starts, and from where to where they lie: 0.021 (0.018 – 0.026). */
export function spreadWords(metric, row) {
  const words = metricWords(metric, row.value);
  const spread = row.low != null && row.high != null && row.starts?.length > 1;
  return spread ? `${words} (${metricWords(metric, row.low)} – ${metricWords(metric, row.high)})` : words;
}

export function statusWords(text, status) {
  return text(`sweep.status_${status}`);
}

/** Seconds as one says them: 0.4 s, 12 s, 3 min 20 s, 1 h 5 min. */
export function timeWords(text, seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return '–';
  if (seconds < 9.95) return text('sweep.seconds', { seconds: seconds < 0.995 ? seconds.toFixed(2) : seconds.toFixed(1) });
  const whole = Math.round(seconds);
  if (whole < 120) return text('sweep.seconds', { seconds: whole });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return text('sweep.minutes', { minutes, seconds: whole % 60 });
  return text('sweep.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Rows of the small card beside a trial that is pointed at. */
export function trialTip({ text, theme }, results, row) {
  const { knobs, metric } = results;
  const bad = results.bad(row);
  return [
    { title: true, label: `${text('sweep.trial', { number: row.number + 1 })} · ${statusWords(text, row.status)}`,
      color: bad === null ? undefined : css(colorOf(theme, bad)) },
    { label: text(`sweep.metric_${metric.name}`), value: spreadWords(metric, row) },
    ...knobs.map((knob) => ({ label: knob.name, value: knob.words(row.values[knob.key]) })),
  ];
}
