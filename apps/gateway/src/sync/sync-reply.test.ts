import { TokenHubError, type RequestResult, type StreamHead } from "@tokenhub/contracts";
import type { Response } from "express";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createSyncReply, type SyncReply } from "./sync-reply.ts";

/** Serves one request with a reply that waits for its answer; `drive` is what becomes of it. */
async function ask(
  callerFormat: "openai-chat" | "anthropic-messages",
  drive: (reply: SyncReply) => void,
): Promise<{ status: number; contentType: string | null; text: string }> {
  const told: string[] = [];
  const server = createServer((_request, serverResponse) => {
    const response = serverResponse as Response;
    const reply = createSyncReply({
      response,
      requestId: "req_1",
      callerFormat,
      acceptedAtMs: 0,
      estimatedInputTokens: 1,
      echoedPrompt: null,
      includeUsage: false,
      finish: null,
      fail: (error) => response.writeHead(error.row.status).end(error.code),
      done: () => told.push("done"),
      keepAliveMs: 5,
    });
    reply.keepWaiting();
    drive(reply);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5_000) });
    const text = await response.text();
    expect(told).toEqual(["done"]);
    return { status: response.status, contentType: response.headers.get("content-type"), text };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const later = (work: () => void): void => void setTimeout(work, 40);
const failed = {
  outcome: "failed",
  attempts: [],
  decision: null,
  failure: {
    class: "fatal",
    code: "provider_error",
    message: "It failed.",
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  },
} as unknown as RequestResult;

describe("a stream whose answer is long in coming", () => {
  it("keeps alive in the words of the caller's format and then gives the answer", async () => {
    for (const [format, sign] of [
      ["openai-chat", ": keep-alive\n\n"],
      ["anthropic-messages", "event: ping\n"],
    ] as const) {
      const head = {
        v: 1 as const,
        wireFormat: format,
        modelId: "m",
        providerId: "p",
        upstreamModel: "m",
        reason: "r",
        attempts: 1,
        warnings: [],
      } satisfies StreamHead;
      const { status, contentType, text } = await ask(format, (reply) =>
        later(() => {
          reply.onHead(head);
          reply.onText('data: {"some":"text"}\n\n');
          reply.onEnd({ outcome: "succeeded" } as unknown as RequestResult, "");
        }),
      );
      expect([status, contentType]).toEqual([200, "text/event-stream; charset=utf-8"]);
      expect(text.startsWith(sign)).toBe(true);
      expect(text).toContain("some");
    }
  });

  it("ends with an error event once it has given a sign of life, and with an HTTP error before", async () => {
    const late = await ask("openai-chat", (reply) => later(() => reply.onEnd(failed, "")));
    expect(late.status).toBe(200);
    expect(late.text).toContain("provider_error");
    const soon = await ask("openai-chat", (reply) => reply.onEnd(failed, ""));
    expect([soon.status, soon.text]).toEqual([502, "provider_error"]);
    const broken = await ask("anthropic-messages", (reply) =>
      later(() => reply.onBroken(new TokenHubError("internal_error", "Broken."))),
    );
    expect(broken.text).toContain("event: error");
    const slow = await ask("openai-chat", (reply) => later(() => reply.onTimeout()));
    expect(slow.text).toContain("sync_wait_timeout");
  });
});
