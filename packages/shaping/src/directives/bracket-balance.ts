/** How many more `{` and `[` than `}` and `]` a line of JSON has, those inside strings not counted. */
export function bracketBalance(line: string): number {
  return followBrackets(line, { from: 0, untilClosed: false }).balance;
}

/** The position after the bracket that closes the one at `start`, or the text's end when nothing does. */
export function bracketsEnd(text: string, start: number): number {
  return followBrackets(text, { from: start, untilClosed: true }).at;
}

function followBrackets(
  text: string,
  { from, untilClosed }: { readonly from: number; readonly untilClosed: boolean },
): { readonly balance: number; readonly at: number } {
  let balance = 0;
  let isInString = false;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isInString) {
      if (character === "\\") at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') {
      isInString = true;
    } else if (character === "{" || character === "[") {
      balance += 1;
    } else if (character === "}" || character === "]") {
      balance -= 1;
      if (untilClosed && balance === 0) return { balance, at: at + 1 };
    }
  }
  return { balance, at: text.length };
}
