import { expect, test } from "vitest";
import { ProviderStreamError } from "../client/provider-stream-error.ts";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import type { ConformanceStep } from "./conformance-upstream.ts";
import type { BenchOf } from "./describe-provider.ts";
import { chunksOf, eventData, readStream } from "./expect-reply.ts";

/** Streams that go wrong after their first event. */
export function testStreams(definition: ProviderDefinition, benchOf: BenchOf): void {
  const text = "alpha beta gamma delta epsilon zeta eta theta";

  async function streamWith(
    step: ConformanceStep,
    limits: { idleTimeoutMs?: number; totalTimeoutMs?: number; maxResponseBytes?: number } = {},
  ): Promise<{ text: string; error: unknown; model: string }> {
    const { reply, model } = await benchOf().call({ plan: { text, steps: [step] }, stream: true, limits });
    return { ...(await readStream(chunksOf(reply))), model };
  }

  test("a reset in a stream gives what had arrived, then an interrupted stream", async () => {
    const stream = await streamWith({ kind: "reset", afterTokens: 3 });
    expect(stream.text).toContain("gamma");
    expect(stream.error).toBeInstanceOf(ProviderStreamError);
    expect(stream.error).toMatchObject({ failure: { class: "transient", code: "stream_interrupted" } });
  });

  test("silence in a stream gives what had arrived, then a timeout", async () => {
    const stream = await streamWith({ kind: "hang", afterTokens: 3 }, { idleTimeoutMs: 200 });
    expect(stream.text).toContain("gamma");
    expect(stream.error).toMatchObject({ failure: { class: "transient", code: "provider_timeout" } });
    await benchOf().waitFor(stream.model, (call) => call.outcome === "aborted_by_client");
  });

  test("an endless stream is cut by the time limit and by the size limit", async () => {
    const late = await streamWith({ kind: "endless_stream" }, { totalTimeoutMs: 250 });
    expect(late.error).toMatchObject({ failure: { class: "transient", code: "provider_timeout" } });
    await benchOf().waitFor(late.model, (call) => call.outcome === "aborted_by_client");
    const long = await streamWith({ kind: "endless_stream" }, { maxResponseBytes: 3_000 });
    expect(long.error).toMatchObject({ failure: { class: "fatal", code: "provider_bad_response" } });
    await benchOf().waitFor(long.model, (call) => call.outcome === "aborted_by_client");
  });

  test("an error event in a stream is passed on, and its data is classified like an error body", async () => {
    const stream = await streamWith({ kind: "error_in_200", afterTokens: 3, message: "broken inside" });
    expect(stream.error).toBeNull();
    expect(stream.text).toContain("gamma");
    const data = eventData(stream.text).at(-1);
    const failure = definition.readFailure({
      status: 200,
      headers: {},
      bodyText: JSON.stringify(data),
      nowMs: 0,
    });
    expect(failure).toMatchObject({ class: "transient", providerMessage: "broken inside" });
  });

  test("broken JSON in a stream is passed on as it came", async () => {
    const stream = await streamWith({ kind: "malformed_json", afterTokens: 3 });
    expect(stream.error).toBeNull();
    expect(stream.text).toContain('"content":"mo\n\n');
  });

  test("a stream that ends early ends, and says nothing it did not receive", async () => {
    const stream = await streamWith({ kind: "stream_ends_early", afterTokens: 3 });
    expect(stream.error).toBeNull();
    expect(stream.text).toContain("gamma");
    expect(stream.text).not.toMatch(/\[DONE\]|message_stop|epsilon/);
  });
}
