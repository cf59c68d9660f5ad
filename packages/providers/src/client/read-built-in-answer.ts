import type { BuiltInAnswer } from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import type { ProviderReply } from "./provider-call.ts";
import { ProviderStreamError } from "./provider-stream-error.ts";

/** The reply of a built-in provider, with a stream that ends as an HTTP one would when the signal aborts. */
export function readBuiltInAnswer(answer: BuiltInAnswer, { signal }: { signal: AbortSignal }): ProviderReply {
  switch (answer.kind) {
    case "body": {
      const { bodyText } = answer;
      return { kind: "body", status: 200, bodyText, json: JSON.parse(bodyText), headers: {} };
    }
    case "stream":
      return { kind: "stream", headers: {}, chunks: abortable(answer.chunks, signal) };
    case "failed":
      return { kind: "failed", failure: answer.failure, headers: {} };
  }
}

async function* abortable(chunks: Iterable<string>, signal: AbortSignal): AsyncGenerator<string, void> {
  for (const chunk of chunks) {
    if (signal.aborted) throw new ProviderStreamError(abortFailure(signal.reason));
    yield chunk;
  }
}
