/**
 * The hidden part of the fallback transport: each call brings a Uint8Array, u32 number of the last
 * command obeyed, u32 zero, one frame.
 */

import { receiveByPipe } from './hub.js';

export function mount({ data }) {
  if (data instanceof Uint8Array) receiveByPipe(data);
  return () => {};
}
