export interface ProductVariable {
  readonly name: string;
  /** What holds when the variable is unset or empty; empty text when there is no value. */
  readonly defaultText: string;
  readonly effect: string;
  readonly isSecret: boolean;
}

const setting = (name: string, defaultText: string, effect: string): ProductVariable => ({
  name,
  defaultText,
  effect,
  isSecret: false,
});
const secret = (name: string, effect: string): ProductVariable => ({
  name,
  defaultText: "",
  effect,
  isSecret: true,
});

/**
 * Every environment variable of the product configuration, in the order of `.env.example`. Besides these each provider
 * has `TOKENHUB_<NAME>_API_KEY`, `<NAME>_API_KEY` and `TOKENHUB_<NAME>_BASE_URL`.
 */
export const productVariables: readonly ProductVariable[] = [
  setting("TOKENHUB_CONFIG", "config/config.yaml", "Configuration file, YAML or JSON; -config comes first."),
  setting(
    "TOKENHUB_LISTEN_ADDR",
    "",
    "Listen address as :8080, host:8080 or [::1]:8080; comes before HOST and PORT.",
  ),
  setting("TOKENHUB_HOST", "127.0.0.1", "Listen host; 0.0.0.0 in the container image."),
  setting("TOKENHUB_PORT", "8080", "Listen port; 0 picks a free one."),
  setting("TOKENHUB_AUTH", "", "keys or open; default open on a loopback host, keys on any other."),
  secret("TOKENHUB_API_KEYS", "Keys that clients may use, comma-separated."),
  setting("TOKENHUB_LOG_LEVEL", "info", "trace, debug, info, warn, error or fatal."),
  setting(
    "TOKENHUB_DEBUG",
    "false",
    "true is the same as TOKENHUB_LOG_LEVEL=debug; an explicit level comes first.",
  ),
  setting("TOKENHUB_MAX_BODY_BYTES", "33554432", "Largest request body in bytes."),
  setting(
    "TOKENHUB_SYNC_WAIT_MS",
    "240000",
    "How long a synchronous request waits; then it is answered with 504 and goes on as a job, see TOKENHUB_AFTER_WAIT_MS.",
  ),
  setting(
    "TOKENHUB_AFTER_WAIT_MS",
    "600000",
    "How long a request goes on as a job when its caller's wait is over; 0 ends it with the wait.",
  ),
  setting("TOKENHUB_DATA_DIR", "./data", "Folder of everything that is kept."),
  setting("TOKENHUB_DB_PATH", "", "SQLite file; default tokenhub.db in the data folder."),
  setting("TOKENHUB_DB_DSN", "", "SQLite file or postgres:// URL; comes before TOKENHUB_DB_PATH."),
  secret("DATABASE_URL", "postgres:// URL; comes before TOKENHUB_DB_DSN and TOKENHUB_DB_PATH."),
  secret("REDIS_URL", "redis:// URL; without it the start command runs a private server."),
  setting(
    "TOKENHUB_REDIS_PREFIX",
    "tokenhub",
    "Prefix of all Redis keys; installations that share a Redis need different ones.",
  ),
  secret("TOKENHUB_OPENAI_API_KEY", "Key of the provider openai; comes before OPENAI_API_KEY."),
  secret("OPENAI_API_KEY", "Key of the provider openai."),
  setting("TOKENHUB_OPENAI_BASE_URL", "", "Address of the provider openai."),
  secret("TOKENHUB_ANTHROPIC_API_KEY", "Key of the provider anthropic; comes before ANTHROPIC_API_KEY."),
  secret("ANTHROPIC_API_KEY", "Key of the provider anthropic."),
  setting("TOKENHUB_ANTHROPIC_BASE_URL", "", "Address of the provider anthropic."),
  setting(
    "TOKENHUB_VLLM_ENDPOINTS",
    "",
    "Addresses of vLLM servers, comma-separated; they become the provider vllm.",
  ),
  setting(
    "TOKENHUB_PROVIDER_TIMEOUT_SECS",
    "120",
    "Limit of one provider call in seconds, for providers that state none.",
  ),
  setting(
    "TOKENHUB_DEFAULT_MODE",
    "",
    "Routing mode of requests that name none: normal, cheap, high_confidence, planning or adversarial.",
  ),
  setting(
    "TOKENHUB_DEFAULT_STRATEGY",
    "",
    "Selection strategy of requests that name none: objective (default), highest_weight, weight_minus_cost, cheapest or thompson.",
  ),
  setting(
    "TOKENHUB_EXPLORATION_TEMP",
    "",
    "Softmax temperature of the objective strategy; 0 (default) always takes the best model.",
  ),
  setting(
    "TOKENHUB_EXPLORATION_SHARE",
    "",
    "Largest share of thompson decisions that try another than the best known model; default 0.2.",
  ),
  setting("TOKENHUB_DEFAULT_MAX_BUDGET_USD", "", "Cost limit of requests that name none, in US dollars."),
  setting(
    "TOKENHUB_DEFAULT_MAX_LATENCY_MS",
    "",
    "Latency limit of requests that name none, in milliseconds.",
  ),
  setting("TOKENHUB_ADMIN_PORT", "", "Port of a service's own /healthz, /readyz and /metrics; unset: none."),
  setting("TOKENHUB_ADMIN_HOST", "127.0.0.1", "Listen host of a worker's own port."),
  setting(
    "TOKENHUB_DRAIN_MS",
    "",
    "How long running work may take to finish after SIGTERM; default 10000, provider worker 120000.",
  ),
  setting("TOKENHUB_MAX_IN_FLIGHT", "5000", "Requests one gateway holds open at once."),
  setting(
    "TOKENHUB_RESPONSES_KEEP_HOURS",
    "720",
    "How long responses are kept that later ones may continue.",
  ),
  setting("TOKENHUB_JOBS_RUNNING", "1000", "Jobs carried out at once, over all gateways."),
  setting(
    "TOKENHUB_JOBS_RUNNING_PER_GROUP",
    "200",
    "The same for one tenant, lane and model, so that a slow model holds up no other.",
  ),
  setting("TOKENHUB_JOBS_KEEP_HOURS", "720", "How long jobs and their answers are kept after their end."),
  setting(
    "TOKENHUB_JOBS_KEPT_BYTES",
    "10737418240",
    "Bytes of all kept answers of jobs; beyond that the oldest go, their jobs stay.",
  ),
  setting("TOKENHUB_IDEMPOTENCY_HOURS", "24", "Hours over which an Idempotency-Key is remembered."),
  setting("TOKENHUB_ROUTE_CONCURRENCY", "", "Requests one router worker decides at once; default 100."),
  setting(
    "TOKENHUB_WEBHOOK_ALLOW",
    "",
    "Addresses or CIDR ranges that webhooks may go to beside the public ones, comma-separated; there also over http and to any port.",
  ),
  setting("TOKENHUB_WEBHOOK_TIMEOUT_MS", "15000", "Limit of one attempt to deliver a webhook."),
  setting(
    "TOKENHUB_WEBHOOK_SCHEDULE",
    "5s,5m,30m,2h,5h,10h,14h,20h,24h",
    "Pauses before the second and every later attempt to deliver a webhook; after the last attempt it is given up.",
  ),
  setting(
    "TOKENHUB_WEBHOOK_LOST_AFTER",
    "60s",
    "After how long an attempt of which nothing is heard is made again; longer than attempts take, their wait in the queue included.",
  ),
  setting("TOKENHUB_WEBHOOK_CONCURRENCY", "", "Webhooks one webhook worker sends at once; default 128."),
  setting(
    "TOKENHUB_OTEL_ENABLED",
    "",
    "true sends traces to an OpenTelemetry collector, as naming one in OTEL_EXPORTER_OTLP_ENDPOINT does; false never.",
  ),
  setting(
    "TOKENHUB_OTEL_ENDPOINT",
    "",
    "OTLP/HTTP collector; default OTEL_EXPORTER_OTLP_ENDPOINT, else localhost:4318.",
  ),
  setting(
    "TOKENHUB_OTEL_SERVICE_NAME",
    "tokenhub",
    "Name of this installation in traces; each service adds its own.",
  ),
  setting("TOKENHUB_PROVIDERS", "", "Providers this provider worker serves, comma-separated; unset: all."),
  setting("TOKENHUB_REDIS_FSYNC", "", "appendfsync of the private Redis: everysec (default) or always."),
  setting("TOKENHUB_NODE_ARGS", "", "Arguments for the Node of every service that npm start runs."),
  setting("TOKENHUB_STOP_GRACE_MS", "", "How long npm start waits for its services to stop; default 10000."),
  setting(
    "TOKENHUB_RATE_LIMIT_RPS",
    "60",
    "Requests per second of one key or address without its own limit.",
  ),
  setting("TOKENHUB_RATE_LIMIT_BURST", "120", "Requests of one key or address at once."),
  setting("TOKENHUB_ADMIN_RATE_LIMIT_RPS", "30", "Admin requests per second of one address."),
  setting("TOKENHUB_ADMIN_RATE_LIMIT_BURST", "60", "Admin requests of one address at once."),
  setting("TOKENHUB_CORS_ORIGINS", "*", "Origins whose browser pages may call the API, comma-separated."),
  setting(
    "TOKENHUB_TRUSTED_PROXIES",
    "",
    "Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed; unset: none.",
  ),
  setting("TOKENHUB_CACHE_TTL", "1h", "How long a cached answer is kept when the request does not say."),
  setting("TOKENHUB_CACHE_MAX_ENTRY_BYTES", "1048576", "Largest answer that is cached, in bytes."),
  setting("TOKENHUB_RETENTION_REQUEST_DAYS", "90", "Days that the request log is kept."),
  setting("TOKENHUB_RETENTION_AUDIT_DAYS", "90", "Days that the audit log is kept."),
  setting("TOKENHUB_RETENTION_REWARD_DAYS", "90", "Days that the reward log is kept."),
  setting("TOKENHUB_RETENTION_EVENT_DAYS", "7", "Days that the event stream can be resumed over."),
  setting("TOKENHUB_HEALTH_PROBE_DISABLED", "false", "true turns the regular probes of the providers off."),
  setting(
    "TOKENHUB_PRICE_CATALOGUE",
    "true",
    "false leaves unknown prices and context sizes unknown, even where the built-in catalogue has them.",
  ),
  setting(
    "TOKENHUB_DEPLOYMENT",
    "local",
    "production refuses to start without TOKENHUB_ADMIN_PASSWORD or TOKENHUB_ADMIN_TOKEN; local makes its own secrets.",
  ),
  secret("TOKENHUB_ADMIN_PASSWORD", "Admin bearer, and the password that opens the vault at start."),
  secret("TOKENHUB_ADMIN_TOKEN", "Admin bearer, apart from the vault's password."),
  secret("TOKENHUB_VAULT_PASSWORD", "Opens the vault at start, when it differs from the admin password."),
  setting(
    "TOKENHUB_VAULT_AUTO_LOCK",
    "30m",
    "Inactivity after which a vault that a person unlocked locks itself.",
  ),
  secret(
    "TOKENHUB_CLUSTER_SECRET",
    "64 hexadecimal digits, the same for every gateway and worker; it seals what they exchange through Redis.",
  ),
  setting(
    "TOKENHUB_CLUSTER_SECRET_FILE",
    "",
    "File with the cluster secret, made by the gateway when absent; default cluster-secret in the data folder.",
  ),
  setting("TOKENHUB_VAULT_ENABLED", "", "true or false."),
  setting("TOKENHUB_VAULT_KEY_DERIVATION", "", "argon2id or scrypt."),
  secret("TOKENHUB_ENCRYPTION_KEY", "64 hexadecimal digits, made with -generate-key."),
];
