/**
 * A 32-bit hash of a text in which every bit of the input moves about half the bits of the output, so that texts that
 * differ in one digit fall independently of each other.
 */
export function hashText(text: string, seed = 0): number {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return mixBits(state);
}

/** Spreads a 32-bit number over all its bits, one to one. */
function mixBits(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
