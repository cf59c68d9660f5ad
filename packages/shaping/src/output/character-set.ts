const asciiSize = 128;

/** Membership of the 128 ASCII characters, and behind them of any other character. */
export type CharacterSet = readonly boolean[];

/**
 * The characters that one set of a regular expression matches (`a`, `[^,]`, `\d`, `.`), without the case-insensitive flag.
 * Beyond ASCII it only says whether there may be any.
 */
export function characterSet(source: string): CharacterSet {
  const pattern = new RegExp(`^(?:${source})$`, "su");
  const members = Array.from({ length: asciiSize }, (_, code) => pattern.test(String.fromCharCode(code)));
  return [...members, /[^ -~]|^\[\^|^\.$|\\[DWSPpuxs]/.test(source)];
}

/** Whether a character may belong to both. */
export function mayShareCharacter(left: CharacterSet, right: CharacterSet): boolean {
  return left.some((isMember, code) => isMember && right[code] === true);
}
