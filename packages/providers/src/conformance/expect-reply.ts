import type { CallFailure } from "@tokenhub/contracts";
import type { ProviderReply } from "../client/provider-call.ts";

/** The failure of a failed reply. Throws, naming what came instead, when it is none. */
export function failureOf(reply: ProviderReply): CallFailure {
  if (reply.kind === "failed") return reply.failure;
  throw new Error(`expected a failure, got ${describeReply(reply)}`);
}

/** The answer of a body reply. Throws, naming what came instead, when it is none. */
export function bodyOf(reply: ProviderReply): Extract<ProviderReply, { kind: "body" }> {
  if (reply.kind === "body") return reply;
  throw new Error(`expected a body, got ${describeReply(reply)}`);
}

/** The chunks of a stream reply. Throws, naming what came instead, when it is none. */
export function chunksOf(reply: ProviderReply): AsyncIterable<string> {
  if (reply.kind === "stream") return reply.chunks;
  throw new Error(`expected a stream, got ${describeReply(reply)}`);
}

/** Everything a stream delivered, and what it threw at the end (null: it ended cleanly). */
export async function readStream(chunks: AsyncIterable<string>): Promise<{ text: string; error: unknown }> {
  let text = "";
  try {
    for await (const chunk of chunks) text += chunk;
  } catch (error) {
    return { text, error };
  }
  return { text, error: null };
}

/** The JSON data of the events in a stream's text; `[DONE]` and data that is not JSON are left out. */
export function eventData(text: string): unknown[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("data: ")) return [];
    try {
      return [JSON.parse(line.slice("data: ".length)) as unknown];
    } catch {
      // `[DONE]` and deliberately broken lines are no JSON.
      return [];
    }
  });
}

function describeReply(reply: ProviderReply): string {
  return reply.kind === "failed" ? `the failure "${reply.failure.message}"` : `a ${reply.kind}`;
}
