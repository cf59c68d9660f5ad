import { webhookQueueName } from "@tokenhub/queue";
import { until } from "@tokenhub/testkit";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { buildWebhookJob, openWorkerBench, signingSecret, startReceiver } from "./worker-bench.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

test("a job becomes one signed request and one report, and leaves the queue", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  const seen: { readonly headers: IncomingHttpHeaders; readonly text: string }[] = [];
  const { url } = await startReceiver(stack, async (request, response) => {
    const chunks = await Array.fromAsync<Buffer>(request);
    seen.push({ headers: request.headers, text: Buffer.concat(chunks).toString() });
    response.end("thanks");
  });
  const job = buildWebhookJob(url);
  await bench.producer.addWebhook(job);
  await bench.producer.addWebhook(job);
  await bench.startWorker();
  const [fact] = await bench.untilFacts(1);
  expect(fact).toEqual({
    v: 1,
    type: "webhook-attempted",
    eventId: `${job.deliveryId}.1`,
    deliveryId: job.deliveryId,
    attempt: 1,
    startedAtMs: expect.any(Number),
    durationMs: expect.any(Number),
    outcome: "delivered",
    statusCode: 200,
    responseText: "thanks",
    problem: null,
    retryAfterMs: null,
  });
  await bench.untilQueueIsEmpty();
  expect(seen).toHaveLength(1);
  const { headers, text } = seen[0] ?? { headers: {}, text: "" };
  expect(text).toBe(job.bodyText);
  expect(new Webhook(signingSecret).verify(text, headers as Record<string, string>)).toMatchObject({
    id: job.eventId,
  });
});

test("a failure is reported once and is not tried again by the queue: the schedule is the gateway's", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  let requests = 0;
  const { url } = await startReceiver(stack, (_request, response) => {
    requests += 1;
    response.writeHead(503, { "retry-after": "60" }).end("later");
  });
  await bench.startWorker();
  await bench.producer.addWebhook(buildWebhookJob(url, { attempt: 3 }));
  expect(await bench.untilFacts(1)).toMatchObject([
    { attempt: 3, outcome: "refused", statusCode: 503, responseText: "later", retryAfterMs: 60_000 },
  ]);
  await bench.untilQueueIsEmpty();
  expect(requests).toBe(1);
});

test("a receiver that does not answer gets eight attempts at a time and holds up no other", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  const waiting: ServerResponse[] = [];
  const slow = await startReceiver(stack, (_request, response) => void waiting.push(response));
  let quick = 0;
  const other = await startReceiver(stack, (_request, response) => {
    quick += 1;
    response.end();
  });
  const slowJobs = Array.from({ length: 40 }, () => buildWebhookJob(slow.url));
  await Promise.all(slowJobs.map((job) => bench.producer.addWebhook(job)));
  await bench.startWorker({ concurrency: 24, timeoutMs: 60_000 });
  await until("eight attempts", () => waiting.length === 8);
  await Promise.all(Array.from({ length: 100 }, () => bench.producer.addWebhook(buildWebhookJob(other.url))));
  await until("all of the other receiver", () => quick === 100);
  expect(waiting).toHaveLength(8);

  // Whenever it answers, the next ones come.
  let answered = 0;
  await until("the rest", () => {
    for (const response of waiting.splice(0)) {
      answered += 1;
      response.end();
    }
    return answered === 40;
  });
  const facts = await bench.untilFacts(140);
  expect(new Set(facts.map(({ deliveryId }) => deliveryId)).size).toBe(140);
  expect(facts.filter(({ outcome }) => outcome !== "delivered")).toEqual([]);
});

test("a quick receiver with many events waits for nothing", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  let most = 0;
  let now = 0;
  const { url } = await startReceiver(stack, (_request, response) => {
    most = Math.max(most, (now += 1));
    setImmediate(() => {
      now -= 1;
      response.end();
    });
  });
  await bench.startWorker();
  const jobs = Array.from({ length: 300 }, () => buildWebhookJob(url));
  await Promise.all(jobs.map((job) => bench.producer.addWebhook(job)));
  await bench.untilFacts(300);
  expect(most).toBeLessThanOrEqual(8);
});

test("what a stopping worker breaks off is made again by another one, under the same id", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  const ids: unknown[] = [];
  const { url } = await startReceiver(stack, (request, response) => {
    ids.push(request.headers["webhook-id"]);
    if (ids.length > 1) response.end();
  });
  const worker = await bench.startWorker({ drainMs: 50, timeoutMs: 60_000 });
  const job = buildWebhookJob(url);
  await bench.producer.addWebhook(job);
  await until("the first request", () => ids.length === 1);
  await worker[Symbol.asyncDispose]();
  expect(await bench.facts()).toEqual([]);
  expect(await bench.producer.countJobs(webhookQueueName)).toMatchObject({ waiting: 1, active: 0 });
  await bench.startWorker();
  expect(await bench.untilFacts(1)).toMatchObject([{ outcome: "delivered" }]);
  expect(ids).toEqual([job.eventId, job.eventId]);
});

test("no secret, URL, text or answer is logged, whatever becomes of the attempt", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  const { url } = await startReceiver(stack, (request, response) => {
    response.writeHead(request.headers["webhook-id"] === "evt_bad" ? 500 : 200).end("answer-of-the-receiver");
  });
  await bench.startWorker();
  for (const job of [
    buildWebhookJob(url),
    buildWebhookJob(url, { eventId: "evt_bad" }),
    buildWebhookJob("http://10.9.8.7/hook?token=token-of-the-url"),
    buildWebhookJob(url, { sealedSecrets: ["v1.unreadable"] }),
  ])
    await bench.producer.addWebhook(job);
  const facts = await bench.untilFacts(4);
  expect(facts.map(({ outcome }) => outcome).toSorted()).toEqual([
    "address_refused",
    "delivered",
    "refused",
    "unreadable_secret",
  ]);
  const log = bench.logLines.join("");
  for (const { deliveryId } of facts) expect(log).toContain(deliveryId);
  for (const hidden of [
    signingSecret.slice(6),
    "token-of-the-url",
    "body-of-the-event",
    "answer-of-the-receiver",
    "10.9.8.7",
    "v1.",
  ])
    expect(log).not.toContain(hidden);
});

test("health and metrics are served on the worker's own port", async () => {
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  const { url } = await startReceiver(stack, (_request, response) => response.end());
  const { adminPort } = await bench.startWorker();
  await bench.producer.addWebhook(buildWebhookJob(url));
  await bench.untilFacts(1);
  expect((await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status).toBe(200);
  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  expect(metrics).toMatch(
    /tokenhub_webhook_attempts_total\{outcome="delivered",service="webhook-worker"\} 1/,
  );
  expect(metrics).toContain("tokenhub_webhook_attempt_seconds_bucket");
});
