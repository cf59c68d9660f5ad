import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingMessage } from "node:http";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a request body as text, at most `limitBytes`.
 * @throws TokenHubError `body_too_large`, `invalid_utf8`, `invalid_request` (the client went away in the middle).
 */
export async function readBodyText(request: IncomingMessage, limitBytes: number): Promise<string> {
  const declared = Number(request.headers["content-length"] ?? "0");
  if (declared > limitBytes) throw tooLarge(limitBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof TokenHubError) throw error;
    throw new TokenHubError("invalid_request", "The request body ended before it was complete.", {
      cause: error,
    });
  }
  try {
    return utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  } catch (error) {
    throw new TokenHubError(
      "invalid_utf8",
      "The request body is not valid UTF-8. Encode the JSON as UTF-8.",
      { cause: error },
    );
  }
}

function tooLarge(limitBytes: number): TokenHubError {
  return new TokenHubError(
    "body_too_large",
    `The request body is larger than ${limitBytes} bytes. Shorten it, or raise limits.max_body_bytes in the configuration.`,
  );
}
