/** The right-hand pane of data that are no points in a plane: one entry for each kind. */

import { createPictures } from './pictures.js';

const KINDS = { pictures: createPictures };

export function createOutput(context) {
  return KINDS[context.kind](context);
}
