import fc from "fast-check";
import { upstreamPrompt, plantedKey, vaultedValue } from "./watched-texts.ts";

export const passwordPlaceholder = "~password.0~";
export const exportPlaceholder = "~export.0~";

const live = (kind: string): fc.Arbitrary<string> => fc.nat(30).map((number) => `~${kind}.${number}~`);
const own = (letter: string): fc.Arbitrary<string> => fc.nat(5).map((number) => `fz-${letter}-${number}`);

const model = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("gpt-test", "claude-test", "spare-test", "embed-test", "fast", "auto", ""),
  },
  { weight: 1, arbitrary: fc.constant("flaky-test") },
  { weight: 3, arbitrary: live("models") },
  { weight: 2, arbitrary: own("m") },
);
const provider = fc.oneof(fc.constantFrom("openai-up", "anthropic-up", "spare"), own("p"), live("providers"));
const tenant = fc.oneof(fc.constantFrom("default", "anonymous"), live("tenants"), own("t"));
const project = fc.oneof(live("projects"), own("j"), fc.constant(null));
const prompt = fc.constantFrom(upstreamPrompt, "Say hello", "@@tokenhub mode=cheap\nHello", "{}");
const time = fc.constantFrom(
  "2020-01-01T00:00:00Z",
  "2026-06-01T00:00:00+02:00",
  "2039-12-31T23:59:59.999Z",
  "1h",
  "now",
  "0",
);
const password = fc.oneof(
  { weight: 8, arbitrary: fc.constant(passwordPlaceholder) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("short", "a wrong password", "\u2028".repeat(12), "x".repeat(1_024)),
  },
);

/** Values that get further than a schema alone would, by the name of the member or parameter. */
export function knownValues(mockUrl: string): Readonly<Record<string, fc.Arbitrary<unknown>>> {
  // Nothing that is generated names a server on any network.
  const address = fc.constantFrom(mockUrl, `${mockUrl}/v1`, "http://127.0.0.1:1", "http://localhost:1/v1/");
  return {
    model,
    model_id: model,
    model_hint: model,
    provider,
    provider_id: provider,
    provider_type: fc.constantFrom("openai-compatible", "openai", "anthropic", "mock", "vllm", "nothing"),
    type: fc.constantFrom(
      ...Array.from({ length: 8 }, () => "openai-compatible"),
      "anthropic",
      "openai",
      "mock",
      "gemini",
      "text",
      "function",
      "nothing",
    ),
    base_url: address,
    endpoints: fc.array(address, { maxLength: 3 }),
    api_key: fc.constant(plantedKey),
    value: fc.constant(vaultedValue),
    tenant,
    tenant_id: tenant,
    project,
    project_id: project,
    key: live("apikeys"),
    api_key_id: live("apikeys"),
    request_id: live("requests"),
    id: fc.oneof(own("p"), own("m"), own("t"), own("j")),
    allowed_models: fc.oneof(fc.constant(null), fc.array(model, { minLength: 1, maxLength: 3 })),
    monthly_budget_usd: fc.constantFrom(null, 0, 0.001, 25, 9_000_000),
    rate_limit_rps: fc.constantFrom(null, 0, -1, 1, 1_000_000),
    expires_in: fc.constantFrom("720h", "PT1H30M", "1ms", "1h30m", "P1Y", "999999999h"),
    grace_period: fc.constantFrom("1h", "0s", "PT1H", "2160h", "9999h"),
    expires_at: fc.oneof(fc.constant(null), time),
    content: prompt,
    input: fc.oneof(prompt, fc.array(prompt, { minLength: 1, maxLength: 3 })),
    messages: fc.array(fc.record({ role: fc.constantFrom("user", "assistant", "user"), content: prompt }), {
      minLength: 1,
      maxLength: 3,
    }),
    prompt: fc.oneof(prompt, fc.array(prompt, { minLength: 1, maxLength: 2 })),
    max_tokens: fc.constantFrom(1, 20, 500, null),
    n: fc.constantFrom(1, 2),
    stream: fc.boolean(),
    from: time,
    to: time,
    start: time,
    end: time,
    step: fc.constantFrom("1h", "60000", "1ms", "0", "1d"),
    step_ms: fc.constantFrom("60000", "3600000", "1", "0"),
    metric: fc.constantFrom(
      "latency",
      "ttft",
      "errors",
      "cost",
      "tokens",
      "call_latency",
      "nothing",
      "__proto__",
    ),
    policy: fc.constantFrom("cheapest", "fastest", "random", "uniform", "nothing"),
    limit: fc.constantFrom(1, 5, 100, 1_000),
    offset: fc.constantFrom(0, 1, 10_000),
    types: fc.constantFrom("request", "health", "request,health", "nothing", ",,"),
    admin_password: password,
    old_password: password,
    new_password: fc.constantFrom(
      passwordPlaceholder,
      "another admin password of the fuzz",
      "a third admin password of the fuzz",
      "short",
    ),
    password,
    source: fc.oneof(
      fc.constant(exportPlaceholder),
      fc.constantFrom<unknown>("{}", "not json", { version: 1 }, { format: "tokenhub-vault", entries: [] }),
      fc.constant(exportPlaceholder),
    ),
    token: fc.constantFrom("", "a new admin token of the fuzz", "a-new-admin-token-of-the-fuzz"),
  };
}

const kindsOfPaths: Readonly<Record<string, fc.Arbitrary<string>>> = {
  providers: fc.oneof(own("p"), live("providers"), fc.constantFrom("openai-up", "spare")),
  models: fc.oneof(own("m"), live("models"), fc.constantFrom("gpt-test", "claude-test")),
  aliases: fc.oneof(live("aliases"), fc.constant("fast"), own("a")),
  tenants: fc.oneof(live("tenants"), own("t"), fc.constant("default")),
  projects: fc.oneof(live("projects"), own("j")),
  vault: fc.oneof(own("s"), fc.constantFrom("team/db/password", "a b")),
};
/** What the rest of the run needs; only reads may name it. */
const needed = new Set(["openai-up", "spare", "gpt-test", "claude-test", "fast", "default"]);

/** Ids that a path of this template may name. */
export function idsOf({ method, template }: { method: string; template: string }): fc.Arbitrary<string> {
  const kind = template.replace("/admin/v1/", "").replace("/v1/", "").split("/")[0] ?? "";
  const ids = kindsOfPaths[kind] ?? live(kind);
  return method === "GET" ? ids : ids.filter((id) => !needed.has(id));
}
