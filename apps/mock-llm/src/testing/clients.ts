import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { MockLlm } from "../compose.ts";

export const testKey = "sk-test-key";

/** The official OpenAI client, pointed at a mock, without its own retries. */
export function openAiClient(mock: MockLlm): OpenAI {
  return new OpenAI({ apiKey: testKey, baseURL: `${mock.url}/v1`, maxRetries: 0, logLevel: "off" });
}

/** The official Anthropic client, pointed at a mock, without its own retries. */
export function anthropicClient(mock: MockLlm): Anthropic {
  return new Anthropic({ apiKey: testKey, baseURL: mock.url, maxRetries: 0, logLevel: "off" });
}

/** Everything an async iterable gives, until its end. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What a promise is rejected with; itself rejected when the promise is not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const unwanted = Symbol("fulfilled");
  const outcome = await promise.then(
    () => unwanted,
    (reason: unknown) => reason,
  );
  if (outcome === unwanted) throw new Error("The promise was fulfilled where a failure was expected.");
  return outcome;
}
