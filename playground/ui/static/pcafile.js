/** Coordinates of all points as a CSV file, with the epoch in its name. */

import { selectionOf } from './brush.js';
import { el } from './dom.js';
import { blockName, className, isRegression, unitNames } from './scene.js';

/** @param {object} head of the view; the coordinates are the array pca_whole */
export function saveCoordinates({ text }, hub, head) {
  const { pca_whole: whole, points_train: train, points_test: test } = hub.arrays;
  const [n, components] = whole.shape;
  const count = head.train ?? train?.shape[0] ?? 0;
  const selection = selectionOf(hub);
  const names = head.shown ? unitNames(text, hub.scene, head.block)
    : Array.from({ length: components }, (_, k) => `PC${k + 1}`);
  const lines = [['part', 'index', hub.scene.target || 'target', 'brushed', ...names]];
  for (let i = 0; i < n; i++) {
    const inTest = i >= count;
    const index = inTest ? i - count : i;
    const value = (inTest ? test : train)?.data[index * 3 + 2];
    lines.push([
      inTest ? 'test' : 'train', index + 1,
      isRegression(hub.scene) ? value : className(hub.scene, value),
      Number(selection.has(inTest, index)),
      ...whole.data.subarray(i * components, (i + 1) * components),
    ]);
  }
  const layer = blockName(text, hub.scene, head.block).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');
  saveCsv(`playground-pca-${layer}-epoch-${hub.header.epoch}`, lines);
}

/** Saves rows of values as a CSV file (RFC 4180). */
export function saveCsv(name, lines) {
  const text = lines.map((line) => line.map(quoted).join(',')).join('\r\n');
  // The mark tells spreadsheets that names may be in any script.
  const blob = new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv;charset=utf-8' });
  const link = el('a', { href: URL.createObjectURL(blob), download: `${name}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function quoted(value) {
  const words = String(value);
  return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}
