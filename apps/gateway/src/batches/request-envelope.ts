const quote = 34;
const comma = 44;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

const mostBytes = 65_536;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What is around the list of requests of a message batch. */
export interface RequestEnvelope {
  readonly add: (byte: number) => "taken" | "list_opened" | "too_large";
  readonly closeList: () => void;
  /** What is wrong with it at its end; null: nothing. */
  readonly fault: () => string | null;
}

/** Follows the envelope far enough to notice where `requests` begins; the parser judges the rest at the end. */
export function createRequestEnvelope(): RequestEnvelope {
  const bytes: number[] = [];
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  let textStart = 0;
  let isName = false;
  let name = "";
  let hasList = false;

  function addToText(byte: number): void {
    if (isEscaped) isEscaped = false;
    else if (byte === backslash) isEscaped = true;
    else if (byte === quote) {
      isInText = false;
      if (depth === 1 && isName) name = textOf(bytes.slice(textStart));
    }
  }

  function addToStructure(byte: number): void {
    if (byte === quote) {
      isInText = true;
      textStart = bytes.length - 1;
    } else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      isName = depth === 1 && byte === openBrace;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    else if (depth === 1 && byte === colon) isName = false;
    else if (depth === 1 && byte === comma) isName = true;
  }

  return {
    add(byte) {
      if (bytes.length >= mostBytes) return "too_large";
      bytes.push(byte);
      if (isInText) addToText(byte);
      else {
        const isOfRequests = byte === openBracket && depth === 1 && !isName && name === '"requests"';
        addToStructure(byte);
        if (isOfRequests && !hasList) {
          hasList = true;
          return "list_opened";
        }
      }
      return "taken";
    },
    closeList() {
      bytes.push(closeBracket);
      depth -= 1;
    },
    fault() {
      const envelope = parse(textOf(bytes));
      if (envelope === undefined) return "The request body is not valid JSON.";
      const isGood =
        hasList &&
        typeof envelope === "object" &&
        envelope !== null &&
        "requests" in envelope &&
        Array.isArray(envelope.requests) &&
        // Texts of a list that was cut out are not here; anything that is here came from a second list.
        envelope.requests.length === 0;
      return isGood ? null : 'The request body must be an object with one list "requests".';
    },
  };
}

function textOf(bytes: readonly number[]): string {
  try {
    return utf8.decode(Uint8Array.from(bytes));
  } catch {
    return "";
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
