import type { ProviderHealth } from "@tokenhub/contracts";
import { adminRoute, reply, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import type { EndpointState } from "../../../insight/endpoint-states.ts";
import { readTallies, type ProviderTally } from "../../../insight/provider-tallies.ts";
import { timeText } from "../../fields.ts";
import type { InsightDeps } from "./insight-deps.ts";

type Deps = Pick<InsightDeps, "db" | "catalogue" | "providerHealth" | "endpointStates" | "now">;

/** How the providers are. */
export function healthRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute({
      method: "get",
      path: "/health",
      summary: "Shows the health of every provider, its circuit breaker and its endpoints.",
      tag: "health",
      role: "viewer",
      action: null,
      handle: () => show(deps),
    }),
  ];
}

const unheard: ProviderHealth = {
  status: "healthy",
  consecutiveErrors: 0,
  breaker: "closed",
  openedAtMs: 0,
  cooldownUntilMs: 0,
  latencyMs: null,
  errorRate: 0,
};
/** An open breaker lets a trial call through after this long. */
const breakerOpenMs = 30_000;

async function show({ db, catalogue, providerHealth, endpointStates, now }: Deps): Promise<AdminReply> {
  const [healthById, tallies, endpoints] = await Promise.all([
    providerHealth(),
    readTallies(db),
    endpointStates(),
  ]);
  const providers = catalogue.current().providers.map(({ id, enabled }) => ({
    provider_id: id,
    enabled,
    ...presentHealth(healthById.get(id) ?? unheard, now()),
    ...presentTally(tallies.get(id) ?? null),
    endpoints: (endpoints.get(id) ?? []).map(presentEndpoint),
  }));
  return reply({ providers });
}

function presentHealth(health: ProviderHealth, nowMs: number) {
  const isOpen = health.breaker === "open";
  const pausedUntilMs = Math.max(health.cooldownUntilMs, isOpen ? health.openedAtMs + breakerOpenMs : 0);
  return {
    state: health.status,
    consec_errors: health.consecutiveErrors,
    avg_latency_ms: health.latencyMs,
    recent_error_rate: health.errorRate,
    /** Until when requests that have a choice go elsewhere. */
    cooldown_until: pausedUntilMs > nowMs ? timeText(pausedUntilMs) : null,
    breaker: {
      state: health.breaker,
      opened_at: health.openedAtMs === 0 ? null : timeText(health.openedAtMs),
    },
  };
}

function presentTally(tally: ProviderTally | null) {
  const lastError = tally?.lastError ?? null;
  return {
    total_requests: tally?.calls ?? 0,
    total_errors: tally?.errors ?? 0,
    last_error: lastError?.message ?? null,
    last_error_class: lastError?.class ?? null,
    last_error_code: lastError?.code ?? null,
    last_error_model_id: lastError?.modelId ?? null,
    last_error_status: lastError?.providerStatus ?? null,
    last_error_time: timeText(lastError?.atMs ?? null),
    last_success_at: timeText(tally?.lastSuccessAtMs ?? null),
  };
}

function presentEndpoint(state: EndpointState) {
  return {
    endpoint: state.endpoint,
    reachable: state.isReachable,
    status: state.status,
    reason: state.reason,
    duration_ms: state.durationMs,
    checked_at: timeText(state.checkedAtMs),
  };
}
