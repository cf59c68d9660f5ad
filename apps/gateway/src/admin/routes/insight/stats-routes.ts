import type { StatsAggregate, WindowStats } from "@tokenhub/persistence";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import type { InsightDeps } from "./insight-deps.ts";

type Deps = Pick<InsightDeps, "insight">;
type Identity = (id: string | null) => Readonly<Record<string, string | null>>;

/** Aggregates of the last minute, five minutes, hour and day. */
export function statsRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/stats",
      summary: "Shows requests, errors, latencies, tokens and cost of the last 1m, 5m, 1h and 24h.",
      tag: "stats",
      role: "viewer",
      action: null,
      handle: () => show(deps),
    }),
  ];
}

async function show({ insight }: Deps): Promise<AdminReply> {
  const windows = await insight.stats();
  const { keyNames } = insight;
  await keyNames.load(windows.flatMap(({ byKey }) => byKey.map(({ id }) => id)));
  const inWindows = (read: (window: WindowStats) => readonly StatsAggregate[], identity: Identity) =>
    Object.fromEntries(
      windows.map((window) => [
        window.window,
        read(window).map((aggregate) => present(aggregate, { window, identity: identity(aggregate.id) })),
      ]),
    );
  return reply({
    global: windows.map((window) => present(window.global, { window, identity: {} })),
    by_model: inWindows(
      ({ byModel }) => byModel,
      (id) => ({ model_id: id }),
    ),
    by_provider: inWindows(
      ({ byProvider }) => byProvider,
      (id) => ({ provider_id: id }),
    ),
    by_api_key: inWindows(
      ({ byKey }) => byKey,
      (id) => ({ api_key_id: id, api_key_name: keyNames.of(id) }),
    ),
    by_mode: inWindows(
      ({ byMode }) => byMode,
      (id) => ({ mode: id }),
    ),
  });
}

function present(
  aggregate: StatsAggregate,
  { window, identity }: { readonly window: WindowStats; readonly identity: ReturnType<Identity> },
) {
  return {
    window: window.window,
    ...identity,
    request_count: aggregate.requestCount,
    error_count: aggregate.errorCount,
    error_rate: aggregate.errorRate,
    avg_latency_ms: aggregate.averageLatencyMs,
    p50_latency_ms: aggregate.p50LatencyMs,
    p95_latency_ms: aggregate.p95LatencyMs,
    p99_latency_ms: aggregate.p99LatencyMs,
    total_cost_usd: aggregate.totalCostNanoUsd / 1e9,
    input_tokens: aggregate.inputTokens,
    output_tokens: aggregate.outputTokens,
    total_tokens: aggregate.totalTokens,
  };
}
