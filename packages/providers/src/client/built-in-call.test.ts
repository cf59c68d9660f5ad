import { describe, expect, test } from "vitest";
import { chunksOf, failureOf, readStream } from "../conformance/expect-reply.ts";
import { mock } from "../mock/definition.ts";
import type { ProviderCallInput } from "./provider-call.ts";
import { createProviderClient } from "./provider-client.ts";

function input(overrides: Partial<ProviderCallInput> = {}): ProviderCallInput {
  return {
    provider: {
      id: "mock",
      type: "mock",
      enabled: true,
      baseUrl: null,
      timeoutMs: 1_000,
      concurrency: 4,
      headers: {},
      options: {},
      credentialSource: "none",
      rateLimit: null,
    },
    definition: mock,
    operation: "chat",
    apiKey: "any key",
    bodyText: '{"messages":[]}',
    stream: false,
    upstreamModel: "mock-gpt-4",
    requestId: "req_1",
    signal: new AbortController().signal,
    limits: { headersTimeoutMs: 1_000, idleTimeoutMs: 1_000, totalTimeoutMs: 1_000 },
    ...overrides,
  };
}

describe("a call to a built-in provider", () => {
  test("is answered in process, at the client's time, with any key", async () => {
    await using client = createProviderClient({ clock: () => 5_000 });
    expect(await client.call(input())).toMatchObject({
      kind: "body",
      status: 200,
      json: { created: 5, choices: [{ message: { content: "Mock response from mock-gpt-4" } }] },
      headers: {},
    });
  });

  test("streams to the end", async () => {
    await using client = createProviderClient();
    const { text, error } = await readStream(chunksOf(await client.call(input({ stream: true }))));
    expect(error).toBeNull();
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("fails like any other when the body is broken", async () => {
    await using client = createProviderClient();
    expect(failureOf(await client.call(input({ bodyText: "{" })))).toMatchObject({ class: "bad_request" });
  });

  test("honours an abort before the call and in the stream", async () => {
    await using client = createProviderClient();
    const before = await client.call(input({ signal: AbortSignal.abort("cancelled") }));
    expect(failureOf(before)).toMatchObject({ class: "cancelled" });

    const controller = new AbortController();
    const chunks = chunksOf(await client.call(input({ stream: true, signal: controller.signal })));
    await chunks[Symbol.asyncIterator]().next();
    controller.abort("deadline");
    const { error } = await readStream(chunks);
    expect(error).toMatchObject({ name: "ProviderStreamError", failure: { class: "deadline" } });
  });
});
