import { until, type ServiceProcess } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { ask } from "./ask.ts";
import { rowOf } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

let site: Site;
let gateway: { readonly url: string };

beforeAll(async () => {
  site = await openSite({ redisUrl: inject("redisUrl") });
  gateway = await site.startGateway();
  await site.startRouter();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.mock.clearPlans();
  site.mock.clearCalls();
});

/** Asks the process to stop; gives its exit code and how long it took. */
async function terminate(service: ServiceProcess): Promise<{ exitCode: number | null; tookMs: number }> {
  const startedAtMs = performance.now();
  const exitCode = await service.stop();
  return { exitCode, tookMs: performance.now() - startedAtMs };
}
const firstCall = () => site.mock.waitForCall(() => true, 10_000);

describe("a provider worker that is asked to stop during a call", () => {
  it("finishes the call within the drain time and takes no new one", async () => {
    await using leaving = await site.startProcess("provider-worker", { TOKENHUB_DRAIN_MS: "8000" });
    site.mock.plan("up-gpt", { latencyMs: 1_200, text: "finished all the same" });
    const answer = ask(gateway, { model: "gpt-test" });
    await firstCall();
    const ending = terminate(leaving);
    await using _successor = await site.startProviderWorker();
    expect((await ask(gateway, { model: "claude-test" })).status).toBe(200);
    expect(await answer).toMatchObject({ status: 200, text: "finished all the same" });
    expect(site.mock.calls().filter((call) => call.model === "up-gpt")).toHaveLength(1);
    const { exitCode, tookMs } = await ending;
    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(4_000);
  });

  it("hands a call that outlasts the drain time to another worker, and the request succeeds", async () => {
    await using leaving = await site.startProcess("provider-worker", { TOKENHUB_DRAIN_MS: "200" });
    site.mock.plan("up-gpt", { steps: [{ kind: "hang" }], text: "from the successor" });
    const answer = ask(gateway, { model: "gpt-test" });
    await firstCall();
    await using _successor = await site.startProviderWorker();
    const { exitCode, tookMs } = await terminate(leaving);
    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(4_000);
    const handedOver = await answer;
    expect(handedOver).toMatchObject({ status: 200, text: "from the successor" });
    expect(site.mock.calls().map((call) => call.outcome)).toEqual(["aborted_by_client", "answered"]);
    expect(await rowOf(site, handedOver.requestId)).toMatchObject({ outcome: "succeeded", attemptCount: 2 });
  });

  it("ends a stream of which the caller has seen tokens with an error event instead of repeating it", async () => {
    await using leaving = await site.startProcess("provider-worker", { TOKENHUB_DRAIN_MS: "200" });
    site.mock.plan("up-gpt", { tokensPerSecond: 20, steps: [{ kind: "endless_stream" }] });
    const answer = ask(gateway, { model: "gpt-test", stream: true });
    await until("the first tokens", () => (site.mock.calls()[0]?.completionTokensSent ?? 0) > 2);
    await using _successor = await site.startProviderWorker();
    expect((await terminate(leaving)).exitCode).toBe(0);
    const { text, json } = await answer;
    expect(text.length).toBeGreaterThan(0);
    expect((json as unknown[]).at(-1)).toMatchObject({ error: { code: "stream_interrupted" } });
    expect(site.mock.calls()).toHaveLength(1);
  });

  it("still hears that a caller went away: the call is aborted, and nothing is waited for", async () => {
    await using leaving = await site.startProcess("provider-worker", { TOKENHUB_DRAIN_MS: "20000" });
    site.mock.plan("up-gpt", { steps: [{ kind: "hang" }] });
    const impatient = new AbortController();
    const answer = ask(gateway, { model: "gpt-test", signal: impatient.signal });
    const outcome = answer.catch((error: Error) => error.message);
    await firstCall();
    const ending = terminate(leaving);
    await until("the worker to say that it is going", async () =>
      fetch(`http://127.0.0.1:${leaving.adminPort}/readyz`).then(
        () => false,
        () => true,
      ),
    );
    impatient.abort();
    expect(await outcome).toContain("aborted");
    await site.mock.waitForCall((call) => call.outcome === "aborted_by_client", 3_000);
    expect((await ending).tookMs).toBeLessThan(4_000);
  });
});

describe("a router worker that is asked to stop", () => {
  it("leaves no request behind while a stream of them goes on", async () => {
    await using installation = await openSite({ redisUrl: inject("redisUrl") });
    const front = await installation.startGateway();
    await installation.startProviderWorker();
    const leaving = await installation.startProcess("router-worker");
    let isOver = false;
    const statuses: number[] = [];
    const senders = Array.from({ length: 8 }, async () => {
      while (!isOver) statuses.push((await ask(front, { model: "gpt-test" })).status);
    });
    await until("requests to flow", () => statuses.length > 20);
    await installation.startRouter();
    const { exitCode, tookMs } = await terminate(leaving);
    const soFar = statuses.length;
    await until("requests to flow on", () => statuses.length > soFar + 40);
    isOver = true;
    await Promise.all(senders);
    expect(exitCode).toBe(0);
    expect(tookMs).toBeLessThan(4_000);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(installation.mock.calls()).toHaveLength(statuses.length);
  });
});
