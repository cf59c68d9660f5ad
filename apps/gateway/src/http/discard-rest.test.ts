import inject from "light-my-request";
import type { IncomingMessage } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { discardRest } from "./discard-rest.ts";

afterEach(() => void vi.useRealTimers());

const longAfterMs = 60_000;

/** Has a request that came over no connection handled, and answers it. */
async function handled(handle: (request: IncomingMessage) => Promise<void>): Promise<void> {
  await inject(
    async (request, response) => {
      await handle(request as unknown as IncomingMessage);
      response.end("done");
    },
    { method: "POST", url: "/", payload: "a body" },
  );
}

test("a request without a connection that was read to its end is left alone, however long it is ago", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await handled(async (request) => {
    await Array.fromAsync(request);
    discardRest(request);
  });
  expect(() => vi.advanceTimersByTime(longAfterMs)).not.toThrow();
});

test("a request without a connection that breaks before its body was read ends quietly", async () => {
  await handled(async (request) => {
    discardRest(request);
    // Whoever asked is told; nobody else is.
    request.destroy(new Error("given up"));
    await new Promise((resolve) => request.once("close", resolve));
  }).catch((error: unknown) => expect(error).toMatchObject({ message: "given up" }));
});
