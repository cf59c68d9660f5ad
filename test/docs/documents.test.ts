import { providerTypes, findProvider } from "@tokenhub/providers";
import { defaultAutoLockMs, defaultArgon2idCost, defaultScryptCost } from "@tokenhub/vault";
import { directiveKeys, readDirectives } from "@tokenhub/shaping";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { root, startDocsNetwork, type DocsNetwork } from "./docs-network.ts";

const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");
let docs: DocsNetwork;
beforeAll(async () => {
  docs = await startDocsNetwork(inject("redisUrl"));
});
afterAll(() => docs[Symbol.asyncDispose]());

const headingsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? "");

/** Cells of a page's tables, row by row, without the marks of code. */
const rowsOf = (markdown: string): string[][] =>
  [...markdown.matchAll(/^\|(.+)\|$/gm)].map((match) =>
    (match[1] ?? "").split(/(?<!\\)\|/).map((cell) => cell.replaceAll("`", "").trim()),
  );

/** A page is there, the README leads to it, and it has its parts. */
async function expectPage(path: string, parts: readonly (string | RegExp)[]): Promise<string> {
  const [page, readme] = [await read(path), await read("README.md")];
  expect(readme).toContain(`](${path})`);
  const words = page.replaceAll(/\s+/g, " ");
  for (const part of parts) expect(words).toEqual(expect.stringMatching(part));
  return page;
}

it("S1-48: docs/PRD.md exists, is linked, and says what the product is for, what it must do, how well, and what it leaves", async () => {
  const page = await expectPage("docs/PRD.md", [
    /cost, latency, reliability, context and weight/,
    /OpenAI, Anthropic, servers of one's own such as vLLM/,
    /orchestration/i,
  ]);
  expect(headingsOf(page)).toEqual([
    "Product requirements",
    "What it is",
    "For whom",
    "What it must do",
    "How well",
    "What it does not do",
    "How far it is",
  ]);
});

it("S1-49: docs/ARCHITECTURE.md is linked, names every service and every layer, and leads to the whole story", async () => {
  const page = await expectPage("docs/ARCHITECTURE.md", [
    "../ARCHITECTURE.md",
    /admission/,
    /routing/,
    /vault/,
  ]);
  const services: string[] = [];
  for await (const folder of glob("docs/services/*", { cwd: root }))
    services.push(folder.replace("docs/", ""));
  expect(services.length).toBeGreaterThan(3);
  for (const service of services) expect(page).toContain(`(${service}/overview.md)`);
});

