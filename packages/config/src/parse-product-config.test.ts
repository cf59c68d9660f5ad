import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parseConfigText } from "./config-file.ts";
import { parseProductConfig } from "./parse-product-config.ts";

const place = { source: "config.yaml" };
const parse = (raw: unknown) => parseProductConfig(raw, place);
const openai = { id: "openai", type: "openai" };

/** The sample of the seed, as written there. */
const basicSample = {
  server: { host: "0.0.0.0", port: 8080 },
  vault: { encryption_key_env: "TOKENHUB_ENCRYPTION_KEY" },
  providers: [{ name: "openai", type: "openai", api_key_env: "OPENAI_API_KEY" }],
  models: [
    {
      id: "gpt-3.5-turbo",
      provider: "openai",
      name: "gpt-3.5-turbo",
      weight: 80,
      cost_per_1k: 0.002,
      context_size: 4096,
      capabilities: ["chat", "completion"],
    },
  ],
};

const multiSample = {
  ...basicSample,
  providers: [
    ...basicSample.providers,
    { name: "anthropic", type: "anthropic", api_key_env: "ANTHROPIC_API_KEY" },
    { name: "vllm-local", type: "vllm", base_url: "http://localhost:8000" },
  ],
  models: [
    { id: "gpt-4", provider: "openai", name: "gpt-4", weight: 90, cost_per_1k: 0.03, context_size: 8192 },
    {
      id: "claude-2",
      provider: "anthropic",
      name: "claude-2",
      weight: 85,
      cost_per_1k: 0.01,
      context_size: 100000,
    },
    {
      id: "llama-local",
      provider: "vllm-local",
      name: "meta-llama/Llama-2-70b-chat-hf",
      weight: 70,
      cost_per_1k: 0.0,
      context_size: 4096,
      capabilities: ["chat", "completion"],
    },
  ],
};

test("S3-36, S3-71, S3-72, S3-75, S3-77, S4-21, S4-22, S4-23, S4-24, S4-27: the basic JSON sample loads as written", () => {
  const { config, warnings } = parse(basicSample);
  expect(warnings).toEqual([]);
  expect([config.listenHost, config.listenPort]).toEqual(["0.0.0.0", 8_080]);
  expect(config.vault.encryptionKeyEnv).toBe("TOKENHUB_ENCRYPTION_KEY");
  expect(config.providers).toEqual([
    {
      id: "openai",
      type: "openai",
      enabled: true,
      baseUrl: null,
      timeoutMs: null,
      concurrency: 32,
      headers: {},
      options: {},
      credentialSource: "env",
      rateLimit: null,
      credential: { source: "env", envName: "OPENAI_API_KEY", inlineKey: null },
    },
  ]);
  expect(config.models?.[0]).toMatchObject({
    id: "gpt-3.5-turbo",
    providerId: "openai",
    upstreamName: "gpt-3.5-turbo",
    enabled: true,
    weight: 80,
    contextTokens: 4_096,
    price: { inputPer1kUsd: 0.002, outputPer1kUsd: 0.002 },
  });
  expect(config.models?.[0]?.capabilities).not.toContain("embeddings");
});

test("S3-76, S3-78, S3-81, S4-25, S4-26, S4-28, S4-29: the multi-provider JSON sample loads as written", () => {
  const { config, warnings } = parse(multiSample);
  expect(warnings).toEqual([]);
  const vllm = config.providers?.find(({ id }) => id === "vllm-local");
  expect(vllm).toMatchObject({
    type: "vllm",
    baseUrl: "http://localhost:8000",
    credential: { source: "default" },
  });
  expect(config.models?.map(({ id, weight, contextTokens }) => [id, weight, contextTokens])).toEqual([
    ["gpt-4", 90, 8_192],
    ["claude-2", 85, 100_000],
    ["llama-local", 70, 4_096],
  ]);
  expect(config.models?.[2]).toMatchObject({
    upstreamName: "meta-llama/Llama-2-70b-chat-hf",
    price: { inputPer1kUsd: 0, outputPer1kUsd: 0 },
  });
});

