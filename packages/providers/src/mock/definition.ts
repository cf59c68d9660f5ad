import { chatCompletion, chatCompletionChunks } from "../built-in/chat-completion.ts";
import { notJson, parseJsonObject } from "../built-in/parse-json-object.ts";
import type {
  BuiltInAnswer,
  BuiltInCall,
  BuiltInProvider,
  DiscoveredModel,
} from "../definition/provider-definition.ts";
import { mockCompletion } from "./mock-completion.ts";
import { mockEmbeddings } from "./mock-embeddings.ts";

const models: readonly DiscoveredModel[] = [
  { id: "mock-gpt-4", ownedBy: "tokenhub", contextTokens: 8_192 },
  { id: "mock-gpt-3.5", ownedBy: "tokenhub", contextTokens: 4_096 },
];

/** Answers at once, without network, with any key or none: `Mock response from <model>`, 50 tokens, `stop`. */
export const mock = {
  type: "mock",
  wireFormats: { chat: "openai-chat", embeddings: "openai-embeddings" },
  defaultBaseUrl: null,
  credential: "optional",
  extensions: [],
  capabilities: {
    chat: true,
    completion: "through_chat",
    embeddings: true,
    streaming: true,
    tools: false,
    images: false,
    maxContextTokens: 8_192,
  },
  answer,
  listModels: () => Promise.resolve(models),
  validateApiKey: () => Promise.resolve(true),
} as const satisfies BuiltInProvider;

type MockedCall = Pick<
  BuiltInCall,
  "operation" | "bodyText" | "stream" | "upstreamModel" | "requestId" | "nowMs"
>;

function answer(call: MockedCall): BuiltInAnswer {
  const request = parseJsonObject(call.bodyText);
  if (request === null) return { kind: "failed", failure: notJson() };
  if (call.operation === "embeddings") {
    return { kind: "body", bodyText: JSON.stringify(mockEmbeddings(request, { model: call.upstreamModel })) };
  }
  const completion = mockCompletion(request, call);
  if (call.stream) return { kind: "stream", chunks: chatCompletionChunks(completion) };
  return { kind: "body", bodyText: JSON.stringify(chatCompletion(completion)) };
}
