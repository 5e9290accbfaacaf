/** The control bar: play, step, speed, and the run's numbers. Nothing in it ever moves. */

import { Beat } from './beat.js';
import { confusionOfTest } from './confusion.js';
import { Controls } from './controls.js';
import { el, icon, setText } from './dom.js';
import { Looks } from './looks.js';
import { metricsOfTest } from './metrics.js';
import { Notices } from './notices.js';
import { measuredWords, wayWords } from './place.js';
import { accuracy, count, significant } from './words.js';

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
    this.beat = new Beat(NUMBERS_MS);
    this.build();
    this.notices = new Notices(context);
  }

  build() {
    const { text, root } = this.context;
    root.setAttribute('role', 'group');
    root.setAttribute('aria-label', text('bar.label'));
    this.controls = new Controls(this.context, () => this.hub.ask({ type: 'new_seed' }));
    root.append(
      ...this.controls.nodes,
      this.statList(),
      this.placeLine(),
      this.keepSwitch()
    );
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

  // ---- painting ------------------------------------------------------------------------------

  paint(hub) {
    this.notices.paint(hub);
    const { header } = hub;
    if (!header) return;
    this.controls.paint(header);
    this.paintLooks(hub);
    if (!this.beat.due(hub)) return;
    this.paintNumbers(header, hub.scene);
    this.paintPlace(header, hub.scene);
    if (header.keep != null && performance.now() - (hub.keepChosen ?? -1e9) > OWN_CHOICE_MS) {
      hub.keep = this.keep.checked = header.keep;
    }
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
    this.controls.tell(scene?.batch_size ?? '', batches);
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
    const why = measuredWords(place, text, lang);
    this.where.parentElement.title = named + why + text('bar.place_tip') + wayWords(place.engine, text);
  }

  themed() {}

  destroy() {
    this.beat.stop();
    this.controls.destroy();
    this.notices.destroy();
  }
}

const rate = (value, lang) => (value >= 100 ? count(value, lang) : significant(value));
