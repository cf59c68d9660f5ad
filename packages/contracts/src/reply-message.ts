/**
 * What travels on a gateway's reply channel and, as the stored result, under the result key. Text with a one-line header,
 * so that an answer's body is never escaped into JSON a second time:
 *
 *     F\n<requestId>\n<sequence>\n<SSE text>
 *     R\n<requestId>\n<frames in the stream log>\n<RequestResult as JSON>\n<answer body>
 *     E\n<runId>\n<number>\n<RunEvent as JSON>
 *     P\n<requestId>                                            the result is too large to publish: read it from the store
 */
export type ReplyMessage =
  | { readonly kind: "frame"; readonly requestId: string; readonly sequence: number; readonly text: string }
  | { readonly kind: "result"; readonly requestId: string; readonly stored: StoredResult }
  | { readonly kind: "event"; readonly runId: string; readonly number: number; readonly eventJson: string }
  | { readonly kind: "pointer"; readonly requestId: string };

/** A stored result as text: `resultJson` is a RequestResult, `body` the answer in its wire format (empty for streams and failures). */
export interface StoredResult {
  readonly frameCount: number;
  readonly resultJson: string;
  readonly body: string;
}

/** Encodes the value kept under the result key. */
export function encodeStoredResult(stored: StoredResult): string {
  return `${stored.frameCount}\n${stored.resultJson}\n${stored.body}`;
}

/** Decodes {@link encodeStoredResult}. The JSON contains no raw line break, so the first two breaks are the separators. */
export function decodeStoredResult(text: string): StoredResult {
  const first = text.indexOf("\n");
  const second = text.indexOf("\n", first + 1);
  return {
    frameCount: Number(text.slice(0, first)),
    resultJson: text.slice(first + 1, second),
    body: text.slice(second + 1),
  };
}

/** Decodes one message of the reply channel; null when it is of no known kind (a newer worker may speak more) or cut short. */
export function decodeReplyMessage(message: string): ReplyMessage | null {
  const idEnd = message.indexOf("\n", 2);
  const requestId = idEnd === -1 ? message.slice(2) : message.slice(2, idEnd);
  switch (message.charAt(0)) {
    case "F": {
      const sequenceEnd = message.indexOf("\n", idEnd + 1);
      if (idEnd === -1 || sequenceEnd === -1) return null;
      const sequence = Number(message.slice(idEnd + 1, sequenceEnd));
      return { kind: "frame", requestId, sequence, text: message.slice(sequenceEnd + 1) };
    }
    case "E": {
      const numberEnd = message.indexOf("\n", idEnd + 1);
      if (idEnd === -1 || numberEnd === -1) return null;
      const number = Number(message.slice(idEnd + 1, numberEnd));
      return { kind: "event", runId: requestId, number, eventJson: message.slice(numberEnd + 1) };
    }
    case "R":
      return { kind: "result", requestId, stored: decodeStoredResult(message.slice(idEnd + 1)) };
    case "P":
      return { kind: "pointer", requestId };
    default:
      return null;
  }
}
