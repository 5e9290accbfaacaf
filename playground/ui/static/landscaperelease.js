/** Optimizers to be released from where the network stands: which ones, how fast, how far. */

import { css } from './colors.js';
import { el, iconButton, setText } from './dom.js';
import { significant } from './words.js';

const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const USUAL = { adam: 0.01, adamw: 0.01, nadam: 0.01, radam: 0.01, rmsprop: 0.01, lion: 0.001, adadelta: 1, muon: 0.01, lbfgs: 1 };
const RATE = 0.03;
const STEPS = [100, 300, 1000, 3000];
const MOST = 4;
/** Of Petroff's ten, those that stand out from the ground and from the path. */
const COLORS = [0, 1, 7, 9];

/** What is chosen outlives a change of tab. */
const chosen = {
  balls: [{ name: 'sgd', rate: 0.03 }, { name: 'momentum', rate: 0.03 }, { name: 'adam', rate: 0.01 }],
  steps: 300,
};

export class Release {
  /** @param {() => void} go releases the balls, or calls them back */
  constructor(context, go) {
    this.context = context;
    const { text } = context;
    this.list = el('div', { class: 'np-land-balls' });
    this.steps = el('select', {
      class: 'np-select', 'aria-label': text('landscape.steps'), title: text('landscape.steps_tip'),
      on: { change: () => (chosen.steps = Number(this.steps.value)) },
    }, ...STEPS.map((value) => el('option', { value, text: text('landscape.steps_value', { steps: value }) })));
    this.steps.value = chosen.steps;
    this.go = el('button', {
      type: 'button', class: 'np-toggle', text: text('landscape.release'), title: text('landscape.release_tip'),
      disabled: true, on: { click: go },
    });
    this.more = iconButton({ name: 'zoomIn', label: text('landscape.more'), onClick: () => this.add() });
    this.node = el('div', { class: 'np-land-release' },
      el('h4', { class: 'np-subtitle', text: text('landscape.release_title'), title: text('landscape.release_tip') }),
      this.list, el('div', { class: 'np-land-go' }, this.more, this.steps, this.go),
      el('p', { class: 'np-caption', text: text('landscape.release_note') }));
    this.fill();
  }

  asked() {
    return {
      balls: chosen.balls.map(({ name }) => name).join(' '),
      rates: chosen.balls.map(({ rate }) => rate),
      steps: chosen.steps,
    };
  }

  names() {
    const { words, text } = this.context;
    const { sgd, ...others } = words.optimizers ?? {};
    return { sgd, momentum: text('landscape.momentum'), ...others };
  }

  add() {
    const used = chosen.balls.map(({ name }) => name);
    const name = ['rmsprop', 'nadam', 'adam', 'sgd'].find((one) => !used.includes(one)) ?? 'sgd';
    chosen.balls.push({ name, rate: USUAL[name] ?? RATE });
    this.fill();
  }

  /** One row for each ball: its number in its colour, optimizer, rate, and what became of it. */
  fill() {
    const { text } = this.context;
    this.rows = chosen.balls.map((ball, i) => {
      const dot = el('b', { class: 'np-land-dot', text: String(i + 1) });
      dot.style.background = this.color(i);
      const name = el('select', {
        class: 'np-select', 'aria-label': text('landscape.optimizer', { number: i + 1 }),
        on: { change: () => {
          Object.assign(ball, { name: name.value, rate: USUAL[name.value] ?? RATE });
          this.fill();
        } },
      }, ...Object.entries(this.names()).map(([value, words]) => el('option', { value, text: words })));
      name.value = ball.name;
      const rate = el('select', {
        class: 'np-select', 'aria-label': text('landscape.rate', { number: i + 1 }), title: text('landscape.rate_tip'),
        on: { change: () => (ball.rate = Number(rate.value)) },
      }, ...RATES.map((value) => el('option', { value, text: String(value) })));
      rate.value = ball.rate;
      const result = el('span', { class: 'np-land-result' });
      const less = iconButton({
        name: 'close', label: text('landscape.less', { number: i + 1 }),
        onClick: () => {
          chosen.balls.splice(i, 1);
          this.fill();
        },
      });
      less.disabled = chosen.balls.length === 1;
      return { node: el('div', { class: 'np-land-ball' }, dot, name, rate, result, less), result };
    });
    this.list.replaceChildren(...this.rows.map(({ node }) => node));
    this.more.disabled = chosen.balls.length >= MOST;
  }

  color(i) {
    const { classes } = this.context.theme.colors;
    return css(classes[COLORS[i % COLORS.length]]);
  }

  /** The balls as they are drawn; `tracks` is (balls, points, 4) with NaN behind the last point. */
  balls(tracks, told) {
    if (!tracks || !told?.length) return [];
    const [, points, width] = tracks.shape;
    return told.slice(0, tracks.shape[0]).map(({ count }, i) => ({
      name: String(i + 1),
      color: this.color(i),
      track: Array.from({ length: count }, (_, k) => {
        const at = (i * points + k) * width;
        return [...tracks.data.subarray(at, at + width)];
      }),
    }));
  }

  paint(hub, live, rolling) {
    const { text } = this.context;
    setText(this.go, rolling ? text('landscape.call_back') : text('landscape.release'));
    this.go.disabled = !live.plane;
    const tracks = this.balls(hub.arrays.landscape_balls, live.balls);
    this.rows.forEach(({ result }, i) => {
      const ball = live.balls?.[i];
      const [, , off, loss] = tracks[i]?.track.at(-1) ?? [];
      const words = !ball ? ''
        : ball.state === 'diverged' ? text('landscape.diverged', { step: ball.step })
          : significant(loss);
      setText(result, words);
      result.title = ball ? text('landscape.result_tip', { step: ball.step, off: significant(off) }) : '';
    });
  }
}
