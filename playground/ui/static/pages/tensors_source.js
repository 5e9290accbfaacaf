/** Where A or B comes from: a form for each kind of source. */

import { el } from '../dom.js';
import { button } from './kit.js';
import { choice, field, fileButton } from './parts.js';
import { nestedText, resized, typedCells } from './tensors_numbers.js';

const KINDS = ['typed', 'filled', 'points', 'table', 'digits', 'photo', 'text', 'tones', 'file'];
const MOST_ORDER = 4;
const EDITABLE = [3, 6, 8]; // sides of slices, rows and columns that are edited by hand

/** What a kind begins with. */
const FIRST = {
  typed: { text: '[[1, 2, 3], [4, 5, 6]]' },
  filled: { how: 'randn', shape: '2, 3', seed: 0 },
  points: { set: 'moons', count: 8 },
  table: { table: 'iris' },
  digits: { index: 0, count: 1 },
  photo: { name: 'china', step: 4 },
  text: { writing: 'codepoints' },
  tones: { frequencies: '440', seconds: 0.5 },
};

export class SourceForm {
  /**
   * @param {string} name A or B
   * @param {object} context of the page
   * @param {{onChange: (source: object) => void, onProblem: (sentence: string) => void}} hooks
   */
  constructor(name, context, hooks) {
    Object.assign(this, { name, context, hooks });
    this.fields = el('div', { class: 'np-t-fields' });
    this.sides = el('div', { class: 'np-t-sides' });
    this.then = el('div', { class: 'np-t-then' });
    this.node = el('div', { class: 'np-t-source' });
  }

  /** @param {object} source @param {object|null} told of the tensor that it made */
  show(source, told) {
    const { kind } = source;
    const shown = kind === 'picture' || kind === 'sound' ? 'file' : kind;
    const same = this.kind === shown && this.file === source.file;
    this.source = source;
    if (!same || !this.owns(source)) this.build(shown);
    [this.kind, this.file] = [shown, source.file];
    this.dtype.value = source.dtype ?? '';
    this.showSides(told);
    this.showThen();
  }

  /** Whether this source is the one that the form itself has just said. */
  owns(source) {
    return source === this.said;
  }

  build(kind) {
    const { context: { text, facts }, source } = this;
    const kinds = choice({
      label: text('tensors.source_of', { name: this.name }), hidden: true, value: kind,
      options: KINDS.map((one) => [one, text(`tensors.source_${one}`)]),
      onChange: (next) => this.say({ kind: next, ...this.first(next) }),
    });
    this.dtype = choice({
      label: text('tensors.dtype'), value: source.dtype ?? '',
      options: [['', text('tensors.as_it_comes')], ...facts.dtypes.map((dtype) => [dtype, dtype])],
      onChange: (dtype) => this.change({ dtype: dtype || null }),
    });
    this.fields.replaceChildren(...this.made(kind).filter(Boolean));
    this.node.replaceChildren(
      el('div', { class: 'np-t-head' }, el('h3', { class: 'np-title', text: this.name }), kinds, this.dtype.parentElement ?? this.dtype),
      this.fields, this.sides, this.then);
    this.dtype = this.dtype.querySelector?.('select') ?? this.dtype;
  }

  first(kind) {
    if (kind === 'text') return { ...FIRST.text, text: this.context.text('tensors.first_text') };
    return FIRST[kind] ?? {};
  }

  change(some) {
    const next = { ...this.source, ...some };
    for (const key of Object.keys(next)) if (next[key] === null) delete next[key];
    this.say(next);
  }

  say(source) {
    this.said = source;
    this.hooks.onChange(source);
  }

  /** The grid was edited. */
  edited(text) {
    const typed = this.fields.querySelector('[data-typed]');
    if (typed) typed.value = text;
    const { then, ...kept } = this.source;
    this.say({ ...kept, text });
  }

