/** Plotly, loaded once from the installed plotly package, and the frame its charts share. */

let loading;

const AGAIN_MS = 1500;

/**
 * The maps and the network do not wait for it. A server that is just starting again is asked until
 * it answers.
 * @returns {Promise<object>} the Plotly library
 */
export function loadPlotly(base) {
  loading ??= new Promise((resolve) => {
    const ask = () => {
      if (window.Plotly) return resolve(window.Plotly);
      const script = document.createElement('script');
      script.src = new URL('live/plotly.min.js', base);
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => {
        script.remove();
        setTimeout(ask, AGAIN_MS);
      };
      document.head.append(script);
    };
    ask();
  });
  return loading;
}

export const CONFIG = { displayModeBar: false, responsive: false, showTips: false, doubleClick: 'reset+autosize' };

/** What every axis looks like in this theme. */
export function axis(theme, more = {}) {
  return {
    gridcolor: theme.faint,
    linecolor: theme.line,
    tickcolor: theme.line,
    zerolinecolor: theme.line,
    tickfont: { size: 11, color: theme.muted },
    title: { font: { size: 12, color: theme.muted }, standoff: 6 },
    automargin: false,
    ...more,
  };
}

export function layout(theme, more = {}) {
  return {
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: theme.font, size: 12, color: theme.text },
    showlegend: false,
    dragmode: window.matchMedia('(pointer: coarse)').matches ? false : 'zoom',
    ...more,
  };
}

/**
 * Runs `draw` at most five times a second, and half as often where it is slow: the main thread
 * belongs to maps and controls, and the other core to training.
 */
export function throttled(draw, gap = 200) {
  let next = 0;
  let timer = null;
  const run = () => {
    timer = null;
    const start = performance.now();
    draw();
    const end = performance.now();
    next = end + Math.min(Math.max(gap, (end - start) * 19), 2 * gap);
  };
  const ask = () => {
    if (timer !== null) return;
    const wait = next - performance.now();
    if (wait <= 0) run();
    else timer = setTimeout(run, wait);
  };
  ask.cancel = () => clearTimeout(timer);
  return ask;
}

/**
 * An axis half-width that follows its data calmly: grows at once, shrinks only when the data fill
 * less than half of it.
 */
export function steadyExtent() {
  let extent = 0;
  return (largest) => {
    const needed = Math.max(largest * 1.12, 1e-6);
    if (needed > extent || needed < extent * 0.5) extent = needed * 1.08;
    return extent;
  };
}

/** The same for an axis of values that need not lie around 0: its two ends. */
export function steadyRange() {
  let held = null;
  return (low, high) => {
    const span = high - low;
    const room = span > 0 ? span * 0.08 : Math.max(1, Math.abs(low) * 1e-3);
    const fits = held && low >= held[0] && high <= held[1] && span > 0.5 * (held[1] - held[0]);
    if (!fits) held = [low - room, high + room];
    return held;
  };
}
