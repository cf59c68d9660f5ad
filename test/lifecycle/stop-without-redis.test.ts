import { startServiceProcess, startTestRedis, testClusterSecret } from "@tokenhub/testkit";
import { expect, it } from "vitest";

const drainMs = 1_000;
/** The drain time, what the queues take to be left behind, and the end of the process. */
const endsWithinMs = drainMs + 9_000;

it.concurrent.each([
  ["router-worker", "has been gone for a while"],
  ["router-worker", "goes at the same moment"],
  ["orchestrator-worker", "has been gone for a while"],
  ["orchestrator-worker", "goes at the same moment"],
  ["provider-worker", "has been gone for a while"],
  ["provider-worker", "goes at the same moment"],
  ["webhook-worker", "has been gone for a while"],
  ["webhook-worker", "goes at the same moment"],
])("%s, asked to stop when Redis %s, ends in time and in order", async (app, when) => {
  await using redis = await startTestRedis();
  await using worker = await startServiceProcess(app, {
    REDIS_URL: redis.url,
    TOKENHUB_CLUSTER_SECRET: testClusterSecret,
    TOKENHUB_DRAIN_MS: String(drainMs),
  });
  if (when.startsWith("has")) await redis.kill();
  const startedAtMs = performance.now();
  const stopping = worker.stop();
  if (when.startsWith("goes")) await redis.kill();
  expect(await stopping).toBe(0);
  expect(performance.now() - startedAtMs).toBeLessThan(endsWithinMs);
});
