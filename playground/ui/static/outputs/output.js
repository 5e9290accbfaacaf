/** The right-hand pane of data that are no points in a plane: one entry for each, by Schema.pane. */

import { createCodes } from './code.js';
import { createPictures } from './pictures.js';
import { createRatings } from './ratings.js';
import { createSequences } from './sequences.js';

const KINDS = {
  pictures: createPictures, codes: createCodes, sequences: createSequences, ratings: createRatings,
};

export function createOutput(context) {
  return KINDS[context.kind](context);
}
