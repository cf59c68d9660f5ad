import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingMessage, ServerResponse } from "node:http";

const utf8 = new TextDecoder("utf-8", { fatal: true });

export interface BodyReading {
  /** Told to go ahead when the client waits for that (`Expect: 100-continue`). */
  readonly response: Pick<ServerResponse, "writeContinue">;
  readonly limitBytes: number;
}

/**
 * Reads a request body as text, at most `limitBytes`. A body that is refused is left to flow away unread: the connection
 * must stay whole for the answer to arrive.
 * @throws TokenHubError `body_too_large`, `invalid_utf8`, `invalid_request` (the client went away in the middle).
 */
export async function readBodyText(
  request: IncomingMessage,
  { response, limitBytes }: BodyReading,
): Promise<string> {
  const declared = Number(request.headers["content-length"] ?? "0");
  if (declared > limitBytes) throw tooLarge(limitBytes);
  if (request.headers.expect !== undefined) response.writeContinue();
  const bytes = await collect(request, limitBytes);
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new TokenHubError(
      "invalid_utf8",
      "The request body is not valid UTF-8. Encode the JSON as UTF-8.",
      { cause: error },
    );
  }
}

/** By events rather than `for await`, which destroys the connection when it is left early. */
function collect(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) throw cutShort(null);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      chunks.push(chunk);
      if (sizeBytes <= limitBytes) return;
      request.off("data", onData);
      chunks.length = 0;
      reject(tooLarge(limitBytes));
    };
    request.on("data", onData);
    const onClose = (): void => reject(cutShort(null));
    request.once("end", () => {
      request.off("close", onClose);
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    });
    request.once("error", (error) => reject(cutShort(error)));
    request.once("close", onClose);
  });
}

function cutShort(cause: unknown): TokenHubError {
  return new TokenHubError("invalid_request", "The request body ended before it was complete.", { cause });
}

function tooLarge(limitBytes: number): TokenHubError {
  return new TokenHubError(
    "body_too_large",
    `The request body is larger than ${limitBytes} bytes. Shorten it, or raise limits.max_body_bytes in the configuration.`,
  );
}
