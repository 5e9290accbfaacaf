/** Forms: fields, choices, files. The plainest controls are in kit.js. */

import { el } from '../dom.js';
import { button } from './kit.js';

/** A control with its name before it. */
export function named(label, control) {
  return el('label', { class: 'np-named' }, el('span', { text: label }), control);
}

/** @param {[string, string][]} options values and their words */
export function choice({ label, options, value, onChange, hidden = false }) {
  const select = el('select', { class: 'np-select', on: { change: () => onChange(select.value) } },
    ...options.map(([name, words]) => el('option', { value: name, text: words })));
  select.value = String(value ?? '');
  if (!hidden) return named(label, select);
  select.setAttribute('aria-label', label);
  return select;
}

/** A field whose text is told when the visitor rests for a moment, or leaves it. */
export function field({ label, value, onChange, rest = 250, hidden = false, ...attributes }) {
  const input = el('input', {
    type: 'text', class: 'np-field', autocomplete: 'off', spellcheck: 'false', ...attributes,
  });
  input.value = value ?? '';
  let timer = null;
  let told = input.value;
  const tell = () => {
    clearTimeout(timer);
    if (input.value === told) return;
    told = input.value;
    onChange(told);
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(tell, rest);
  });
  input.addEventListener('change', tell);
  if (!hidden) return named(label, input);
  input.setAttribute('aria-label', label);
  return input;
}

/** A file as the page's Python takes it: {filename, content in base64}. */
export function readFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({
      filename: file.name, content: String(reader.result).replace(/^[^,]*,?/, ''),
    });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

/**
 * A button that lets the visitor choose a file, and tells its place when Python has it.
 *
 * @param {{label: string, accept: string, megabytes: number, context: object,
 *   onFile: (file: {file: string, filename: string}) => void,
 *   onProblem: (sentence: string) => void}} options
 */
export function fileButton({ label, accept, megabytes, context, onFile, onProblem }) {
  const input = el('input', { type: 'file', accept, hidden: true, tabindex: '-1' });
  const open = button(label, () => input.click());
  input.addEventListener('change', async () => {
    const file = input.files[0];
    input.value = '';
    if (!file) return;
    if (file.size > megabytes * 2 ** 20) {
      const size = (file.size / 2 ** 20).toFixed(1);
      onProblem(context.text('errors.photo_bytes', { size, limit: megabytes }));
      return;
    }
    const answer = await context.ask({ upload: await readFile(file) });
    if (answer?.header.file) onFile(answer.header);
    else onProblem(answer?.header.error ?? context.text('errors.worker_silent'));
  });
  return el('span', { class: 'np-upload' }, open, input);
}
