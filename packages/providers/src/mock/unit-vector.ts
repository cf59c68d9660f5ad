const fnvOffset = 2_166_136_261;
const fnvPrime = 16_777_619;

/** A vector of length 1 that depends on the text alone: xorshift numbers seeded with the text's FNV-1a hash. */
export function unitVector(text: string, { dimensions }: { dimensions: number }): Float32Array {
  const vector = new Float32Array(dimensions);
  let state = hash(text) || 1;
  let squares = 0;
  for (let index = 0; index < dimensions; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const value = state / 2_147_483_648;
    vector[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}

function hash(text: string): number {
  let state = fnvOffset;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), fnvPrime);
  }
  return state;
}
