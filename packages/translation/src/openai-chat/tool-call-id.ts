/** OpenAI refuses longer ids in a request. */
const idLengthMax = 40;

/**
 * A tool call id as OpenAI takes it back: any text of at most 40 characters, so ids of other vendors (`toolu_...`,
 * `tooluse_...`) go through as they are, in answers as in requests. A longer one becomes `call_` and 32 hex digits, the same
 * each time, so that calls and results still match.
 */
export function fitToolCallId(id: string): string {
  if (id.length <= idLengthMax) return id;
  const parts = [0, 1, 2, 3].map((seed) => fnv1a(id, seed).toString(16).padStart(8, "0"));
  return `call_${parts.join("")}`;
}

/** FNV-1a, 32 bits, over UTF-16 code units; the seed makes independent hashes of one text. */
function fnv1a(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}
