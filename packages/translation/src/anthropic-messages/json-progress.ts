/** Watches JSON text that arrives in pieces: complete once its outermost object, list or string has been closed. */
export interface JsonProgress {
  push(text: string): void;
  readonly isComplete: boolean;
}

export function createJsonProgress(): JsonProgress {
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let isComplete = false;

  const readInString = (character: string): void => {
    if (isEscaped) isEscaped = false;
    else if (character === "\\") isEscaped = true;
    else if (character === '"') {
      isInString = false;
      isComplete = depth === 0;
    }
  };
  const readOutside = (character: string): void => {
    if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      isComplete = depth === 0;
    }
  };
  return {
    push: (text) => {
      for (let at = 0; at < text.length; at += 1) {
        if (isInString) readInString(text.charAt(at));
        else readOutside(text.charAt(at));
      }
    },
    get isComplete() {
      return isComplete;
    },
  };
}
