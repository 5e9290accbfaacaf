/**
 * The lenses of "A matrix moves the plane": each looks at one side of the same matrix.
 *
 * A lens is made by a function of the page and has
 *   nodes            what stands in its panel
 *   update(changed)  the matrix (changed) or the turned vector is another
 *   shown()          the matrix that the picture shows instead of the whole one
 *   under(scene, colors), paint(scene, colors)   what it draws under and over the columns
 *   handles, fixed   what can be dragged beside the columns; whether these cannot
 *   plain            the arrows are not the matrix's own columns
 *   reach()          how far what it draws reaches
 *   stop()           another lens is taken
 */

import { el, setText } from '../dom.js';
import { short } from '../words.js';
import { eigenLens } from './eigenlens.js';
import { paintDirection } from './ground.js';
import { matrixTable, slider, vectorWords } from './kit.js';
import { apply, determinant, diagonal, fromColumns, inThreeSteps, inverse, kernelAndImage, multiply, norm, onTheWay, outer,
  rankOf, scaled, steady, sum } from './matrix.js';
import { orbitLens } from './orbitlens.js';
import { playing } from './playing.js';
import { powerLens } from './powerlens.js';

export const LENSES = {
  area: areaLens,
  eigen: eigenLens,
  power: powerLens,
  orbit: orbitLens,
  inverse: inverseLens,
  svd: svdLens,
  rank1: rankOneLens,
};

const paragraph = (words) => el('p', { text: words });

function areaLens(page) {
  const { text, still } = page.context;
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const clock = playing({
    still, label: text('plane.way'), play: text('plane.way_play'), low: 0, high: 1, value: 1, seconds: 1.6,
    words: (share) => `${Math.round(share * 100)} %`,
    onChange: () => moved(),
  });
  const moved = () => {
    page.placeHandles();
    page.scene.invalidate();
    say();
  };
  const shown = () => onTheWay(page.matrix, clock.value);
  const say = () => {
    const det = determinant(shown());
    const flat = rankOf(page.svd.values) < page.size && clock.value === 1;
    const key = flat ? 'flat' : det < 0 ? 'turned' : 'kept';
    const place = page.size === 2 ? '' : '_3';
    setText(verdict, text(`plane.area_${key}${place}`, { size: short(Math.abs(det)), rank: rankOf(page.svd.values) }));
  };
  return {
    nodes: [paragraph(text(page.size === 2 ? 'plane.area_intro' : 'plane.area_intro_3')), clock.node, verdict],
    get fixed() { return clock.value < 1; },
    get plain() { return clock.value < 1; },
    shown,
    paint(scene, colors) {
      const matrix = shown();
      const middle = apply(matrix, Array(page.size).fill(0.5));
      scene.label(middle, `det ${short(determinant(matrix))}`, colors.text, { dy: 0 });
    },
    update: (changed) => {
      if (changed && clock.value < 1) clock.value = 1;
      say();
      page.placeHandles();
    },
    stop: clock.stop,
  };
}

function inverseLens(page) {
  const { text, still } = page.context;
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const shownMatrix = el('div', { class: 'np-tables' });
  const clock = playing({
    still, label: text('plane.back'), play: text('plane.back_play'), low: 0, high: 1, value: 0, seconds: 1.6,
    words: (share) => `${Math.round(share * 100)} %`,
    onChange: () => {
      page.placeHandles();
      page.scene.invalidate();
    },
  });
  let back = null;
  let lost = null;
  return {
    nodes: [paragraph(text('plane.inverse_intro')), clock.node, verdict, shownMatrix],
    get fixed() { return Boolean(back) && clock.value > 0; },
    get plain() { return Boolean(back) && clock.value > 0; },
    shown: () => (back && clock.value > 0 ? multiply(onTheWay(back, clock.value), page.matrix) : page.matrix),
    under(scene, colors) {
      if (back) return;
      for (const direction of lost.kernel) paintDirection(scene, direction, colors.eigen);
      if (lost.kernel.length) scene.label(scaled(lost.kernel[0], scene.extent * 0.7), text('plane.kernel'), colors.eigen);
      if (lost.rank === 1) paintDirection(scene, lost.image[0], colors.text, { dash: [] });
    },
    update() {
      back = inverse(page.matrix);
      lost = kernelAndImage(page.matrix);
      clock.node.hidden = !back;
      if (!back && clock.value > 0) clock.value = 0;
      page.placeHandles();
      const { values } = page.svd;
      setText(verdict, back
        ? text('plane.inverse_is', { error: short(values[0] / values.at(-1)) })
        : text(values[0] === 0 ? 'plane.inverse_zero' : `plane.inverse_lost_${lost.kernel.length}`, {
          direction: vectorWords(lost.kernel[0] ?? []),
        }));
      shownMatrix.replaceChildren(...(back
        ? [el('span', { text: 'A⁻¹ =' }), matrixTable(back, page.size, text('plane.inverse'))] : []));
    },
    stop: clock.stop,
  };
}

