/** The control bar: play, step, speed, and the run's numbers. Nothing in it ever moves. */

import { confusionOfTest } from './confusion.js';
import { el, icon, iconButton, setIcon, setText } from './dom.js';
import { Looks } from './looks.js';
import { metricsOfTest } from './metrics.js';
import { Notices } from './notices.js';
import { accuracy, count, significant } from './words.js';

/** Stops of the speed slider, in batches a second; the last has no limit. */
const SPEEDS = [1, 5, 25, 200, 2000, null];
const NUMBERS_MS = 100;
const OWN_CHOICE_MS = 1500;
const STATS = ['epoch_count', 'train_loss', 'test_loss', 'score', 'epochs_rate', 'steps_rate', 'step_time'];

/** It outlives a remount of the bar, e.g. a change of language. */
const looks = new Looks();

export function createBar(context) {
  return new Bar(context);
}

class Bar {
  constructor(context) {
    this.context = context;
    this.hub = context.hub;
    this.build();
    this.notices = new Notices(context);
    this.onKey = (event) => this.key(event);
    document.addEventListener('keydown', this.onKey);
  }

  build() {
    const { text, root } = this.context;
    root.setAttribute('role', 'group');
    root.setAttribute('aria-label', text('bar.label'));
    const button = (name, key, onClick, className) => {
      const label = text(`bar.${key}`);
      return iconButton({ name, label, tip: `${label}: ${text(`bar.${key}_tip`)}`, onClick, className });
    };
    this.play = button('play', 'play', () => this.toggle(), 'np-play');
    const command = (type) => () => this.hub.send({ type });
    root.append(
      el('div', { class: 'np-controls' },
        this.play,
        (this.step = button('step', 'step', command('step'))),
        (this.epoch = button('epoch', 'epoch', command('epoch'))),
        button('reset', 'reset', command('reset')),
        button('seed', 'new_seed', () => this.hub.ask({ type: 'new_seed' }))),
      this.speedControl(),
      this.statList(),
      this.placeLine(),
      this.keepSwitch()
    );
  }

  speedControl() {
    const { text } = this.context;
    this.speed = el('input', {
      type: 'range', min: 0, max: SPEEDS.length - 1, step: 1, value: SPEEDS.length - 1,
      'aria-label': text('bar.speed'), title: text('bar.speed_tip'),
      on: { input: () => this.chooseSpeed() },
    });
    this.speedText = el('span', { class: 'np-speed-text' });
    this.showSpeed();
    return el('div', { class: 'np-speed', title: text('bar.speed_tip') },
      el('span', { class: 'np-label', text: text('bar.speed') }), this.speed, this.speedText);
  }

  statList() {
    const { text } = this.context;
    this.values = {};
    this.labels = {};
    const list = el('dl', { class: 'np-stats' });
    for (const key of STATS) {
      const name = key === 'score' ? 'accuracy' : key;
      this.labels[key] = el('dt', { text: text(`bar.${name}`) });
      this.values[key] = el('dd', { text: '–' });
      list.append(el('div', { class: `np-stat np-stat-${key}`, title: text(`bar.${name}_tip`) },
        this.labels[key], this.values[key]));
    }
    this.countLooks();
    return list;
  }

  /** Beside the test score, how often it has been looked at. */
  countLooks() {
    const dd = this.values.score;
    this.values.score = el('span', { text: '–' });
    this.lookCount = el('span');
    this.looked = el('span', { class: 'np-looks' }, icon('eye'), this.lookCount);
    this.looked.hidden = true;
    dd.replaceChildren(this.values.score, this.looked);
  }

  paintLooks(hub) {
    const { analysis } = hub.wants;
    const open = (analysis.includes('metrics') && metricsOfTest()) ||
      (analysis.includes('confusion') && confusionOfTest());
    const found = looks.follow(hub, open);
    this.looked.hidden = !found;
    if (!found) return;
    setText(this.lookCount, count(found, this.context.lang));
    const tip = this.context.text('bar.looks_tip', { count: found });
    if (this.looked.title !== tip) this.looked.title = tip;
  }

  placeLine() {
    this.where = el('span');
    this.sizes = el('span');
    return el('div', { class: 'np-place', title: this.context.text('bar.place_tip') },
      this.where, this.sizes);
  }

  keepSwitch() {
    const { text } = this.context;
    this.keep = el('input', {
      type: 'checkbox', role: 'switch', on: { change: () => this.hub.setKeep(this.keep.checked) },
    });
    this.keep.checked = this.hub.keep;
    return el('label', { class: 'np-switch', title: text('bar.keep_tip') },
      this.keep, el('span', { text: text('bar.keep') }));
  }

  // ---- commands ------------------------------------------------------------------------------

  running() {
    return this.hub.header?.state === 'running';
  }

  toggle() {
    this.hub.send({ type: this.running() ? 'pause' : 'play' });
  }

