import type { Readable } from "node:stream";

export interface WebhookAnswer {
  /** The beginning of it, at most 1,000 characters that any database takes. */
  readonly text: string;
  /** `cut`: larger than what is read. `broken`: it did not come to its end. */
  readonly ending: "whole" | "cut" | "broken";
}

const mostBytesRead = 65_536;
const mostCharactersKept = 1_000;

/** Reads an answer's body until it ends, breaks off (also by the abort of its request), or is too large. Never throws. */
export async function readAnswer(body: Readable): Promise<WebhookAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let ending: WebhookAnswer["ending"] = "whole";
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= mostBytesRead) continue;
      ending = "cut";
      break;
    }
  } catch {
    ending = "broken";
  }
  return { text: keptText(Buffer.concat(chunks)), ending };
}

/** PostgreSQL takes no NUL, and a cut may have left half a character. */
function keptText(bytes: Buffer): string {
  const text = bytes.subarray(0, 4 * mostCharactersKept).toString("utf8");
  return text.slice(0, mostCharactersKept).replaceAll("\u0000", "\uFFFD").toWellFormed();
}
