/** Takes the reasoning that a model writes into its text out of a stream. */
export interface ThinkStripper {
  /** The next piece of the model's text; returns what of it, and of what was held back, the caller may see. */
  readonly push: (text: string) => string;
  /** The model's text is complete; returns what was held back. */
  readonly end: () => string;
}

export interface ThinkStripperOptions {
  /** True for models whose prompt already opens the tag, so that their answer begins inside it. */
  readonly startsInside?: boolean;
}

const tags = ["<think>", "</think>", "<thinking>", "</thinking>"];
const anyTag = /<(\/?)think(?:ing)?>/gi;
const longestHeld = Math.max(...tags.map((tag) => tag.length)) - 1;

/**
 * Removes `<think>…</think>` and `<thinking>…</thinking>`, upper or lower case, however the tags are cut into pieces: neither a
 * tag nor what stands inside is ever returned. The tags do not nest: the first closing one ends the reasoning. Reasoning that
 * never ends is removed to the text's end; a stray closing tag is removed alone. White space between removed reasoning and
 * the beginning of the answer goes too, other text stays as it is. Holds back at most 10 characters, and white space at the
 * text's beginning.
 */
export function createThinkStripper({ startsInside = false }: ThinkStripperOptions = {}): ThinkStripper {
  const answer = createAnswerStart();
  let isInside = startsInside;
  let held = "";
  if (startsInside) answer.dropLeadingSpace();

  function take(text: string, { isLast }: { readonly isLast: boolean }): string {
    let shown = "";
    let at = 0;
    for (const match of text.matchAll(anyTag)) {
      if (!isInside) shown += answer.show(text.slice(at, match.index));
      isInside = match[1] === "";
      at = match.index + match[0].length;
      answer.dropLeadingSpace();
    }
    const end = isLast ? text.length : Math.max(at, text.length - partialTagLength(text));
    held = text.slice(end);
    return isInside ? shown : shown + answer.show(text.slice(at, end));
  }

  return {
    push: (text) => take(held + text, { isLast: false }),
    end: () => take(held, { isLast: true }) + answer.leadingSpace(),
  };
}

/** Length of the text's ending that may be the beginning of a tag. */
function partialTagLength(text: string): number {
  const at = text.lastIndexOf("<");
  const length = text.length - at;
  if (at === -1 || length > longestHeld) return 0;
  const ending = text.slice(at).toLowerCase();
  return tags.some((tag) => tag.startsWith(ending)) ? length : 0;
}

interface AnswerStart {
  readonly show: (text: string) => string;
  /** Reasoning was removed: as long as the answer has not begun, white space before it is not shown. */
  readonly dropLeadingSpace: () => void;
  /** White space that was held back and turned out to be all there is. */
  readonly leadingSpace: () => string;
}

function createAnswerStart(): AnswerStart {
  let hasBegun = false;
  let isDropping = false;
  let space = "";
  return {
    show(text) {
      if (hasBegun) return text;
      const trimmed = text.trimStart();
      if (!isDropping) space += text.slice(0, text.length - trimmed.length);
      if (trimmed === "") return "";
      hasBegun = true;
      return space + trimmed;
    },
    dropLeadingSpace() {
      if (hasBegun) return;
      isDropping = true;
      space = "";
    },
    leadingSpace: () => (hasBegun ? "" : space),
  };
}

/**
 * A whole text without its reasoning, as `createThinkStripper` removes it. A text whose first tag is a closing one began
 * inside its reasoning (the prompt had opened the tag), so what stands before goes too; a stream cannot know that in time
 * and has to be told with `startsInside`.
 */
export function stripThinking(text: string): string {
  const stripper = createThinkStripper({ startsInside: beginsInside(text) });
  return stripper.push(text) + stripper.end();
}

/** Whether the first tag of the text is a closing one. */
export function beginsInside(text: string): boolean {
  return /<(\/?)think(?:ing)?>/i.exec(text)?.[1] === "/";
}
