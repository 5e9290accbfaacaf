/** The cards of the states: a heat map for each part, a line for the gradient, one cursor in all. */

import { colorAt, Heat, tablesOf } from './heat.js';
import { steadyExtent } from './plot.js';
import { paintLabels } from './tokens.js';
import { letterOf } from './statewords.js';
import { short, significant } from './words.js';

export const GAP = 14;
const LEFT = 26;
const RIGHT = 4;
const TITLE = 20;
const CELL = 5; // px that a place should have
const LOWEST = 128;
const TALLEST = 320;
const DECADES = 6;
const BOUNDED = ['state', 'candidate']; // by a hyperbolic tangent, where they are within ±1
const SHARES = ['input', 'forget', 'output', 'reset', 'update']; // gates: from 0, closed, to 1, open

/**
 * A grid of cards that fills its width, each as wide as its places ask for.
 * @returns {object[]} each with its place and size, `kind`, `course`, and for a map its `part`
 */
export function placeCards(courses, head, { width, height, measure }) {
  const cards = courses.flatMap((course, k) => [
    ...course.parts.map((part, i) => ({ kind: 'heat', course: k, part, index: i })),
    ...(course.gradients ? [{ kind: 'line', course: k, part: 'gradient' }] : []),
  ]).sort((a, b) => a.course - b.course || rank(a) - rank(b));
  const longest = Math.max(...courses.map(({ places }) => places));
  const wanted = Math.max(200, LEFT + RIGHT + longest * CELL);
  const most = Math.max(1, Math.min(cards.length, Math.floor((width + GAP) / (wanted + GAP))));
  const rows = Math.ceil(cards.length / most);
  const across = Math.ceil(cards.length / rows);
  const each = (width - GAP * (across - 1)) / across;
  const high = Math.max(LOWEST, Math.min(TALLEST, (height - GAP * (rows - 1)) / rows));
  return cards.map((card, i) => {
    const x = (i % across) * (each + GAP);
    const y = Math.floor(i / across) * (high + GAP);
    return { ...card, x, y, width: each, height: high, bottom: y + high, ...inner(courses[card.course], measure, each, high) };
  });
}

/** In the order of the equations: what is kept, what comes in, what goes out. */
const ORDER = ['state', 'values', 'gradient', 'memory', 'forget', 'reset', 'input', 'candidate', 'update', 'output'];
const rank = ({ part }) => ORDER.indexOf(part);

/** Where the cells of a card lie in it. */
function inner(course, measure, width, height) {
  const w = width - LEFT - RIGHT;
  const each = w / course.places;
  return { box: { x: LEFT, y: TITLE, width: w, height: height - TITLE - measure(course, each) - 4 }, each };
}

/** What lies at a place of the canvas; a line has places but no units. */
export function probe(cards, x, y) {
  for (const card of cards) {
    const { box } = card;
    const [left, top] = [x - card.x - box.x, y - card.y - box.y];
    if (left < 0 || left >= box.width || top < 0 || top >= box.height) continue;
    const place = Math.floor(left / card.each);
    if (card.kind === 'line') return { course: card.course, unit: 0, place };
    return { course: card.course, unit: Math.floor((top / box.height) * card.units), place };
  }
  return null;
}

function title(canvas, card, { text, theme, head, courses }, end) {
  const { name } = courses[card.course];
  const words = text(`states.part_${card.part}`);
  const way = courses.length > 1 ? ` · ${text(`states.way_${name}`)}` : '';
  canvas.textBaseline = 'alphabetic';
  canvas.textAlign = 'left';
  canvas.font = `600 12px ${theme.font}`;
  canvas.fillStyle = theme.text;
  const letter = card.kind === 'heat' && card.part !== 'values' ? ` ${letterOf(head.kind, card.part)}` : '';
  canvas.fillText(`${words}${letter}${way}`, card.box.x, 13, card.box.width - 110);
  if (end) end(card.box.x + card.box.width);
}

/** A strip of the colours with its two ends, flush right. */
function legend(canvas, theme, table, [low, high], right) {
  canvas.font = `11px ${theme.font}`;
  canvas.fillStyle = theme.muted;
  canvas.textAlign = 'right';
  canvas.fillText(high, right, 13);
  const x = right - canvas.measureText(high).width - 5 - 44;
  for (let i = 0; i < 44; i++) {
    canvas.fillStyle = colorAt(table, i / 43).fill;
    canvas.fillRect(x + i, 5, 1.5, 9);
  }
  canvas.fillStyle = theme.muted;
  canvas.fillText(low, x - 5, 13);
}

