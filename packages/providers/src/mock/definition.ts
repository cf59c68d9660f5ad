import type { BuiltInAnswer, BuiltInCall, BuiltInProvider } from "../definition/provider-definition.ts";
import { callFailure } from "../failure/call-failure.ts";
import { mockCompletion, mockCompletionChunks } from "./mock-completion.ts";
import { mockEmbeddings } from "./mock-embeddings.ts";

/** Answers at once, without network, with any key or none: `Mock response from <model>`, 50 tokens, `stop`. */
export const mock: BuiltInProvider = {
  type: "mock",
  wireFormats: { chat: "openai-chat", embeddings: "openai-embeddings" },
  defaultBaseUrl: null,
  credential: "optional",
  extensions: [],
  answer,
};

function answer(call: BuiltInCall): BuiltInAnswer {
  const request = parseRequest(call.bodyText);
  if (request === null) return { kind: "failed", failure: notJson() };
  if (call.operation === "embeddings") {
    return { kind: "body", bodyText: JSON.stringify(mockEmbeddings(request, { model: call.upstreamModel })) };
  }
  if (call.stream) return { kind: "stream", chunks: mockCompletionChunks(request, call) };
  return { kind: "body", bodyText: JSON.stringify(mockCompletion(request, call)) };
}

function parseRequest(bodyText: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(bodyText);
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    // A body that is not JSON is answered like a server would: as a bad request.
    return null;
  }
}

function notJson(): ReturnType<typeof callFailure> {
  return callFailure("bad_request", {
    code: "provider_bad_request",
    message: "The request body is not a JSON object.",
  });
}
