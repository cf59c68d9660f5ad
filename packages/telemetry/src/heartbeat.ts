import type { Metrics } from "./metrics.ts";

const beatMs = 15_000;

/** Counts every 15 seconds that the process is alive and its event loop turns; dispose to stop. */
export function startHeartbeat(metrics: Pick<Metrics, "counter">): Disposable {
  const beats = metrics.counter({
    name: "tokenhub_heartbeat_total",
    help: "Beats of this process, one every 15 seconds.",
    labels: {},
  });
  const timer = setInterval(() => beats.add({}), beatMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