export function paintHeatCard(canvas, card, look) {
  const { theme, courses, head, extents } = look;
  const course = courses[card.course];
  card.units = course.units.length;
  const tables = tablesOf(theme);
  const share = SHARES.includes(card.part);
  const key = `${head.block}|${card.course}|${card.part}`;
  if (!extents.has(key)) extents.set(key, { follow: steadyExtent(), heat: new Heat() });
  const { follow, heat } = extents.get(key);
  const { box, units } = card;
  let most = 0;
  for (let i = card.index * course.size; i < (card.index + 1) * course.size; i++) most = Math.max(most, Math.abs(course.data[i]));
  // A hyperbolic tangent has its own scale, which nothing leaves.
  const bounded = most <= 1 && BOUNDED.includes(card.part);
  const extent = share ? 1 : Math.min(follow(most / 1.12), bounded ? 1 : Infinity);
  const table = share ? tables.share : tables.signed;
  const scale = share ? 255 : 127.5 / extent;
  const zero = share ? 0 : 127.5;
  heat.fill(units, course.places, (unit, place) => {
    const value = zero + course.at(card.index, unit, place) * scale;
    return table[value < 0 ? 0 : value > 255 ? 255 : Math.round(value)];
  });
  heat.draw(canvas, box);
  const ends = share ? ['0', '1'] : [`−${short(extent)}`, short(extent)];
  title(canvas, card, look, (right) => legend(canvas, theme, table, ends, right));
  paintUnits(canvas, card, course, theme);
  paintPlaces(canvas, card, course, look);
  paintCursor(canvas, card, look);
}

/** Numbers of the units beside the rows, as many as fit. */
function paintUnits(canvas, { box, units }, course, theme) {
  const each = box.height / units;
  const step = Math.max(1, Math.ceil(11 / each));
  canvas.font = `10px ${theme.font}`;
  canvas.textAlign = 'right';
  canvas.textBaseline = 'middle';
  canvas.fillStyle = theme.muted;
  for (let unit = 0; unit < units; unit += step) {
    canvas.fillText(String(course.units[unit] + 1), box.x - 4, box.y + (unit + 0.5) * each);
  }
}

/** What stands at the places of a course; null where they have only numbers. */
export const tokensOf = ({ tokens }, { start, places }) => tokens?.slice(start, start + places) ?? null;

function paintPlaces(canvas, { box, each, course: k }, course, { theme, head, cursor }) {
  paintLabels({ context: canvas, theme }, tokensOf(head, course), {
    count: course.places, first: course.start, each,
    at: (place) => box.x + (place + 0.5) * each, y: box.y + box.height + 3,
  }, (place) => cursor?.course === k && cursor.place === place);
}

/** The row and the column of the cursor, and its cell. */
function paintCursor(canvas, { box, each, course, units }, { theme, cursor }) {
  if (cursor?.course !== course) return;
  const x = box.x + cursor.place * each;
  canvas.strokeStyle = theme.text;
  canvas.lineWidth = 1;
  canvas.strokeRect(x - 0.5, box.y - 0.5, each + 1, box.height + 1);
  if (!units) return;
  const high = box.height / units;
  const y = box.y + cursor.unit * high;
  canvas.strokeRect(box.x - 0.5, y - 0.5, box.width + 1, high + 1);
  canvas.lineWidth = 2;
  canvas.strokeRect(x, y, Math.max(each, 2), Math.max(high, 2));
}

/** The gradient's norm at every place, in powers of ten: a straight line down is what vanishes. */
export function paintLineCard(canvas, card, look) {
  const { theme, courses, text } = look;
  const course = courses[card.course];
  const { box, each } = card;
  const most = Math.max(...course.gradients);
  title(canvas, card, look, (right) => {
    canvas.font = `11px ${theme.font}`;
    canvas.textAlign = 'right';
    canvas.fillStyle = theme.muted;
    canvas.fillText(most > 0 ? text('states.largest', { value: significant(most) }) : text('states.no_gradient'), right, 13);
  });
  const top = most > 0 ? Math.ceil(Math.log10(most)) : 0;
  const toY = (value) => {
    const down = value > 0 ? Math.min(DECADES, top - Math.log10(value)) : DECADES;
    return box.y + (down / DECADES) * box.height;
  };
  canvas.lineWidth = 1;
  canvas.font = `10px ${theme.font}`;
  canvas.textAlign = 'right';
  canvas.textBaseline = 'middle';
  for (let decade = 0; decade <= DECADES; decade += 2) {
    const y = Math.round(toY(10 ** (top - decade))) + 0.5;
    canvas.strokeStyle = decade === DECADES ? theme.line : theme.faint;
    canvas.strokeRect(box.x, y, box.width, 0);
    canvas.fillStyle = theme.muted;
    canvas.fillText(`1e${top - decade}`, box.x - 3, y);
  }
  canvas.beginPath();
  course.gradients.forEach((value, place) => canvas.lineTo(box.x + (place + 0.5) * each, toY(value)));
  canvas.strokeStyle = theme.text;
  canvas.lineWidth = 1.8;
  canvas.lineJoin = 'round';
  canvas.stroke();
  const dot = Math.min(2.6, each * 0.35);
  canvas.fillStyle = theme.text;
  course.gradients.forEach((value, place) => {
    canvas.beginPath();
    canvas.arc(box.x + (place + 0.5) * each, toY(value), dot, 0, 7);
    canvas.fill();
  });
  paintPlaces(canvas, card, course, look);
  paintCursor(canvas, card, look);
}