test("S1d-1, S1d-2, S1d-3, S1d-38: the YAML keys of generation C are read", () => {
  const { config, warnings } = parse({
    listen_addr: ":9090",
    log_level: "WARN",
    db: { dsn: "file:/data/tokenhub.sqlite" },
    vault: { enabled: true, key_derivation: "argon2id", cipher: "aes-256-gcm", lock_on_start: true },
    routing: {
      default_mode: "cheap",
      default_max_budget_usd: 0.05,
      default_max_latency_ms: 20000,
      max_retries: 2,
      retry_backoff_ms: 250,
    },
    providers: [
      { id: "openai", type: "openai", enabled: false, credential_source: "env", env_key_name: "MY_OPENAI" },
      {
        id: "vllm",
        type: "vllm",
        credential_source: "none",
        endpoints: ["http://a:8000/v1", "http://b:8000/"],
      },
    ],
    models: [
      {
        id: "gpt-4",
        provider_id: "openai",
        weight: 8,
        max_context_tokens: 128000,
        pricing: { input_per_1k: 0.01, output_per_1k: 0.03 },
      },
    ],
  });
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    listenHost: "0.0.0.0",
    listenPort: 9_090,
    logLevel: "warn",
    database: { kind: "sqlite", path: "/data/tokenhub.sqlite" },
    vault: { enabled: true, keyDerivation: "argon2id", cipher: "aes-256-gcm", lockOnStart: true },
    routing: {
      defaultMode: "cheap",
      defaultMaxBudgetUsd: 0.05,
      defaultMaxLatencyMs: 20_000,
      maxRetries: 2,
      retryBackoffMs: 250,
    },
  });
  expect(config.providers?.[0]).toMatchObject({
    enabled: false,
    credential: { source: "env", envName: "MY_OPENAI" },
  });
  expect(config.providers?.[1]).toMatchObject({
    baseUrl: "http://a:8000",
    options: { endpoints: "http://a:8000,http://b:8000" },
    credential: { source: "none" },
  });
  expect(config.models?.[0]).toMatchObject({
    contextTokens: 128_000,
    price: { inputPer1kUsd: 0.01, outputPer1kUsd: 0.03 },
  });
});

test("our own keys are read in either dialect", () => {
  const { config, warnings } = parse({
    auth: { mode: "keys", api_keys: ["tokenhub_example"] },
    limits: { max_body_bytes: 2048, sync_wait_ms: "9m30s" },
    providers: [
      {
        ...openai,
        timeout_ms: "2m",
        concurrency: 4,
        headers: { "x-team": "platform" },
        options: { apiVersion: 2024, beta: true },
      },
    ],
    models: [
      { id: "m", provider: "openai", max_output_tokens: 4096, enabled: false, expected_latency_ms: 800 },
    ],
    aliases: { fast: ["m", "mock-gpt-4", "m"], other: "m" },
  });
  expect(warnings).toEqual([]);
  expect(config.auth.mode).toBe("keys");
  expect(config.auth.apiKeys.map((key) => key.reveal())).toEqual(["tokenhub_example"]);
  expect(config.limits).toEqual({ maxBodyBytes: 2_048, syncWaitMs: 570_000 });
  expect(config.providers?.[0]).toMatchObject({
    timeoutMs: 120_000,
    concurrency: 4,
    headers: { "x-team": "platform" },
    options: { apiVersion: "2024", beta: "true" },
  });
  expect(config.models?.[0]).toMatchObject({
    maxOutputTokens: 4_096,
    enabled: false,
    expectedLatencyMs: 800,
  });
  expect(config.aliases).toEqual([
    {
      id: "fast",
      enabled: true,
      stickyBy: "scored",
      variants: [
        { modelId: "m", weight: 1 },
        { modelId: "mock-gpt-4", weight: 1 },
      ],
    },
    { id: "other", enabled: true, stickyBy: "scored", variants: [{ modelId: "m", weight: 1 }] },
  ]);
});

