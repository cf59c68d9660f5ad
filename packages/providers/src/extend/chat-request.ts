import type { CallFailure } from "@tokenhub/contracts";
import { callFailure } from "../failure/call-failure.ts";
import type { ChatMessage, ChatRequest } from "./provider-adapter.ts";

export type ChatRequestReading =
  | { readonly kind: "request"; readonly request: ChatRequest }
  | { readonly kind: "refused"; readonly failure: CallFailure };

/**
 * The request of the OpenAI format as a provider class gets it. A class answers text with text, so a request that needs
 * more (tools, images, audio, several answers) is refused instead of being answered as if it had asked for less.
 */
export function readChatRequest(
  body: Readonly<Record<string, unknown>>,
  { model, signal }: { model: string; signal: AbortSignal },
): ChatRequestReading {
  const beyond = beyondText(body);
  if (beyond !== null) {
    const message = `A provider class answers with text alone, and the request asks for ${beyond}.`;
    return { kind: "refused", failure: callFailure("bad_request", { code: "invalid_request", message }) };
  }
  const maxTokens = numberOf(body["max_completion_tokens"]) ?? numberOf(body["max_tokens"]);
  const temperature = numberOf(body["temperature"]);
  const request: ChatRequest = {
    messages: listOf(body["messages"]).flatMap(readMessage),
    model,
    ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
    ...(temperature === null ? {} : { temperature }),
    body,
    signal,
  };
  return { kind: "request", request };
}

function beyondText(body: Readonly<Record<string, unknown>>): string | null {
  if (listOf(body["tools"]).length > 0 && body["tool_choice"] !== "none") return "tools";
  if ((numberOf(body["n"]) ?? 1) > 1) return "several answers";
  const parts = listOf(body["messages"]).flatMap((message) => listOf(fieldOf(message, "content")));
  return parts.every(isTextPart) ? null : "content other than text";
}

function readMessage(message: unknown): ChatMessage[] {
  const role = fieldOf(message, "role");
  if (typeof role !== "string") return [];
  return [{ role, content: textOf(fieldOf(message, "content")) }];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = listOf(content).map((part) => fieldOf(part, "text") ?? fieldOf(part, "refusal"));
  return texts.filter((text) => typeof text === "string").join("\n");
}

function isTextPart(part: unknown): boolean {
  return typeof fieldOf(part, "text") === "string" || typeof fieldOf(part, "refusal") === "string";
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
