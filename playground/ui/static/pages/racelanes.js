/** What the parts of a race share: how a lane is told apart, and where its numbers lie. */

import { css } from '../colors.js';

/** Columns of a lane's part of a row, as core/plans/race_run.py has them. */
export const COLUMNS = { epochs: 0, steps: 1, seconds: 2, train_loss: 3, test_loss: 4, train_score: 5, test_score: 6 };
export const PER_LANE = 7;
export const MEASURES = ['train_loss', 'test_loss', 'train_score', 'test_score'];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [], [7, 4], [2, 3], [9, 3, 2, 3]];

/** Letters tell lanes apart as well as colours and dashes do. */
export const letter = (lane) => String.fromCharCode(65 + lane);
export const dashOf = (lane) => DASHES[lane % DASHES.length];
export const colorOf = (theme, lane) => css(theme.colors.classes[lane % theme.colors.classes.length]);
export const isLoss = (measure) => measure.endsWith('loss');

/** A lane's value in a row of the curves. */
export const valueAt = (history, row, lane, name) => history.value(row, lane * PER_LANE + COLUMNS[name]);

/** Whether one value of a measure is ahead of another. */
export const ahead = (measure, one, other) => (isLoss(measure) ? one < other : one > other);
