interface ModelSpec {
  readonly weight?: number;
  /** US dollars per 1,000 tokens. */
  readonly price?: number;
  readonly context?: number;
}

interface ProviderSpec {
  readonly type?: "anthropic" | "openai-compatible";
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  /** By model id; the provider calls each `up-<id>`. */
  readonly models: Readonly<Record<string, ModelSpec>>;
}

/**
 * A configuration with exactly these providers, all on one mock. A provider that a test makes fail belongs to that test
 * alone, because its breaker stays open for 30 seconds.
 */
export function catalogueOf(
  mockUrl: string,
  providers: Readonly<Record<string, ProviderSpec>>,
  aliases: Readonly<Record<string, readonly string[]>> = {},
): Record<string, unknown> {
  return {
    providers: Object.entries(providers).map(([name, spec]) => ({
      name,
      type: spec.type ?? "openai-compatible",
      base_url: mockUrl,
      api_key_env: "UPSTREAM_KEY",
      ...(spec.timeoutMs === undefined ? {} : { timeout_ms: spec.timeoutMs }),
      ...(spec.concurrency === undefined ? {} : { concurrency: spec.concurrency }),
    })),
    models: Object.entries(providers).flatMap(([provider, { models }]) =>
      Object.entries(models).map(([id, spec]) => ({
        id,
        provider,
        name: `up-${id}`,
        weight: spec.weight ?? 50,
        cost_per_1k: spec.price ?? 0.001,
        context_size: spec.context ?? 128_000,
      })),
    ),
    aliases,
  };
}
