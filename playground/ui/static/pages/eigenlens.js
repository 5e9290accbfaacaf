/** Eigenvectors by hand: a vector is turned until the matrix leaves it on its line. */

import { el, setText } from '../dom.js';
import { short } from '../words.js';
import { paintDirection } from './ground.js';
import { button, complexWords, facts, vectorWords } from './kit.js';
import { apply, difference, dot, norm, scaled, sum, transpose, unit } from './matrix.js';

const NEAR_POINTER = 2.2; // degrees within which a dragged vector is caught
const NEAR_KEY = 0.55; // a step of the keys is one degree
const DEGREE = Math.PI / 180;

const degrees = (a, b) => Math.acos(Math.max(-1, Math.min(1, Math.abs(dot(a, b))))) / DEGREE;

/** The vector of a space that lies nearest to this one. */
export function nearestIn(space, vector) {
  const shadow = space.vectors.map((base) => scaled(base, dot(base, vector))).reduce(sum);
  return unit(shadow);
}

/** The page's handle of a vector of length one: dragged, or turned by the arrow keys. */
export function vectorHandle(page, take) {
  const { text } = page.context;
  return {
    id: 'vector',
    label: () => text('plane.handle_vector', { place: vectorWords(page.vector) }),
    get: () => page.vector,
    set: (to) => {
      const direction = unit(page.size === 3 ? ontoSphere(page, to) : to);
      if (direction) take(direction, NEAR_POINTER);
    },
    turn: (move) => take(turned(page, move), NEAR_KEY),
    color: () => page.colors.vector,
  };
}

/** In space the pointer tells two coordinates; the third is such that the length is one. */
function ontoSphere(page, to) {
  const { scene } = page;
  const [across, away, up] = scene.turned(to);
  const flat = Math.hypot(across, up);
  if (flat >= 1) return scene.turnedBack([across, 0, up]);
  const behind = scene.turned(page.vector)[1] > 0 ? 1 : -1;
  const depth = Math.sqrt(1 - flat * flat) * (away === 0 ? -1 : behind);
  return scene.turnedBack([across, depth, up]);
}

function turned(page, move) {
  if (page.size === 2) {
    const angle = (move[0] ? -move[0] : move[1]) * DEGREE;
    const [x, y] = page.vector;
    return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
  }
  const [x, , y] = move;
  const [across, away, up] = page.scene.turned(page.vector);
  const step = 2 * DEGREE;
  const [c, s] = [Math.cos(x * step), Math.sin(x * step)];
  const [c2, s2] = [Math.cos(y * step), Math.sin(y * step)];
  const [a, b] = [across * c - away * s, across * s + away * c];
  return page.scene.turnedBack([a, b * c2 + up * s2, up * c2 - b * s2]);
}

export function eigenLens(page) {
  const { text } = page.context;
  const kind = el('p', {});
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const rows = facts();
  const found = new Set();
  const show = button(text('plane.eigen_show'), () => {
    page.eigen.spaces.forEach((_, k) => found.add(k));
    say();
    page.scene.invalidate();
  });

  const take = (direction, near) => {
    const caught = page.eigen.spaces.map((space) => nearestIn(space, direction))
      .find((nearest) => nearest && degrees(nearest, direction) < near);
    page.setVector(caught ? (dot(caught, direction) < 0 ? scaled(caught, -1) : caught) : direction);
  };
  /** The space in which the vector lies; -1 for none. */
  const home = () => page.eigen.spaces.findIndex((space) => {
    const nearest = nearestIn(space, page.vector);
    return nearest && degrees(nearest, page.vector) < 1e-4;
  });

  function say() {
    const { eigen, vector, matrix } = page;
    const image = apply(matrix, vector);
    const at = home();
    if (at >= 0) found.add(at);
    const length = norm(image);
    const between = length > 0 ? Math.acos(Math.max(-1, Math.min(1, dot(image, vector) / length))) / DEGREE : 0;
    rows.show([
      ['v', vectorWords(vector)],
      ['Av', vectorWords(image)],
      [text('plane.eigen_angle'), `${short(Number(between.toFixed(1)))}°`],
      [text('plane.eigen_length'), short(length)],
    ]);
    setText(kind, kindWords(page));
    if (at >= 0) {
      const value = eigen.spaces[at].value;
      setText(verdict, text(value === 0 ? 'plane.eigen_gone' : value < 0 ? 'plane.eigen_back' : 'plane.eigen_stays', {
        value: short(value), found: found.size, all: eigen.spaces.length,
      }));
    } else {
      setText(verdict, eigen.spaces.length
        ? text('plane.eigen_leaves', { found: found.size, all: eigen.spaces.length })
        : text('plane.eigen_none'));
    }
    verdict.classList.toggle('np-met', at >= 0);
    show.hidden = found.size >= eigen.spaces.length;
  }

  return {
    nodes: [el('p', { text: text(page.size === 2 ? 'plane.eigen_intro' : 'plane.eigen_intro_3') }), rows.node, verdict, kind,
      el('div', { class: 'np-buttons' }, show)],
    handles: [vectorHandle(page, take)],
    under(scene, colors) {
      paintTurning(scene, page, colors);
      page.eigen.spaces.forEach(({ vectors, value }, k) => {
        if (!found.has(k)) return;
        for (const direction of vectors.length < page.size ? vectors : []) paintDirection(scene, direction, colors.eigen);
        const far = scaled(vectors[0], scene.extent * 0.8);
        scene.label(far, `λ = ${short(value)}`, colors.eigen);
      });
    },
    paint(scene, colors) {
      const zero = Array(page.size).fill(0);
      const image = apply(page.matrix, page.vector);
      const stays = home() >= 0;
      paintDirection(scene, page.vector, colors.muted, { width: 1, dash: [2, 4] });
      scene.arrow(zero, image, colors.eigen, { width: stays ? 4.5 : 3 });
      scene.arrow(zero, page.vector, colors.vector, { width: 2.4 });
      scene.label(page.vector, 'v', colors.vector, { dy: 18 });
      if (norm(difference(image, page.vector)) > 0.15) scene.label(image, 'Av', colors.eigen, { dy: 18 });
    },
    reach: () => 1,
    update(changed) {
      if (changed) found.clear();
      say();
    },
  };
}

