import { TokenHubError } from "@tokenhub/contracts";
import type { FilePieceWriter } from "@tokenhub/persistence";
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Stores a request body as it arrives.
 * @throws TokenHubError `body_too_large`, `invalid_request` when the client went away in the middle; the rest of the body
 * flows away unread.
 */
export async function storeBody(
  request: IncomingMessage,
  {
    response,
    limitBytes,
    writer,
  }: {
    readonly response: Pick<ServerResponse, "writeContinue">;
    readonly limitBytes: number;
    readonly writer: FilePieceWriter;
  },
): Promise<void> {
  if (Number(request.headers["content-length"] ?? "0") > limitBytes) throw tooLarge(limitBytes);
  if (request.headers.expect !== undefined) response.writeContinue();
  try {
    // The connection must stay whole for the answer to arrive.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      await writer.write(chunk as Buffer);
      if (writer.bytes > limitBytes) throw tooLarge(limitBytes);
    }
    await writer.finish();
  } catch (error) {
    if (request.destroyed && !request.complete)
      throw new TokenHubError("invalid_request", "The request body ended before it was complete.", {
        cause: error,
      });
    request.resume();
    throw error;
  }
}

function tooLarge(limitBytes: number): TokenHubError {
  return new TokenHubError(
    "body_too_large",
    `The request body is larger than ${limitBytes} bytes. Split the requests into several batches.`,
  );
}
