/**
 * One frame of the live service, decoded without copying its arrays.
 *
 * Layout: u32 little-endian header length H | UTF-8 JSON header, padded so that 4 + H is a multiple
 * of 8 | arrays, each padded to 8 bytes. `header.arrays` is {name: [dtype, shape, offset]}.
 */

const TYPES = {
  u1: Uint8Array, i2: Int16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array,
};

/**
 * @param {ArrayBuffer|Uint8Array} source
 * @returns {{header: object, arrays: Object<string, {data: TypedArray, shape: number[]}>}}
 * @throws {Error} when the bytes are not a frame
 */
export function decode(source) {
  let bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  // Typed views need aligned memory; bytes out of a larger message may start anywhere.
  if (bytes.byteOffset % 8) bytes = bytes.slice();
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = bytes.byteOffset + 4 + length;
  const arrays = {};
  for (const [name, [dtype, shape, offset]] of Object.entries(header.arrays ?? {})) {
    const Type = TYPES[dtype];
    if (!Type) throw new Error(`frame array ${name}: unknown dtype ${dtype}`);
    const size = shape.reduce((product, side) => product * side, 1);
    arrays[name] = { data: new Type(bytes.buffer, start + offset, size), shape };
  }
  return { header, arrays };
}
