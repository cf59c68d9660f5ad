import {
  startTestNetwork,
  testApiKey,
  testClusterSecret,
  upstreamKey,
  type TestNetwork,
} from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { adminPassword, adminToken } from "../admin/admin-client.ts";
import type { CallerName } from "./fuzz-request.ts";
import { openCatalogueKeeper, type CatalogueKeeper } from "./catalogue-keeper.ts";
import { LivePool } from "./live-pool.ts";
import { confineNetwork, type NetworkConfinement } from "./network-confinement.ts";
import type { OpenApiDocument } from "./open-api-operations.ts";

/** What the fuzz is sent to: all services in this process, callers of every kind, and eyes on Redis. */
export interface FuzzSite extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly redis: Redis;
  readonly document: OpenApiDocument;
  readonly live: LivePool;
  readonly keeper: CatalogueKeeper;
  readonly confinement: NetworkConfinement;
  /** The headers that say who asks. */
  credentialsOf(caller: CallerName, seed: number): readonly (readonly [name: string, value: string])[];
  /** The password of the vault as it is now. */
  vaultPassword: string;
  /** Texts that nobody may ever be shown. */
  readonly secrets: readonly string[];
}

/** Provider `flaky-up` answers with faults of every kind, all others well. */
const flakySteps = [
  { kind: "status", status: 500 },
  { ok: true },
  { kind: "status", status: 429 },
  { kind: "status", status: 400 },
  { ok: true },
  { kind: "status", status: 401 },
  { kind: "empty" },
  { ok: true },
];

export async function startFuzzSite({ redisUrl }: { readonly redisUrl: string }): Promise<FuzzSite> {
  await using stack = new AsyncDisposableStack();
  const confinement = stack.use(confineNetwork());
  const network = stack.use(
    await startTestNetwork({
      redisUrl,
      env: {
        TOKENHUB_ADMIN_TOKEN: adminToken,
        TOKENHUB_ADMIN_PASSWORD: adminPassword,
        TOKENHUB_ADMIN_RATE_LIMIT_RPS: "100000",
        TOKENHUB_ADMIN_RATE_LIMIT_BURST: "100000",
        TOKENHUB_TRUSTED_PROXIES: "127.0.0.1",
      },
    }),
  );
  const redis = stack.adopt(new Redis(redisUrl), (client) => client.disconnect());
  const keeper = await openCatalogueKeeper(network);
  await addFlakyProvider(network, keeper);
  const secrets = await createSecrets(keeper);
  await keeper.remember();
  await keeper.restore({ keep: 1 });

  const resources = stack.move();
  return {
    network,
    redis,
    document: (await (await fetch(`${network.url}/openapi.json`)).json()) as OpenApiDocument,
    live: new LivePool((id) => keeper.isNeeded(id)),
    keeper,
    confinement,
    vaultPassword: adminPassword,
    secrets: [
      adminToken,
      adminPassword,
      testApiKey,
      testClusterSecret,
      upstreamKey,
      ...Object.values(secrets),
    ],
    credentialsOf: (caller, seed) => credentialsOf(caller, { seed, secrets, keeper }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function addFlakyProvider({ mock }: TestNetwork, keeper: CatalogueKeeper): Promise<void> {
  mock.plan("up-flaky", { steps: flakySteps as never, repeat: true });
  await keeper.call("POST", "/providers", {
    id: "flaky-up",
    type: "openai-compatible",
    base_url: mock.url,
    credential_source: "none",
  });
  await keeper.call("POST", "/models", {
    id: "flaky-test",
    provider_id: "flaky-up",
    upstream_name: "up-flaky",
    weight: 0,
    input_per_1k: 1,
    output_per_1k: 1,
    max_context_tokens: 8_192,
  });
}

/** Callers that are rows of the database. */
type StoredCaller = Exclude<
  CallerName,
  "admin" | "password" | "session" | "consumer" | "nobody" | "wrong" | "malformed"
>;

async function createSecrets(keeper: CatalogueKeeper): Promise<Readonly<Record<StoredCaller, string>>> {
  const token = async (role: string): Promise<string> =>
    String((await keeper.call("POST", "/admin-tokens", { name: `fuzz ${role}`, role }))["token"]);
  const key = async (body: object): Promise<string> =>
    String((await keeper.call("POST", "/apikeys", { name: "fuzz", scopes: [], ...body }))["key"]);
  return {
    operator: await token("operator"),
    viewer: await token("viewer"),
    "chat-only": await key({ scopes: ["chat"] }),
    "embeddings-only": await key({ scopes: ["embeddings"] }),
    "one-model": await key({ allowed_models: ["gpt-test"] }),
    poor: await key({ monthly_budget_usd: 0.01, rate_limit_rps: 5 }),
    disabled: await key({ enabled: false }),
    expired: await key({ expires_in: "1ms" }),
  };
}

const malformed: readonly (readonly (readonly [string, string])[])[] = [
  [["authorization", "Bearer"]],
  [["authorization", "Bearer  "]],
  [["authorization", "Basic YWRtaW46YWRtaW4="]],
  [["authorization", "bearer \u00e9\u00e9"]],
  [["authorization", `Bearer ${"x".repeat(6_000)}`]],
  [["authorization", "Bearer a b c"]],
  [
    ["authorization", "Bearer x"],
    ["authorization", "Bearer y"],
  ],
  [["x-api-key", " "]],
  [["x-api-key", "__proto__"]],
  [["api-key", "tokenhub_0000"]],
  [["authorization", "Bearer null"]],
  [["cookie", `th_admin_session=${"f".repeat(64)}`]],
];

interface CredentialSource {
  readonly seed: number;
  readonly secrets: Readonly<Record<StoredCaller, string>>;
  readonly keeper: CatalogueKeeper;
}

function credentialsOf(
  caller: CallerName,
  { seed, secrets, keeper }: CredentialSource,
): readonly (readonly [string, string])[] {
  const bearer = (secret: string) => [["authorization", `Bearer ${secret}`]] as const;
  switch (caller) {
    case "admin":
      return bearer(adminToken);
    case "password":
      return bearer(adminPassword);
    case "session":
      return [
        ["cookie", keeper.sessionCookie],
        ["sec-fetch-site", "same-origin"],
      ];
    case "consumer":
      return seed % 3 === 0 ? [["x-api-key", testApiKey]] : bearer(testApiKey);
    case "nobody":
      return [];
    case "wrong":
      return bearer(`tokenhub_${String(seed).padStart(64, "0")}`);
    case "malformed":
      return malformed[seed % malformed.length] ?? [];
    case "operator":
    case "viewer":
    case "chat-only":
    case "embeddings-only":
    case "one-model":
    case "poor":
    case "disabled":
    case "expired":
      return bearer(secrets[caller]);
  }
}