/**
 * Where two eigenvalues are complex: the ellipse on which A turns what lies in their plane, by the
 * angle of the eigenvalue, and that ellipse with the lengths after one step.
 *
 * With A p = a p − b q and A q = b p + a q, A (cos t p + sin t q) is |λ| times the same at t − θ.
 */
function paintTurning(scene, { eigen: { values, spaces }, matrix, vector, size }, colors) {
  const turning = values.find(({ im }) => im > 0);
  if (!turning) return;
  const { re, im } = turning;
  const away = size === 2 ? vector : difference(apply(matrix, vector), scaled(vector, spaces[0].value));
  const p = unit(away);
  if (!p) return;
  const q = scaled(difference(scaled(p, re), apply(matrix, p)), 1 / im);
  const at = (t, length) => scaled(sum(scaled(p, Math.cos(t)), scaled(q, Math.sin(t))), length);
  const [angle, modulus] = [Math.atan2(im, re), Math.hypot(re, im)];
  const round = (length) => Array.from({ length: 97 }, (_, k) => at((k / 48) * Math.PI, length));
  scene.line(round(1), colors.eigen, { width: 1.2, dash: [5, 4], alpha: 0.8 });
  scene.line(round(modulus), colors.eigen, { width: 1.6, alpha: 0.8 });
  const arc = Array.from({ length: 25 }, (_, k) => at((-k / 24) * angle, 1 + (modulus - 1) * (k / 24)));
  scene.line(arc, colors.eigen, { width: 4, alpha: 0.45 });
  scene.label(at(-angle / 2, (1 + modulus) / 2), `${short(angle / DEGREE)}°, × ${short(modulus)}`, colors.eigen, { dy: 0 });
}

/** One sentence on what kind of matrix this is, as far as eigenvectors go. */
function kindWords(page) {
  const { eigen: { kind, values, spaces }, matrix, size, context: { text } } = page;
  const turning = values.find(({ im }) => im > 0);
  if (kind === 'complex') {
    const modulus = Math.hypot(turning.re, turning.im);
    return text(size === 2 ? 'plane.kind_complex' : 'plane.kind_complex_3', {
      values: complexWords(turning), angle: short(Math.atan2(turning.im, turning.re) / DEGREE), modulus: short(modulus),
    });
  }
  if (kind === 'scalar') return text('plane.kind_scalar', { value: short(spaces[0].value) });
  if (kind === 'defective') return text('plane.kind_defective', { number: spaces.reduce((n, { vectors }) => n + vectors.length, 0), all: size });
  const symmetric = norm(difference(matrix, transpose(matrix))) < 1e-9 * norm(matrix);
  return text(symmetric ? 'plane.kind_symmetric' : 'plane.kind_real', { values: values.map(complexWords).join(', ') });
}
