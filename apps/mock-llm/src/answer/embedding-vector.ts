export const defaultDimensions = 64;

/**
 * The embedding of a text: a unit vector that depends on nothing but the text and the number of dimensions. Every value is
 * an exact 32-bit float, so that the two encodings of the API carry the same numbers. Values come from a xorshift generator
 * seeded with the FNV-1a hash of the text.
 */
export function embeddingVector(text: string, { dimensions }: { readonly dimensions: number }): Float32Array {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  // Zero is the one state that a xorshift generator never leaves.
  if (state === 0) state = 1;
  const values = new Float64Array(dimensions);
  let sumOfSquares = 0;
  for (let index = 0; index < dimensions; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const value = state / 0x80000000;
    values[index] = value;
    sumOfSquares += value * value;
  }
  const length = Math.sqrt(sumOfSquares) || 1;
  return Float32Array.from(values, (value) => value / length);
}
