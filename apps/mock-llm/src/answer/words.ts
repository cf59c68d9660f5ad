function isSpaceAt(text: string, index: number): boolean {
  return text.charCodeAt(index) <= 32;
}

function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (!isSpaceAt(text, index)) return false;
  return true;
}

/**
 * Cuts a text into words, each with the white space before it; joined they are the text again. A word is the mock's token.
 *
 * @example splitWords("Mock answer") // ["Mock", " answer"]
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let start = 0;
  for (let index = 1; index < text.length; index += 1) {
    const startsSpace = isSpaceAt(text, index) && !isSpaceAt(text, index - 1);
    if (!startsSpace) continue;
    words.push(text.slice(start, index));
    start = index;
  }
  const rest = text.slice(start);
  const last = words.length - 1;
  if (isBlank(rest) && last >= 0) words[last] = `${words[last]}${rest}`;
  else if (rest !== "") words.push(rest);
  return words;
}

/** How many words `splitWords` would give. */
export function countWords(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (!isSpaceAt(text, index) && (index === 0 || isSpaceAt(text, index - 1))) count += 1;
  }
  return count === 0 && text !== "" ? 1 : count;
}

/** Cuts or repeats a text so that it has exactly this many words. */
export function fitToWords(text: string, count: number): string {
  const words = splitWords(isBlank(text) ? "mock" : text);
  if (count <= words.length) return words.slice(0, count).join("");
  const repeated = [words.join("").trimEnd()];
  for (let index = words.length; index < count; index += 1) {
    repeated.push((words[index % words.length] ?? "").trim());
  }
  return repeated.join(" ");
}

/** Words for ever. */
export function* endlessWords(): Generator<string, never> {
  yield "mock";
  for (;;) yield " mock";
}

const longWordBytes = 1_024;

/** A text of exactly this many bytes, in words of 1,024 bytes so that its stream has frames of a usual size. */
export function textOfBytes(bytes: number): string {
  const word = `${"x".repeat(longWordBytes - 1)} `;
  return word.repeat(Math.ceil(bytes / longWordBytes)).slice(0, bytes);
}
