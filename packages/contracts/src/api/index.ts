export * from "./anthropic-messages-request.ts";
export * from "./openai-chat-request.ts";
export * from "./openai-embeddings-request.ts";
