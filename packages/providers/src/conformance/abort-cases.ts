import { expect, test } from "vitest";
import { ProviderStreamError } from "../client/provider-stream-error.ts";
import type { BenchOf } from "./describe-provider.ts";
import { chunksOf, failureOf, readStream } from "./expect-reply.ts";

const reasons = [
  ["cancelled", { class: "cancelled", code: "cancelled" }],
  ["deadline", { class: "deadline", code: "deadline_exceeded" }],
] as const;

/** Aborting ends the call at once and closes the connection, so that the server can stop working. */
export function testAborts(benchOf: BenchOf): void {
  test.each(reasons)(
    "aborted (%s) before the answer, the call ends and the server sees the close",
    async (reason, expected) => {
      const bench = benchOf();
      const controller = new AbortController();
      const input = bench.prepare({ plan: { steps: [{ kind: "hang" }] }, signal: controller.signal });
      const call = bench.client.call(input);
      await bench.waitFor(input.upstreamModel, (seen) => seen.outcome === "hanging");
      controller.abort(reason);
      expect(failureOf(await call)).toMatchObject(expected);
      await bench.waitFor(input.upstreamModel, (seen) => seen.outcome === "aborted_by_client");
    },
  );

  test.each(reasons)(
    "aborted (%s) in a stream, the reader gets the reason and the server sees the close",
    async (reason, expected) => {
      const bench = benchOf();
      const controller = new AbortController();
      const { reply, model } = await bench.call({
        plan: { steps: [{ kind: "endless_stream" }] },
        stream: true,
        signal: controller.signal,
      });
      const chunks = chunksOf(reply);
      await chunks[Symbol.asyncIterator]().next();
      controller.abort(reason);
      const { error } = await readStream(chunks);
      expect(error).toBeInstanceOf(ProviderStreamError);
      expect(error).toMatchObject({ failure: expected });
      await bench.waitFor(model, (seen) => seen.outcome === "aborted_by_client");
    },
  );

  test("a reader that stops early closes the connection", async () => {
    const bench = benchOf();
    const { reply, model } = await bench.call({
      plan: { steps: [{ kind: "endless_stream" }] },
      stream: true,
    });
    for await (const _chunk of chunksOf(reply)) break;
    const seen = await bench.waitFor(model, (call) => call.outcome !== null);
    expect(seen.outcome).toBe("aborted_by_client");
  });
}