describe("S1-51: docs/ORCHESTRATION_DSL.md", () => {
  it("S1-51: is linked, and describes every key and no other", async () => {
    const page = await expectPage("docs/ORCHESTRATION_DSL.md", [
      /@@tokenhub/,
      /@@end/,
      /2,048 bytes/,
      /orchestrator/,
    ]);
    const described = rowsOf(page)
      .map(([key]) => key ?? "")
      .filter((key) => /^[a-z_]+$/.test(key) && key !== "key");
    expect(described.toSorted()).toEqual([...directiveKeys].toSorted());
  });

  it("S1-51: states the bounds that hold", async () => {
    const page = await read("docs/ORCHESTRATION_DSL.md");
    let checked = 0;
    for (const [key = "", value = ""] of rowsOf(page)) {
      if (!/^[a-z_]+$/.test(key) || key === "key") continue;
      for (const { text, isValid } of samplesOf(value)) {
        const reading = readDirectives([`@@tokenhub ${key}=${text}`]);
        expect([key, text, reading.kind === "valid"]).toEqual([key, text, isValid]);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(40);
  });
});

/** Values at and beyond the bounds that a cell of the table of keys states. */
function samplesOf(cell: string): { text: string; isValid: boolean }[] {
  const valid = (text: string) => ({ text, isValid: true });
  const invalid = (text: string) => ({ text, isValid: false });
  const bound = /above 0, at most (\d+)/.exec(cell);
  if (bound !== null)
    return [invalid("0"), valid("0.01"), valid(bound[1] ?? ""), invalid(`${bound[1]}.01`), invalid("much")];
  const range = /whole number from (\d+) to (\d+)/.exec(cell);
  if (range !== null)
    return [
      valid(range[1] ?? ""),
      valid(range[2] ?? ""),
      invalid(String(Number(range[2]) + 1)),
      invalid("-1"),
      invalid("1.5"),
    ];
  if (cell.includes("whole number of 0 or more")) return [valid("0"), invalid("-1"), invalid("1.5")];
  if (cell.includes("0 or more")) return [valid("0"), valid("150.5"), invalid("-1"), invalid("x")];
  if (cell.startsWith("a model id"))
    return [valid("meta/llama"), valid("m".repeat(256)), invalid("m".repeat(257))];
  if (cell.startsWith("a JSON Schema")) return [valid('{"type":"object"}'), invalid("no-schema")];
  return [...cell.split(", ").map(valid), invalid("bogus")];
}

describe("S1-53: docs/API.md", () => {
  const operations = async (): Promise<string[]> => {
    const { paths } = (await (await fetch(`${docs.network.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    return Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
  };

  it("S1-53: is linked, and lists every endpoint of the reference", async () => {
    const page = await expectPage("docs/API.md", [/x-tokenhub-reason/, /output_format/, /include_decision/]);
    const listed = rowsOf(page)
      .map(([endpoint]) => endpoint ?? "")
      .filter((endpoint) => /^[A-Z]+ \//.test(endpoint));
    const served = await operations();
    expect(served.length).toBeGreaterThan(80);
    expect(served.filter((endpoint) => !listed.includes(endpoint))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it("S1-53: every path it lists is served, for exactly the methods it lists", async () => {
    const listed = rowsOf(await read("docs/API.md")).flatMap(([endpoint = ""]) => {
      const match = /^([A-Z]+) (\/\S+)$/.exec(endpoint);
      return match === null ? [] : [{ method: match[1] ?? "", path: match[2] ?? "" }];
    });
    for (const [path, group] of Map.groupBy(listed, (row) => row.path)) {
      const response = await fetch(docs.network.url + path.replaceAll(/\{\w+\}/g, "x"), {
        method: "OPTIONS",
      });
      const allowed = (response.headers.get("allow") ?? "").split(", ");
      expect([path, response.status, allowed.toSorted()]).toEqual([
        path,
        405,
        group.map(({ method }) => method).toSorted(),
      ]);
    }
  });
});

describe("S1-54: docs/SECURITY.md", () => {
  it("S1-54: is linked, and has assets, boundaries, attackers, means, the vault, and what is left", async () => {
    const page = await expectPage("docs/SECURITY.md", [/firewall/, /TLS ends at a proxy/, /not built/]);
    expect(headingsOf(page)).toEqual(
      expect.arrayContaining([
        "Assets",
        "Trust boundaries",
        "Attackers and what stands against them",
        "The vault",
        "Opening and locking",
        "What workers get",
        "API keys",
        "Administration",
        "Lock-out",
        "Headers",
        "Operating it",
        "What is left",
      ]),
    );
  });

  it("S1-54: the headers it names are sent with every answer", async () => {
    const page = await read("docs/SECURITY.md");
    const section = page.slice(page.indexOf("## Headers"), page.indexOf("## Operating it"));
    const named = rowsOf(section).flatMap(([header = ""]) =>
      /^[a-z][a-z-]*(?:: .+)?$/.test(header) ? [header] : [],
    );
    expect(named.length).toBe(4);
    for (const path of ["/health", "/nowhere", "/admin/v1/info", "/v1/models"]) {
      const { headers } = await fetch(docs.network.url + path);
      for (const [name = "", value] of named.map((header) => header.split(": ")))
        expect([path, name, headers.get(name)]).toEqual([
          path,
          name,
          value ?? expect.stringMatching(/^req_/),
        ]);
    }
  });

  it("S1-54: the numbers of the derivation and of the automatic lock are those in force", async () => {
    const page = (await read("docs/SECURITY.md")).replaceAll("\n", " ");
    const { memoryKiB, passes, lanes } = defaultArgon2idCost;
    expect(page).toContain(
      `Argon2id with ${memoryKiB / 1_024} MiB, ${passes} passes, ${lanes} lanes and a 32-byte key`,
    );
    expect(page).toContain(`N = 2^${defaultScryptCost.logN}`);
    expect(page).toContain(`after ${defaultAutoLockMs / 60_000} minutes without use`);
  });

  it("S1-54: wrong admin secrets are locked out after as many as it says", async () => {
    const statuses: number[] = [];
    for (let wrong = 1; wrong <= 7; wrong += 1) {
      const headers = { authorization: `Bearer wrong-${wrong}` };
      const response = await fetch(`${docs.network.url}/admin/v1/info`, { headers });
      statuses.push(response.status);
      if (response.status === 429) expect(Number(response.headers.get("retry-after"))).toBe(1);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429]);
  });
});

it("S1-55: docs/PROVIDERS.md is linked, and its table is that of the provider types", async () => {
  const page = await expectPage("docs/PROVIDERS.md", [
    /provider-guide\.md/,
    /Retry-After/,
    /vault/,
    /endpoints/,
  ]);
  const section = page.slice(0, page.indexOf("## Configuring one"));
  const described = rowsOf(section).filter(([type]) => type !== "type" && !type?.startsWith("-"));
  const expected = providerTypes().map((type) => {
    const definition = findProvider(type);
    const format = definition?.wireFormats.chat === "anthropic-messages" ? "Anthropic" : "OpenAI";
    const isBuiltIn = definition !== null && "answer" in definition;
    return [
      type,
      isBuiltIn ? "built in" : format,
      isBuiltIn ? "-" : (definition?.defaultBaseUrl ?? "must be configured"),
      definition?.credential,
      definition?.capabilities.completion,
    ];
  });
  expect(described).toEqual(expected);
});

it("S3-86: README, examples, an implementation summary and a manual test script exist; what the summary names is there", async () => {
  await expectPage("docs/EXAMPLES.md", [
    /\/v1\/chat\/completions/,
    /\/v1\/completions/,
    /openai/,
    /@anthropic-ai\/sdk/,
  ]);
  const summary = await expectPage("docs/IMPLEMENTATION.md", [/How it is proven/]);
  const named = [...summary.matchAll(/`((?:apps|packages|scripts|test)\/?[\w/-]*)`/g)].map(
    (match) => match[1] ?? "",
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(existsSync(join(root, "test.sh"))).toBe(true);
  expect(await read("README.md")).toContain("test.sh");
});

/** What the documents of the product's third generation say, where a reader looks for it now. */
const statements: readonly (readonly [row: string, page: string, words: RegExp])[] = [
  [
    "a credential is in the vault, a variable, or nowhere",
    "PROVIDERS",
    /`escrow` \(the vault\), `env` \(a variable\), `none`/,
  ],
  ["a provider has a switch, an address, endpoints", "PROVIDERS", /`base_url`, `endpoints`/],
  ["a model has weight, context, two prices, a latency, a switch", "PROVIDERS", /`expected_latency_ms`/],
  [
    "callers hint at mode, budget, latency, weight",
    "API",
    /"policy": \{[^}]*"max_budget_usd"[^}]*"min_weight"/,
  ],
  ["the answer carries the decision", "API", /`include_decision`/],
  ["credentials are never logged", "SECURITY", /no prompts, no bodies, no keys in them/],
  [
    "traffic moves away from throttled providers",
    "PROVIDERS",
    /asks for a pause is left out of later choices/,
  ],
  ["directive text reaches no provider and no log", "ORCHESTRATION_DSL", /never reach a provider, a log/],
  ["each mode has its own scoring; limits are hard", "ROUTING", /Limits are never lifted/],
  ["a peer or the next model follows", "ROUTING", /which may be a peer of the same weight/],
  ["attempts are bounded", "PROVIDERS", /3 calls per candidate and 8 per request/],
  [
    "a 429 waits as told, or goes elsewhere",
    "../ARCHITECTURE",
    /rate_limited \| back to the router when there is a fallback, else .* Retry-After/,
  ],
  ["15 % headroom", "ROUTING", /15 % headroom/],
  ["exact token counts", "PROVIDERS", /Exact token counts/],
  ["the directive block", "ORCHESTRATION_DSL", /primary_min_weight=5 review_min_weight=7 iterations=2/],
  ["only the first 2 KB count; unknown keys are ignored", "ORCHESTRATION_DSL", /Unknown keys are ignored/],
  ["a wrong directive is 400 with the reason", "ORCHESTRATION_DSL", /`invalid_directive`/],
  ["derivation parameters lie beside the salt", "SECURITY", /the derivation with its parameters and salt/],
  [
    "keys are cleared on lock and stop; an explicit lock exists",
    "SECURITY",
    /Locking and stopping overwrite the keys/,
  ],
  [
    "bodies are not logged, secrets redacted",
    "SECURITY",
    /looks like a secret in a foreign text is redacted/,
  ],
  [
    "outside secret stores, mTLS, OAuth",
    "SECURITY",
    /mTLS towards the gateway and OAuth are not built; [^.]+\. External secret managers are reached through files/,
  ],
  ["administration is audited", "SECURITY", /Every change is in the audit log/],
  ["features, actions and rewards of the bandit", "RL_ROUTER", /Context, action, reward/],
  ["replay and canary", "RL_ROUTER", /Offline replay[^]*Canary/],
  ["429 and 529 of Anthropic", "PROVIDERS", /Anthropic's 529/],
  ["endpoints are balanced and watched", "PROVIDERS", /fewest calls in flight; each is asked every 30 s/],
  ["adapters declare capabilities", "PROVIDERS", /what a type can do and what a model declares/],
  ["classes of errors", "PROVIDERS", /`context_overflow`, `rate_limited` with the time to wait, `transient`/],
  ["the nested chat body", "API", /`request\.estimated_input_tokens`/],
  ["variables register providers", "PROVIDERS", /`TOKENHUB_VLLM_ENDPOINTS` are enough/],
  ["several gateways share a database", "services/gateway/overview", /Several gateways may run side by side/],
];

it.each(statements)("a reader finds: %s", async (_what, page, words) => {
  const text = await read(`docs/${page}.md`);
  expect(text.replaceAll(/\s+/g, " ")).toMatch(words);
});
