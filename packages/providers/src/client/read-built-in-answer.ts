import type { BuiltInAnswer } from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { badResponse, tooLarge } from "../failure/call-failure.ts";
import { redactKeyInFailure } from "../failure/redact-key.ts";
import type { ProviderCallInput, ProviderReply } from "./provider-call.ts";
import { ProviderStreamError } from "./provider-stream-error.ts";
import { defaultMaxResponseBytes } from "./size-limits.ts";

type AnsweredCall = Pick<ProviderCallInput, "apiKey" | "limits" | "signal">;

/** The reply of a built-in provider, with a stream that ends as an HTTP one would when the signal aborts. */
export function readBuiltInAnswer(answer: BuiltInAnswer, call: AnsweredCall): ProviderReply {
  const maxBytes = call.limits.maxResponseBytes ?? defaultMaxResponseBytes;
  switch (answer.kind) {
    case "body":
      return readBody(answer.bodyText, maxBytes);
    case "stream":
      return {
        kind: "stream",
        headers: {},
        chunks: bounded(answer.chunks, { signal: call.signal, maxBytes }),
      };
    case "failed":
      return { kind: "failed", failure: redactKeyInFailure(answer.failure, call.apiKey), headers: {} };
  }
}

function readBody(bodyText: string, maxBytes: number): ProviderReply {
  if (Buffer.byteLength(bodyText) > maxBytes) {
    const failure = tooLarge(`The provider's answer is longer than ${maxBytes} bytes.`, null);
    return { kind: "failed", failure, headers: {} };
  }
  const json = parseJson(bodyText);
  if (json === undefined) {
    return { kind: "failed", failure: badResponse("The provider's answer is not JSON.", null), headers: {} };
  }
  return { kind: "body", status: 200, bodyText, json, headers: {} };
}

async function* bounded(
  chunks: Iterable<string>,
  { signal, maxBytes }: { signal: AbortSignal; maxBytes: number },
): AsyncGenerator<string, void> {
  let bytes = 0;
  for (const chunk of chunks) {
    if (signal.aborted) throw new ProviderStreamError(abortFailure(signal.reason));
    bytes += Buffer.byteLength(chunk);
    if (bytes > maxBytes) {
      throw new ProviderStreamError(
        tooLarge(`The provider's answer is longer than ${maxBytes} bytes.`, null),
      );
    }
    yield chunk;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Undefined is no JSON value, so the caller can tell.
    return undefined;
  }
}