test("an unstated price is unknown, never 0, and an unstated context is unlimited", () => {
  const { config } = parse({ providers: [openai], models: [{ id: "m", provider: "openai" }] });
  expect(config.models?.[0]).toMatchObject({
    price: null,
    contextTokens: 0,
    capabilities: null,
    upstreamName: "m",
  });
});

test("C12: weights 0, 0.5 and 150 are accepted", () => {
  const models = [0, 0.5, 150].map((weight) => ({ id: `m${weight}`, provider: "openai", weight }));
  expect(parse({ providers: [openai], models }).config.models?.map(({ weight }) => weight)).toEqual([
    0, 0.5, 150,
  ]);
});

test("a file without content states nothing", () => {
  const { config, warnings } = parse(null);
  expect(warnings).toEqual([]);
  expect(config).toMatchObject({
    listenPort: null,
    providers: null,
    models: null,
    aliases: [],
    encryptionKey: null,
  });
});

test("empty values count as not stated", () => {
  const { config } = parse({
    listen_addr: "",
    log_level: "",
    providers: [{ ...openai, base_url: "", api_key_env: "" }],
  });
  expect([config.listenPort, config.logLevel]).toEqual([null, null]);
  expect(config.providers?.[0]).toMatchObject({
    baseUrl: null,
    credential: { source: "default", envName: null },
  });
});

test("unknown keys are warnings with the key that was probably meant", () => {
  const { config, warnings } = parse({
    provders: [],
    server: { prt: 80 },
    colour: "blue",
    providers: [{ ...openai, timeot_ms: 5 }],
    models: [
      { id: "m", provider: "openai", wieght: 3, pricing: { input_per_1k: 1, output_per_1k: 1, cached: 1 } },
    ],
  });
  expect(warnings).toEqual([
    "config.yaml: server.prt is not a known setting and is ignored; did you mean port?",
    "config.yaml: providers[0].timeot_ms is not a known setting and is ignored; did you mean timeout_ms?",
    "config.yaml: models[0].pricing.cached is not a known setting and is ignored",
    "config.yaml: models[0].wieght is not a known setting and is ignored; did you mean weight?",
    "config.yaml: provders is not a known setting and is ignored; did you mean providers?",
    "config.yaml: colour is not a known setting and is ignored",
  ]);
  expect(config.models?.[0]).toMatchObject({ weight: 1, price: { inputPer1kUsd: 1 } });
});

test("an alias with variants draws by weight, for one request unless it says otherwise", () => {
  const variants = [{ model_id: "mock-gpt-4", weight: 3 }, { model_id: "mock-gpt-3.5" }];
  const { config } = parse({
    aliases: { a: { variants }, b: { variants, sticky_by: "api_key", enabled: false } },
  });
  const drawn = [
    { modelId: "mock-gpt-4", weight: 3 },
    { modelId: "mock-gpt-3.5", weight: 1 },
  ];
  expect(config.aliases).toEqual([
    { id: "a", enabled: true, stickyBy: "request", variants: drawn },
    { id: "b", enabled: false, stickyBy: "api_key", variants: drawn },
  ]);
});

test("S3-74: sealed keys and escrow credentials of a file are kept for the vault", () => {
  const { config } = parse({
    providers: [{ ...openai, credential_source: "escrow" }],
    vault: { stored_keys: { openai_api_key: "c2VhbGVk" } },
  });
  expect(config.providers?.[0]?.credentialSource).toBe("escrow");
  expect(config.vault.storedKeys["openai_api_key"]?.reveal()).toBe("c2VhbGVk");
  expect(config.providers?.[0]?.credential.source).toBe("default");
});