function svdLens(page) {
  const { text, still } = page.context;
  const steps = ['start', 'turn', 'stretch', 'turn_again'];
  const factors = el('div', { class: 'np-tables' });
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const clock = playing({
    still, label: 'A = U Σ Vᵀ', play: text('plane.time_play'), low: 0, high: 3, value: 3, seconds: 5,
    words: (time) => {
      const step = steps[Math.min(3, Math.ceil(time))];
      return text(`plane.svd_${step}`);
    },
    onChange: () => {
      page.placeHandles();
      page.scene.invalidate();
    },
  });
  let right = [];
  return {
    nodes: [paragraph(text(page.size === 2 ? 'plane.svd_intro' : 'plane.svd_intro_3')), clock.node, verdict, factors],
    get fixed() { return clock.value < 3; },
    get plain() { return clock.value < 3; },
    shown: () => (clock.value < 3 ? inThreeSteps(page.matrix, clock.value) : page.matrix),
    paint(scene, colors) {
      const matrix = clock.value < 3 ? inThreeSteps(page.matrix, clock.value) : page.matrix;
      const zero = Array(page.size).fill(0);
      right.forEach((vector, k) => {
        const image = apply(matrix, vector);
        const begun = clock.value > 0;
        if (begun) scene.arrow(zero, vector, colors.singular[k], { width: 1.6, dash: [4, 4], alpha: 0.75 });
        scene.arrow(zero, image, colors.singular[k], { width: 2.6 });
        const index = '₁₂₃'[k];
        if (clock.value === 3) {
          scene.label(image, `σ${index}u${index}`, colors.singular[k], { dy: 15 });
          if (norm(sum(image, scaled(vector, -1))) > 0.2) scene.label(vector, `v${index}`, colors.singular[k], { dy: 13 });
        } else scene.label(image, `v${index}`, colors.singular[k], { dy: 15 });
      });
    },
    update(changed) {
      if (changed && clock.value < 3) clock.value = 3;
      const { values, left } = page.svd;
      // Where one sign is held the pair's other vector follows it.
      const signs = page.svd.right.map((vector, k) => (steady(right[k], vector) === vector ? 1 : -1));
      right = page.svd.right.map((vector, k) => scaled(vector, signs[k]));
      const u = fromColumns(left.map((vector, k) => scaled(vector, signs[k])));
      factors.replaceChildren(...[['U', u], ['Σ', diagonal(values)], ['Vᵀ', right.flat()]].map(([name, factor]) =>
        el('figure', {}, matrixTable(factor, page.size, name), el('figcaption', { text: name }))));
      const [most, least] = [values[0], values.at(-1)];
      const round = most - least < 1e-9 * most;
      setText(verdict, text(most === 0 ? 'plane.svd_zero' : round ? 'plane.svd_round'
        : determinant(page.matrix) < 0 ? 'plane.svd_flip' : 'plane.svd_says',
      { most: short(most), least: short(least) }));
      page.placeHandles();
    },
    stop: clock.stop,
  };
}

function rankOneLens(page) {
  const { text } = page.context;
  const weights = Array(page.size).fill(1);
  const terms = el('div', { class: 'np-terms' });
  const verdict = el('p', { class: 'np-verdict', role: 'status' });
  const sliders = weights.map((_, k) => slider({
    label: text('plane.term', { number: k + 1 }), low: 0, high: 1, step: 0.01, value: 1,
    words: (share) => `${Math.round(share * 100)} %`,
    onChange: (share) => {
      weights[k] = share;
      shownAgain();
    },
  }));
  const term = (k, share = weights[k]) => scaled(
    outer(page.svd.left[k], page.svd.right[k]), page.svd.values[k] * share);
  const total = () => weights.map((_, k) => term(k)).reduce(sum);
  const whole = () => weights.every((share) => share === 1);
  const shownAgain = () => {
    const { size, svd: { values } } = page;
    const cells = [];
    for (let k = 0; k < size; k++) {
      cells.push(el('figure', {}, matrixTable(term(k, 1), size, text('plane.term', { number: k + 1 })),
        el('figcaption', { text: `σ${'₁₂₃'[k]} = ${short(values[k])}` })));
      if (k < size - 1) cells.push(el('span', { text: '+' }));
    }
    cells.push(el('span', { text: whole() ? '= A' : '≠ A' }));
    terms.replaceChildren(...cells);
    const missing = norm(sum(page.matrix, scaled(total(), -1)));
    const size2 = norm(page.matrix);
    setText(verdict, size2 === 0 ? text('plane.rank1_zero')
      : text('plane.rank1_says', { missing: short(missing < 1e-9 ? 0 : missing), size: short(size2), share: Math.round(100 * (1 - (missing / size2) ** 2)) }));
    page.placeHandles();
    page.scene.invalidate();
  };
  return {
    nodes: [paragraph(text('plane.rank1_intro')), ...sliders.map(({ node }) => node), terms, verdict],
    get fixed() { return !whole(); },
    get plain() { return !whole(); },
    shown: () => (whole() ? page.matrix : total()),
    under(scene, colors) {
      page.svd.left.forEach((direction, k) => {
        if (page.svd.values[k] > 0 && weights[k] > 0) {
          paintDirection(scene, direction, colors.singular[k], { alpha: 0.3 + 0.5 * weights[k] });
        }
      });
    },
    update: shownAgain,
  };
}
