import { TokenHubError } from "@tokenhub/contracts";
import type { IncomingMessage } from "node:http";

/** @throws TokenHubError `unsupported_media_type` for a body that does not say it is JSON, or is compressed. */
export function requireJson(request: Pick<IncomingMessage, "headers">): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity")
    throw new TokenHubError(
      "unsupported_media_type",
      "Compressed request bodies are not accepted. Send the body without `content-encoding`.",
    );
  const type = request.headers["content-type"];
  if (type === undefined || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return;
  throw new TokenHubError("unsupported_media_type", "Send the body as `content-type: application/json`.");
}