const model = { id: "m", provider: "openai" };
test.each<[string, unknown, RegExp]>([
  [
    "a negative weight",
    { models: [model, { ...model, id: "n", weight: -1 }] },
    /models\[1\]\.weight must be a number of 0 or more, but is -1/,
  ],
  [
    "a weight as text",
    { models: [{ ...model, weight: "80" }] },
    /models\[0\]\.weight must be a number of 0 or more, but is "80"/,
  ],
  [
    "S3-79: a duplicate model id",
    { models: [model, model] },
    /models\[1\]\.id is "m", which models\[0\] already has/,
  ],
  [
    "a duplicate provider id across dialects",
    { providers: [openai, { name: "openai", type: "vllm" }] },
    /providers\[1\]\.id is "openai", which providers\[0\]/,
  ],
  [
    "S3-80: an unknown provider",
    { providers: [openai], models: [{ id: "m", provider: "opnai" }] },
    /models\[0\]\.provider is "opnai", but no provider has that id \(did you mean openai\?\)/,
  ],
  ["a provider without an id", { providers: [{ type: "openai" }] }, /providers\[0\]\.id is missing/],
  ["a provider without a type", { providers: [{ id: "openai" }] }, /providers\[0\]\.type is missing/],
  [
    "a misspelt type",
    { providers: [{ id: "openai", tpye: "openai" }] },
    /providers\[0\]\.tpye is not a known setting; did you mean type\?/,
  ],
  [
    "a misspelt provider of a model",
    { providers: [openai], models: [{ id: "m", providr: "openai" }] },
    /models\[0\]\.providr is not a known setting; did you mean provider\?/,
  ],
  ["a model without an id", { models: [{ provider: "openai" }] }, /models\[0\]\.id is missing/],
  ["a model without a provider", { models: [{ id: "m" }] }, /models\[0\]\.provider_id is missing/],
  [
    "a provider id with a space",
    { providers: [{ id: "my openai", type: "openai" }] },
    /providers\[0\]\.id must consist of letters/,
  ],
  [
    "contradicting contexts",
    { models: [{ ...model, context_size: 1, max_context_tokens: 2 }] },
    /models\[0\]\.context_size differs from max_context_tokens/,
  ],
  [
    "two prices",
    { models: [{ ...model, cost_per_1k: 1, pricing: { input_per_1k: 1, output_per_1k: 1 } }] },
    /models\[0\]\.cost_per_1k and pricing both state the price/,
  ],
  [
    "half a price",
    { models: [{ ...model, pricing: { input_per_1k: 1 } }] },
    /models\[0\]\.pricing has no output_per_1k/,
  ],
  [
    "a fractional context",
    { models: [{ ...model, context_size: 1.5 }] },
    /models\[0\]\.context_size must be a whole number of tokens/,
  ],
  [
    "an unknown capability",
    { models: [{ ...model, capabilities: ["chat", "tols"] }] },
    /models\[0\]\.capabilities\[1\] is "tols".*did you mean tools\?.*the known ones are chat, completion, embeddings/,
  ],
  ["providers that are no list", { providers: { openai: {} } }, /providers must be a list, but is a section/],
  ["an entry that is no section", { providers: ["openai"] }, /providers\[0\] must be a section/],
  [
    "a port out of range",
    { server: { port: 70000 } },
    /server\.port must be a whole number from 0 to 65535, but is 70000/,
  ],
  ["a port as text", { server: { port: "8080" } }, /server\.port must be a whole number/],
  ["an unknown log level", { log_level: "loud" }, /log_level must be one of trace, debug/],
  [
    "an unknown routing mode",
    { routing: { default_mode: "bogus" } },
    /routing\.default_mode must be one of normal, cheap/,
  ],
  [
    "a numeric name",
    { models: [{ ...model, name: 4 }] },
    /models\[0\]\.name must be text; put the value in quotes, but is 4/,
  ],
  ["a bad listen address", { listen_addr: "8080" }, /listen_addr is "8080"; write it like/],
  ["another database", { db: { dsn: "mysql://h/d" } }, /db\.dsn names a mysql database/],
  [
    "a relative base URL",
    { providers: [{ ...openai, base_url: "localhost:8000" }] },
    /providers\[0\]\.base_url is not an absolute URL/,
  ],
  [
    "a relative endpoint",
    { providers: [{ ...openai, endpoints: ["http://a", "b"] }] },
    /providers\[0\]\.endpoints\[1\] is not an absolute URL/,
  ],
  [
    "a key with credential_source none",
    { providers: [{ ...openai, credential_source: "none", api_key: "k" }] },
    /providers\[0\]\.credential_source is none, but a key is given/,
  ],
  [
    "a duration in words",
    { providers: [{ ...openai, timeout_ms: "soon" }] },
    /providers\[0\]\.timeout_ms must be a number of milliseconds/,
  ],
  ["a timeout of 0", { providers: [{ ...openai, timeout_ms: "0s" }] }, /providers\[0\]\.timeout_ms must be/],
  ["an alias of nothing", { models: [model], aliases: { a: [] } }, /aliases\.a must be a model id, a list/],
  [
    "an alias of an unknown model",
    { models: [model], aliases: { a: ["gpt-x"] } },
    /aliases\.a names the model "gpt-x", which does not exist/,
  ],
  [
    "an alias named like a model",
    { models: [model], aliases: { m: ["m"] } },
    /aliases\.m has the name of a model/,
  ],
  ["a list instead of a file", [1], /the file must be a section/],
  [
    "S4-41: a malformed encryption key",
    { encryption_key: "abc" },
    /encryption_key must be 64 hexadecimal digits/,
  ],
])("%s is refused with its path and the remedy", (_, raw, message) => {
  expect(() => parse(raw)).toThrow(ConfigError);
  expect(() => parse(raw)).toThrow(message);
});

