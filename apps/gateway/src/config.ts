import {
  ConfigError,
  loadProductConfig,
  requireAdminSecret,
  readEnvironment,
  resolveProviderKey,
  type Environment,
  type ProductConfig,
  type Secret,
} from "@tokenhub/config";
import { readTracingConfig, type TracingConfig } from "@tokenhub/telemetry";
import { readJobSettings, type JobSettings } from "./jobs/job-settings.ts";
import { readPromptFile } from "./orchestration/read-prompt-file.ts";
import { readWebhookSettings, type WebhookSettings } from "./webhooks/webhook-settings.ts";
import { readResponsesKeepMs } from "./responses/response-settings.ts";
import { routingVariables, type RoutingSettingName } from "./routing-settings/routing-setting.ts";

export interface GatewayConfig {
  readonly product: ProductConfig;
  readonly redisUrl: string;
  /** Own port of the operations endpoints; null: only on the public listener. */
  readonly adminPort: number | null;
  /** Requests held open at once. */
  readonly maxInFlight: number;
  /** How long running requests may take to finish after SIGTERM. */
  readonly drainMs: number;
  /** Null or absent: no tracing. */
  readonly tracing?: TracingConfig | null;
  /**
   * A provider's key by its id, as the workers find it outside the vault; for questions to the provider that administrators
   * ask. Absent: keys of the configuration file only.
   */
  readonly providerKeyOf?: (providerId: string) => Secret | null;
  /** Paths of modules, each with a mode of orchestration of the operator's own; absent: none. */
  readonly modeModules?: readonly string[];
  /** The operator's own prompts, by mode and name; absent: the modes' own. */
  readonly templates?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Longest time one call of an orchestration may take, in milliseconds; null or absent: 300 s. */
  readonly callTimeoutMs?: number | null;
  /** Address ranges, e.g. `10.0.0.0/8`, that webhooks may be sent to although they are not public; absent: none. */
  readonly webhookAllow?: readonly string[];
  /** When deliveries of webhooks are attempted, and when one counts as lost; absent: the product's own. */
  readonly webhooks?: WebhookSettings;
  /** What is set about jobs; absent: the product's own. */
  readonly jobs?: JobSettings;
  /** How long responses are kept, in milliseconds; absent: the product's own. */
  readonly responsesKeepMs?: number;
  /** How long Idempotency-Keys are remembered, in milliseconds; absent: a day. */
  readonly idempotencyMs?: number;
  /** Routing defaults that the environment states, so that nothing an administrator saves replaces them; absent: none. */
  readonly routingFromEnvironment?: ReadonlySet<RoutingSettingName>;
}

/** Reads the gateway's settings: environment over configuration file. @throws ConfigError in one sentence. */
export async function readGatewayConfig(env: Environment): Promise<GatewayConfig> {
  const product = await loadProductConfig({ configPath: null, env });
  requireAdminSecret(product);
  const read = readEnvironment(env);
  if (product.redis.url === null) {
    throw new ConfigError(
      "REDIS_URL is not set; set it to the Redis that all services share, e.g. redis://127.0.0.1:6379, or use `npm start`, which brings its own.",
    );
  }
  const configured = new Map(product.providers.map((provider) => [provider.id, provider.credential]));
  const unconfigured = { source: "default", envName: null, inlineKey: null } as const;
  return {
    product,
    redisUrl: product.redis.url.reveal(),
    adminPort: read.envInteger("TOKENHUB_ADMIN_PORT", { max: 65_535 }),
    maxInFlight: read.envInteger("TOKENHUB_MAX_IN_FLIGHT", { min: 1 }) ?? 5_000,
    drainMs: read.envInteger("TOKENHUB_DRAIN_MS") ?? 10_000,
    tracing: readTracingConfig(env),
    modeModules: read.envList("TOKENHUB_ORCHESTRATION_MODES") ?? [],
    templates: await readPromptFile(read.envString("TOKENHUB_ORCHESTRATION_PROMPTS")),
    callTimeoutMs: read.envInteger("TOKENHUB_RUN_CALL_TIMEOUT_MS", { min: 1 }),
    webhookAllow: read.envList("TOKENHUB_WEBHOOK_ALLOW") ?? [],
    webhooks: readWebhookSettings(read),
    jobs: readJobSettings(read),
    idempotencyMs: (read.envInteger("TOKENHUB_IDEMPOTENCY_HOURS", { min: 1 }) ?? 24) * 3_600_000,
    responsesKeepMs: readResponsesKeepMs(read),
    providerKeyOf: (providerId) =>
      resolveProviderKey({ id: providerId, credential: configured.get(providerId) ?? unconfigured }, env).key,
    routingFromEnvironment: new Set(
      (Object.entries(routingVariables) as [RoutingSettingName, string][])
        .filter(([, variable]) => read.envString(variable) !== null)
        .map(([name]) => name),
    ),
  };
}
