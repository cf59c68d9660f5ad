import { inject, test } from "vitest";
import { buildWebhookJob, openWorkerBench, startReceiver } from "./worker-bench.ts";
test.each([1, 50])("speed %i", async (receivers) => {
  await using stack = new AsyncDisposableStack();
  const bench = await openWorkerBench(stack, inject("redisUrl"));
  let n = 0;
  const { url } = await startReceiver(stack, (_request, response) => {
    n += 1;
    response.end();
  });
  const { adminPort } = await bench.startWorker();
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: 2000 }, (_, i) =>
      bench.producer.addWebhook(buildWebhookJob(url, { receiver: `r${i % receivers}` })),
    ),
  );
  console.log("added", performance.now() - startedMs);
  await bench.untilFacts(2000);
  const facts = await bench.facts();
  const d = facts.map((f) => f.durationMs).toSorted((a, b) => a - b);
  console.log(receivers, "done", performance.now() - startedMs, n, "p50", d[1000], "p95", d[1900]);
  console.log(
    (await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()).match(/postponed_total\{.*/)?.[0],
  );
});