test.each<[string, unknown]>([
  ["a key where a variable name belongs", { providers: [{ ...openai, api_key_env: "sk-hunter2" }] }],
  ["a credential header", { providers: [{ ...openai, headers: { Authorization: "Bearer hunter2" } }] }],
  ["a numeric key", { providers: [{ ...openai, api_key: 111222333 }] }],
  ["a password in a URL", { providers: [{ ...openai, base_url: "https://u:hunter2@h" }] }],
  ["a password in a data source name", { db: { dsn: "mysql://u:hunter2@h/d" } }],
  ["a malformed encryption key", { encryption_key: "hunter2" }],
])("%s is refused without repeating it", (_, raw) => {
  expect(() => parse(raw)).toThrow(ConfigError);
  expect(() => parse(raw)).not.toThrow(/hunter2|111222333/);
});

test("an error in a file says at which line and column", () => {
  const text =
    "providers:\n  - id: openai\n    type: openai\nmodels:\n  - id: m\n    provider: openai\n    weight: -1\n";
  const file = parseConfigText(text, { source: "config.yaml" });
  expect(() => parseProductConfig(file.raw, file)).toThrow("config.yaml:7:13: models[0].weight must be");
});

test("an error about something missing points at the section that lacks it", () => {
  const file = parseConfigText("providers:\n  - id: openai\n", { source: "config.yaml" });
  expect(() => parseProductConfig(file.raw, file)).toThrow("config.yaml:2:5: providers[0].type is missing");
});

test("whatever stands in a file, the answer is a configuration or one sentence of our own", () => {
  const junk = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>("", 0, -1, null, [], {}, [null], [{}], "1h"),
  );
  const paths = leafPaths(everyKey);
  fc.assert(
    fc.property(fc.constantFrom(...paths), junk, (path, value) => {
      const answer = answerTo(replaceAt(everyKey, { path, value }));
      expect(answer).toMatch(/^(a configuration|ConfigError: config\.yaml: \S.*\.)$/s);
      expect(answer).not.toMatch(/Invalid|Too (small|big)|Unrecognized|: expected|undefined|\[object/);
    }),
    { numRuns: 3_000 },
  );
});

function answerTo(raw: unknown): string {
  try {
    parse(raw);
    return "a configuration";
  } catch (error) {
    return String(error);
  }
}

