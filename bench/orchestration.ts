// `node bench/orchestration.ts`: what an orchestration costs beyond its calls, and what waiting ones cost.
import { runEntry } from "./bench-session.ts";
import { measureOverhead, measureRunsInFlight } from "./measure/measure-orchestration.ts";
import { startTokenHub } from "./targets/tokenhub.ts";
import { startUpstream } from "./targets/upstream.ts";

const callMs = 60;

await runEntry(async (session) => {
  const context = { ...session, workFolder: session.makeFolder("orchestration") };
  await using upstream = await startUpstream(context);
  const started = await startTokenHub({ ...context, upstreamUrl: upstream.url });
  if (started.kind !== "started") throw new Error(started.reason);
  await using target = started.target;

  const question = { model: "bench-chat-60ms", callMs };
  await measureOverhead(target, { ...question, runs: 30, runsAtOnce: 1 });
  for (const runsAtOnce of [1, 8, 32]) {
    const found = await measureOverhead(target, {
      ...question,
      runs: 60 * Math.min(runsAtOnce, 8),
      runsAtOnce,
    });
    process.stdout.write(
      `${String(found.runsAtOnce).padStart(4)} runs at once: overhead per phase p50 ${found.p50Ms.toFixed(1)} ms, ` +
        `p99 ${found.p99Ms.toFixed(1)} ms (${found.runs} adversarial runs, ${found.phases} phases)\n`,
    );
  }
  const waiting = await measureRunsInFlight(target, {
    model: "bench-chat-60s",
    runs: 1_000,
    watchMs: 15_000,
  });
  process.stdout.write(
    `${waiting.runs} runs in flight: orchestrator ${waiting.rssMb.toFixed(0)} MiB at most, ` +
      `${(waiting.waitingCpuShare * 100).toFixed(2)} % of a processor while they wait ` +
      `(${(waiting.restingCpuShare * 100).toFixed(2)} % with no run at all)\n`,
  );
});
