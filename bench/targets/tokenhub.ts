import path from "node:path";
import { chatPath, type StartedTarget, type TargetContext } from "./target.ts";
import {
  prepareTokenHub,
  providerConcurrency,
  serviceNames,
  startService,
  startTokenHubRedis,
} from "./tokenhub-services.ts";

/** TokenHub with everything on that a production user has on: four services and a Redis. */
export async function startTokenHub(
  context: TargetContext & { readonly environment?: Readonly<Record<string, string>> },
): Promise<StartedTarget & { readonly redisUrl?: string }> {
  await using starting = new AsyncDisposableStack();
  const redis = await startTokenHubRedis(context);
  starting.use(redis.child);
  const settings = await prepareTokenHub(context, {
    redisUrl: redis.url,
    compileCacheFolder: path.join(context.root, ".cache", "compile"),
  });
  // A gateway publishes the catalogue that the workers wait for.
  const started = serviceNames.map(async (name) =>
    starting.use(await startService(name, { context, settings, environment: context.environment ?? {} })),
  );
  const outcomes = await Promise.allSettled(started);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  const services = await Promise.all(started);
  const running = starting.move();
  const target = {
    name: "tokenhub",
    description:
      `this checkout, four processes and Redis (AOF, appendfsync ${redis.fsync}): keys required, ledger, ` +
      `SQLite request log, metrics, info log to a file; provider concurrency ${providerConcurrency}`,
    request: {
      origin: `http://127.0.0.1:${settings.port}`,
      path: chatPath,
      headers: { "content-type": "application/json", authorization: `Bearer ${settings.apiKey}` },
    },
    processes: [redis.child, ...services],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  } as const;
  return { kind: "started", target, redisUrl: redis.url };
}
