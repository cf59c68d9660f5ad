import { Pool, type Dispatcher } from "undici";
import { splitUrl } from "../client/split-url.ts";
import { isBuiltIn, type AnyProvider, type ProviderDefinition } from "../definition/provider-definition.ts";
import { networkErrorCode } from "../failure/network-failure.ts";

const defaultTimeoutMs = 5_000;
/** Statuses beside 2xx that a working server answers a question without credential with. */
const reachableStatuses = new Set([401, 403, 405]);

export interface EndpointProbe {
  readonly isReachable: boolean;
  /** Null: no answer. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Why it does not count as reachable, e.g. `ECONNREFUSED`, `HTTP 503`, `timeout`; null when it does. */
  readonly reason: string | null;
}

export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default 5,000. */
  readonly timeoutMs?: number;
  /** Of the provider; `healthPath` names another path for OpenAI-compatible types. */
  readonly options?: Readonly<Record<string, string>>;
}

/**
 * Whether a server answers at an endpoint: `/health` for vLLM, the list of models for the others, without credential. 2xx,
 * 401, 403 and 405 count as reachable. The body is not read. Never throws.
 */
export async function probeEndpoint(
  definition: AnyProvider,
  endpoint: string,
  { signal, timeoutMs = defaultTimeoutMs, options = {} }: ProbeOptions = {},
): Promise<EndpointProbe> {
  if (isBuiltIn(definition)) return { isReachable: true, status: null, durationMs: 0, reason: null };
  const startedAtMs = performance.now();
  const outcome = await statusAt(healthUrlOf(definition, { endpoint, options }), { signal, timeoutMs });
  const durationMs = Math.round(performance.now() - startedAtMs);
  if (outcome.kind === "failed") {
    return { isReachable: false, status: null, durationMs, reason: outcome.reason };
  }
  const { status } = outcome;
  const isReachable = (status >= 200 && status < 300) || reachableStatuses.has(status);
  return { isReachable, status, durationMs, reason: isReachable ? null : `HTTP ${status}` };
}

function healthUrlOf(
  definition: ProviderDefinition,
  { endpoint, options }: { endpoint: string; options: Readonly<Record<string, string>> },
): string {
  const input = { baseUrl: endpoint, options };
  if (definition.healthUrl !== undefined) return definition.healthUrl(input);
  return definition.models.buildRequest({ ...input, apiKey: null, headers: {}, pageToken: null }).url;
}

type Outcome =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "failed"; readonly reason: string };

async function statusAt(
  url: string,
  { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number },
): Promise<Outcome> {
  const { origin, path } = splitUrl(url);
  let pool: Pool;
  try {
    pool = new Pool(origin, { connections: 1, connectTimeout: timeoutMs, allowH2: false });
  } catch (error) {
    return { kind: "failed", reason: networkErrorCode(error) };
  }
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    const response: Dispatcher.ResponseData = await pool.request({
      path,
      method: "GET",
      headers: { accept: "application/json", "user-agent": "tokenhub" },
      signal: either,
    });
    // The connection is destroyed below; without a listener its end would be an uncaught error.
    response.body.on("error", () => undefined);
    return { kind: "answered", status: response.statusCode };
  } catch (error) {
    if (signal?.aborted === true) return { kind: "failed", reason: "cancelled" };
    return { kind: "failed", reason: timeout.aborted ? "timeout" : networkErrorCode(error) };
  } finally {
    await pool.destroy();
  }
}
