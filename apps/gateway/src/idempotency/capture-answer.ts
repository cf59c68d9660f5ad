import type { KeyAnswer } from "@tokenhub/persistence";
import type { Response } from "express";

/** Answers that are longer are not kept. */
const longestBytes = 1_048_576;
/** Those that tell something of the answer; not those of one connection. */
const keptHeader =
  /^(?:content-type|location|link|etag|cache-control|x-request-id|request-id|x-tokenhub-[a-z-]+|preference-applied|x-should-retry|retry-after(?:-ms)?)$/;

/**
 * Sees what a response answers. Its last bytes leave when `onEnd` has done its work, so that whoever has the answer can count
 * on it; `onEnd` must not reject.
 */
export function captureAnswer(response: Response, onEnd: (answer: KeyAnswer) => Promise<void>): void {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let isEnding = false;
  const collect = (chunk: unknown): void => {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) return;
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes <= longestBytes) chunks.push(bytes);
    else chunks.length = 0;
  };
  response.write = (...given: unknown[]): boolean => {
    collect(given[0]);
    return Boolean(Reflect.apply(write, undefined, given));
  };
  response.end = (...given: unknown[]): Response => {
    if (isEnding) return response;
    isEnding = true;
    collect(given[0]);
    const body = sizeBytes <= longestBytes ? Buffer.concat(chunks).toString("utf8") : null;
    const answer = { statusCode: response.statusCode, headers: keptHeadersOf(response), body };
    void onEnd(answer).finally(() => void Reflect.apply(end, undefined, given));
    return response;
  };
}

function keptHeadersOf(response: Response): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.getHeaders()))
    if (value !== undefined && keptHeader.test(name)) kept[name] = String(value);
  return kept;
}