const everyKey = {
  listen_addr: ":1",
  log_level: "info",
  server: { host: "h", port: 1 },
  db: { dsn: "a.db" },
  auth: { mode: "keys", api_keys: ["k"] },
  limits: { max_body_bytes: 2048, sync_wait_ms: 1 },
  routing: {
    default_mode: "cheap",
    default_max_budget_usd: 1,
    default_max_latency_ms: 1,
    max_retries: 1,
    retry_backoff_ms: 1,
  },
  vault: {
    enabled: true,
    key_derivation: "scrypt",
    cipher: "aes-256-gcm",
    lock_on_start: true,
    encryption_key_env: "K",
    stored_keys: { a: "b" },
  },
  encryption_key: "0".repeat(64),
  providers: [
    {
      id: "p",
      type: "vllm",
      enabled: true,
      credential_source: "env",
      env_key_name: "K",
      api_key: "k",
      base_url: "http://h",
      endpoints: ["http://h"],
      timeout_ms: 1,
      concurrency: 1,
      headers: { a: "b" },
      options: { a: "b" },
    },
  ],
  models: [
    {
      id: "m",
      name: "n",
      provider: "p",
      enabled: true,
      weight: 1,
      context_size: 1,
      max_output_tokens: 1,
      pricing: { input_per_1k: 1, output_per_1k: 1 },
      capabilities: ["chat"],
      expected_latency_ms: 1,
    },
  ],
  aliases: { a: ["m"] },
};

/** Paths of every value, sections and lists included. */
function leafPaths(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, child]) => leafPaths(child, [...path, key]))];
}

function replaceAt(
  source: unknown,
  { path, value }: { readonly path: readonly string[]; readonly value: unknown },
): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(source)) {
    return source.map((child: unknown, index) =>
      String(index) === key ? replaceAt(child, { path: rest, value }) : child,
    );
  }
  const entries = Object.entries(typeof source === "object" && source !== null ? source : {});
  return Object.fromEntries(
    entries.map(([name, child]) => [name, name === key ? replaceAt(child, { path: rest, value }) : child]),
  );
}

test.each<[object, object | null]>([
  [{}, null],
  [{ cache: null }, null],
  [{ cache: "" }, null],
  [{ cache: "on" }, { kind: "on", ttlMs: null }],
  [{ cache: true }, { kind: "on", ttlMs: null }],
  [
    { cache: "on", cache_ttl: "10m" },
    { kind: "on", ttlMs: 600_000 },
  ],
  [
    { cache: "on", cache_ttl: 1_000 },
    { kind: "on", ttlMs: 1_000 },
  ],
  [{ cache: "off" }, { kind: "off" }],
  [{ cache: false }, { kind: "off" }],
])("S3-91: a model with %j", (stated, cache) => {
  const { config } = parse({ providers: [openai], models: [{ id: "m", provider: "openai", ...stated }] });
  expect(config.models?.[0]?.cache).toEqual(cache);
});

test.each([
  [{ cache: "yes" }, "models[0].cache must be on or off"],
  [{ cache_ttl: "10m" }, "models[0].cache_ttl says how long answers are kept, but cache is not on"],
  [{ cache: "off", cache_ttl: "10m" }, "models[0].cache_ttl says how long"],
  [{ cache: "on", cache_ttl: "999ms" }, "models[0].cache_ttl must be from 1s to 168h"],
  [{ cache: "on", cache_ttl: "169h" }, "models[0].cache_ttl must be from 1s to 168h"],
])("S3-91: a model with %j is refused", (stated, message) => {
  expect(() => parse({ providers: [openai], models: [{ id: "m", provider: "openai", ...stated }] })).toThrow(
    message,
  );
});

test("S3-91: YAML's on and off are words, not truths", () => {
  const text = "providers: [{ id: openai, type: openai }]\nmodels: [{ id: m, provider: openai, cache: on }]";
  const file = parseConfigText(text, place);
  expect(parseProductConfig(file.raw, file).config.models?.[0]?.cache).toEqual({ kind: "on", ttlMs: null });
});