  made(kind) {
    const { context: { text, facts }, source } = this;
    const entry = (label, key, more = {}) => field({
      label, value: source[key], onChange: (value) => this.change({ [key]: value }), ...more,
    });
    const whole = (label, key, low, high) => entry(label, key, {
      type: 'number', min: low, max: high, step: 1,
      onChange: (value) => value !== '' && this.change({ [key]: Math.round(Number(value)) }),
    });
    const select = (label, key, options, number = false) => choice({
      label, options, value: source[key],
      onChange: (value) => this.change({ [key]: number ? Number(value) : value }),
    });
    const named = (entries) => Object.entries(entries);
    const steps = () => select(text('tensors.step'), 'step',
      facts.steps.map((step) => [String(step), step === 1 ? text('tensors.every_pixel') : text('tensors.every_nth', { step })]), true);
    switch (kind) {
      case 'typed':
        return [field({
          label: text('tensors.typed'), value: source.text, class: 'np-field np-t-typed', 'data-typed': '',
          onChange: (value) => this.change({ text: value, then: null }),
        })];
      case 'filled':
        return [
          select(text('tensors.how'), 'how', facts.fillings.map((how) => [how, text(`tensors.how_${how}`)])),
          entry(text('tensors.shape'), 'shape', { size: 8 }),
          button(text('tensors.draw_again'), () => this.change({ seed: ((source.seed ?? 0) + 1 + Math.floor(Math.random() * 99999)) % 100000 })),
        ];
      case 'points':
        return [select(text('tensors.set'), 'set', named(facts.sets)),
          whole(text('tensors.count'), 'count', 1, facts.points)];
      case 'table':
        return [select(text('tensors.table'), 'table', named(facts.tables))];
      case 'digits':
        return [whole(text('tensors.index'), 'index', 0, facts.digits - 1),
          whole(text('tensors.count'), 'count', 1, 64)];
      case 'photo':
        return [select(text('tensors.photo'), 'name', facts.photos.map((name) => [name, text(`tensors.photo_${name}`)])), steps()];
      case 'text':
        return [entry(text('tensors.text'), 'text', { maxlength: 200 }),
          select(text('tensors.writing'), 'writing', facts.writings.map((way) => [way, text(`tensors.writing_${way}`)]))];
      case 'tones':
        return [entry(text('tensors.frequencies'), 'frequencies', { size: 12 }),
          entry(text('tensors.seconds'), 'seconds', {
            type: 'number', min: 0.01, max: 2, step: 0.1,
            onChange: (value) => value !== '' && this.change({ seconds: Number(value) }),
          })];
      default:
        return [this.upload(), source.kind === 'picture' && steps()];
    }
  }

  upload() {
    const { context, source } = this;
    const { text, facts } = context;
    return el('span', { class: 'np-t-file' },
      fileButton({
        label: text('tensors.choose_file'), context, megabytes: facts.megabytes,
        accept: '.png,.jpg,.jpeg,.webp,.gif,.bmp,.wav,image/*,audio/wav',
        onFile: ({ file, filename }) => this.say({
          kind: /\.wav$/i.test(filename) ? 'sound' : 'picture', file, filename, step: 1,
        }),
        onProblem: this.hooks.onProblem,
      }),
      el('span', { class: 'np-caption', text: source.filename ?? text('tensors.file_hint') }));
  }

  // ---- the shape, by hand ----------------------------------------------------------------------

  showSides(told) {
    const { kind, then, text } = this.source;
    const cells = kind === 'typed' ? typedCells(text) : [];
    const fits = told && cells.length === told.count && told.order <= MOST_ORDER;
    const words = JSON.stringify([kind, then, told?.shape, fits]);
    if (words === this.sidesKey) return;
    this.sidesKey = words;
    this.sides.hidden = kind !== 'typed' || Boolean(then) || !fits;
    if (this.sides.hidden) return this.sides.replaceChildren();
    const { context } = this;
    const { shape } = told;
    const reshape = (wanted) => this.edited(
      nestedText(resized(typedCells(this.source.text), shape, wanted), wanted));
    const order = this.stepper(context.text('tensors.order'), shape.length,
      shape.length > 0 && (() => reshape(shape.slice(1))),
      shape.length < 3 && (() => reshape([shape.length ? 2 : 3, ...shape])));
    const sides = shape.map((side, i) => {
      const most = EDITABLE[EDITABLE.length - shape.length + i] ?? 2;
      const to = (by) => () => reshape(shape.map((old, k) => (k === i ? old + by : old)));
      return this.stepper(context.text('tensors.side', { i }), side, side > 1 && to(-1), side < most && to(1));
    });
    return this.sides.replaceChildren(order, ...sides);
  }

  stepper(label, value, less, more) {
    const { text } = this.context;
    const one = (sign, words, act) => el('button', {
      type: 'button', class: 'np-t-step', text: sign, 'aria-label': words, disabled: !act,
      on: { click: act || (() => {}) },
    });
    return el('span', { class: 'np-t-stepper', role: 'group', 'aria-label': label },
      el('span', { text: label }), one('−', text('tensors.less', { label }), less),
      el('b', { text: value }), one('+', text('tensors.more', { label }), more));
  }

  /** What was taken up of what would fit, to be taken back. */
  showThen() {
    const { then } = this.source;
    this.then.hidden = !then;
    if (!then) return;
    const { name } = this;
    const words = then.transpose ? `${name} = ${name}.T` : `${name} = ${name}.reshape(${then.reshape.join(', ')})`;
    this.then.replaceChildren(el('code', { text: words }),
      button(this.context.text('tensors.take_back'), () => this.change({ then: null })));
  }
}
