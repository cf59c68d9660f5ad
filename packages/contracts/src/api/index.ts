export * from "./anthropic-messages-request.ts";
export * from "./native-chat-request.ts";
export * from "./openai-chat-request.ts";
export * from "./openai-completions-request.ts";
export * from "./openai-embeddings-request.ts";