  /** The space bar plays and pauses, unless the focus is on something that uses it itself. */
  key(event) {
    if (event.key !== ' ' || event.defaultPrevented || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const busy = 'input, textarea, select, button, a, summary, [contenteditable], [role=slider], ' +
      '[role=button], [role=tab], [role=combobox], [role=option], [role=dialog], [role=switch]';
    if (event.target.closest?.(busy)) return;
    event.preventDefault();
    this.toggle();
  }

  chooseSpeed() {
    this.chosen = performance.now();
    this.showSpeed();
    this.hub.send({ type: 'speed', value: SPEEDS[this.speed.value] });
  }

  showSpeed() {
    const { text, lang } = this.context;
    const rate = SPEEDS[this.speed.value];
    const words = rate === null ? text('bar.speed_max')
      : text(rate === 1 ? 'bar.speed_one' : 'bar.speed_value', { rate: count(rate, lang) });
    setText(this.speedText, words);
    this.speed.setAttribute('aria-valuetext', words);
    this.speed.style.setProperty('--np-filled', `${(this.speed.value / (SPEEDS.length - 1)) * 100}%`);
  }

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    this.notices.paint(hub);
    const { header } = hub;
    if (!header) return;
    this.paintPlay(header);
    this.paintLooks(hub);
    const now = performance.now();
    // Numbers that change thirty times a second cannot be read.
    if (now - (this.painted ?? 0) < NUMBERS_MS && header.state === this.state) {
      this.later ??= setTimeout(() => {
        this.later = null;
        hub.invalidate();
      }, NUMBERS_MS);
      return;
    }
    this.painted = now;
    this.state = header.state;
    this.paintNumbers(header, hub.scene);
    this.paintPlace(header, hub.scene);
    if (header.keep != null && now - (hub.keepChosen ?? -1e9) > OWN_CHOICE_MS) {
      hub.keep = this.keep.checked = header.keep;
    }
    if (now - (this.chosen ?? -1e9) > OWN_CHOICE_MS) this.followSpeed(header.speed?.limit);
  }

  paintPlay(header) {
    const { text } = this.context;
    const running = header.state === 'running';
    if (this.shownRunning === running) return;
    this.shownRunning = running;
    setIcon(this.play, running ? 'pause' : 'play');
    const key = running ? 'pause' : 'play';
    this.play.setAttribute('aria-label', text(`bar.${key}`));
    this.play.title = `${text(`bar.${key}`)}: ${text(`bar.${key}_tip`)}`;
    this.play.classList.toggle('np-running', running);
  }

  paintNumbers({ epoch, metrics, measured, score, speed, state, batches_per_epoch: batches }, scene) {
    const { text, lang } = this.context;
    const live = state === 'running';
    const show = {
      epoch_count: count(epoch, lang),
      train_loss: significant(metrics?.train_loss),
      test_loss: significant(metrics?.test_loss),
      score: score === 'r2' ? significant(metrics?.test_score) : accuracy(metrics?.test_score),
      epochs_rate: live ? rate(speed?.epochs_per_second, lang) : '–',
      steps_rate: live ? rate(speed?.steps_per_second, lang) : '–',
      step_time: live ? significant(speed?.ms_per_step) : '–',
    };
    for (const key of STATS) setText(this.values[key], show[key]);
    const name = score === 'r2' ? 'r2' : 'accuracy';
    setText(this.labels.score, text(`bar.${name}`));
    const part = measured ? ` ${text('bar.measured', { train: measured[0], test: measured[1] })}` : '';
    this.labels.score.parentElement.title = text(`bar.${name}_tip`) + part;
    this.labels.score.parentElement.classList.toggle('np-sampled', Boolean(measured));
    this.step.title = `${text('bar.step')}: ${text('bar.step_tip', { batch: scene?.batch_size ?? '' })}`;
    this.epoch.title = `${text('bar.epoch')}: ${text('bar.epoch_tip', { batches })}`;
  }

  paintPlace({ place, state }, scene) {
    const { text, lang } = this.context;
    if (!place) return;
    const device = String(place.device).toUpperCase();
    const parts = [text(`state.${state}`), device, text(`bar.engine_${place.engine}`), place.precision];
    setText(this.where, parts.join(' · '));
    const sizes = [];
    if (scene) sizes.push(text('bar.parameters', { count: count(scene.parameters, lang) }));
    if (place.memory_mb) sizes.push(`${count(place.memory_mb, lang)} MB`);
    setText(this.sizes, sizes.join(' · '));
    const named = place.device_name ? `${place.device_name}. ` : '';
    this.where.parentElement.title = named + text('bar.place_tip');
  }

  followSpeed(limit) {
    if (limit === undefined) return;
    let nearest = SPEEDS.length - 1;
    if (limit !== null) {
      const away = (stop) => (stop === null ? Infinity : Math.abs(Math.log(stop / limit)));
      SPEEDS.forEach((stop, i) => {
        if (away(stop) < away(SPEEDS[nearest])) nearest = i;
      });
    }
    if (Number(this.speed.value) === nearest) return;
    this.speed.value = nearest;
    this.showSpeed();
  }

  themed() {}

  destroy() {
    clearTimeout(this.later);
    document.removeEventListener('keydown', this.onKey);
    this.notices.destroy();
  }
}

const rate = (value, lang) => (value >= 100 ? count(value, lang) : significant(value));
