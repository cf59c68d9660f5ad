// `node bench/async.ts`: how fast jobs are accepted, what a waiting one takes of Redis, and how soon webhooks are sent.
import { runEntry } from "./bench-session.ts";
import { measureAcceptRate, measureQueuedMemory, measureWebhookDelay } from "./measure/measure-async.ts";
import { startTokenHub } from "./targets/tokenhub.ts";
import { startUpstream } from "./targets/upstream.ts";

const queuedJobs = Number(process.argv[2] ?? 100_000);

await runEntry(async (session) => {
  const { signal } = session;
  const context = { ...session, workFolder: session.makeFolder("async") };
  await using upstream = await startUpstream(context);
  const started = await startTokenHub({
    ...context,
    upstreamUrl: upstream.url,
    environment: { TOKENHUB_WEBHOOK_ALLOW: "127.0.0.0/8" },
  });
  if (started.kind !== "started") throw new Error(started.reason);
  await using target = started.target;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);

  for (const jobsAtOnce of [1, 8]) {
    const found = await measureWebhookDelay(target, { jobs: 100, jobsAtOnce, model: "bench-chat-0ms" });
    say(
      `webhook after the end of its job, ${jobsAtOnce} at once: p50 ${found.p50.toFixed(0)} ms, p90 ${found.p90.toFixed(0)} ms, p99 ${found.p99.toFixed(0)} ms, max ${found.max.toFixed(0)} ms`,
    );
  }
  const load = { connections: 64, warmUpMs: 2_000, measureMs: 5_000, requestsMax: Infinity, signal };
  for (const way of ["jobs-api-later", "prefer"] as const) {
    const found = await measureAcceptRate(target, { ...load, way, model: "bench-chat-60s" });
    const cpu = Object.entries(found.cpuMsPerJob).map(([name, ms]) => `${name} ${ms.toFixed(2)}`);
    say(
      `${way}: ${found.perSecond.toFixed(0)} accepted/s, p50 ${found.latencyMs.p50.toFixed(1)} ms, p99 ${found.latencyMs.p99.toFixed(1)} ms; ` +
        `ms of processor per job: ${cpu.join(", ")}, generator ${(found.generatorCpuShare * 100).toFixed(0)} %; ` +
        `${found.errors.length === 0 ? "no errors" : found.errors.join(" | ")}`,
    );
  }
  if (queuedJobs > 0) {
    const memory = await measureQueuedMemory(target, {
      redisUrl: started.redisUrl ?? "",
      jobs: queuedJobs,
      model: "bench-chat-60s",
      signal,
    });
    say(
      `${queuedJobs} queued jobs: ${memory.bytesPerJob.toFixed(0)} bytes of Redis each (${(memory.bytesBefore / 1e6).toFixed(1)} MB before, ${(memory.bytesAfter / 1e6).toFixed(1)} MB after)`,
    );
  }
});
