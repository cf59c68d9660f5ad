import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { createHash } from "node:crypto";
import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { adminEnvironment, adminToken } from "../admin/admin-client.ts";
import { runCurl } from "./run-curl.ts";

const methods = ["get", "post", "put", "patch", "delete"] as const;
type Method = (typeof methods)[number];

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: object;
  readonly responses?: Readonly<Record<string, { readonly description?: unknown }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;
}
interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
}

let network: TestNetwork;
let document: Document;
let endpoints: Endpoint[];
let page: string;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
  document = (await (await fetch(`${network.url}/openapi.json`)).json()) as Document;
  endpoints = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );
  page = await (await fetch(`${network.url}/docs`)).text();
});
afterAll(() => network[Symbol.asyncDispose]());

describe("/openapi.json", () => {
  it("is OpenAPI 3.1.0: every reference resolves, every operation has responses and declares the names in its path", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(document.info).toMatchObject({
      title: expect.stringMatching(/./),
      version: expect.stringMatching(/^\d/),
    });
    const references = referencesIn(document);
    expect(references.length).toBeGreaterThan(5);
    expect(references.filter((reference) => resolve(document, reference) === undefined)).toEqual([]);

    expect(endpoints.length).toBeGreaterThan(5);
    for (const { path, operation } of endpoints) {
      expect(path).toMatch(/^\//);
      const responses = Object.entries(operation.responses ?? {});
      expect(responses.length).toBeGreaterThan(0);
      for (const [status, { description }] of responses) {
        expect(status).toMatch(/^(?:[1-5]\d\d|[1-5]XX|default)$/);
        expect(typeof description).toBe("string");
      }
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required === true)).toBe(true);
    }
  });

  it("tells the truth: every path takes its methods and refuses others with 405 and the list of those it takes", async () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const url = network.url + path.replaceAll(/\{[^}]+\}/g, "gpt-test");
      const taken = methods.filter((method) => item[method] !== undefined);
      for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
        const { status, headers, isUnknownPath } = await probe(url, method);
        const isTaken = taken.some((candidate) => candidate.toUpperCase() === method);
        expect([path, method, isUnknownPath, status === 405]).toEqual([path, method, false, !isTaken]);
        if (!isTaken) {
          const allowed = headers.get("allow")?.toLowerCase().split(", ");
          expect(allowed?.toSorted()).toEqual(taken.toSorted());
        }
      }
    }
  });
});

describe("/docs", () => {
  it("is one page that needs nothing else: no script, nothing loaded, no address but its own", async () => {
    const response = await fetch(`${network.url}/docs`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(
      /<script|javascript:|\son[a-z]+=|\ssrc=|srcset|@import|url\(|<(?:link|iframe|img|object|embed|form)/i,
    );
    for (const [, target = ""] of page.matchAll(/href="([^"]*)"/g))
      expect(target).toMatch(/^(?:#.+|\/openapi\.json)$/);
    const addresses = new Set([...page.matchAll(/https?:\/\/[^/&"'\s<]*/g)].map(([address]) => address));
    // Examples of webhooks name a receiver; it is text, and that name belongs to nobody.
    addresses.delete("https://example.com");
    expect([...addresses]).toEqual([network.url]);
  });

  it("comes with a policy that allows its style sheet only, is not sniffed, and is cached by its reader only", async () => {
    const { headers } = await fetch(`${network.url}/docs`);
    const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(style).toContain("prefers-color-scheme: dark");
    expect(headers.get("content-security-policy")?.split("; ")).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("private, max-age=300");
  });

  it("answers HEAD, refuses other methods with 405 and knows nothing below itself", async () => {
    const head = await probe(`${network.url}/docs`, "HEAD");
    expect(head.status).toBe(200);
    expect(head.headers.get("content-security-policy")).toContain("default-src 'none'");
    for (const method of ["POST", "DELETE", "OPTIONS"]) {
      const { status, headers } = await probe(`${network.url}/docs`, method);
      expect([method, status, headers.get("allow")]).toEqual([method, 405, "GET"]);
    }
    expect((await probe(`${network.url}/docs/rapidoc.js`, "GET")).status).toBe(404);
  });

  it("describes every endpoint of the document, with a command that works as it stands", async () => {
    const commands = commandsOf(page);
    expect(commands).toHaveLength(endpoints.length);
    expect(page.match(/<article id="(?!schema-)/g)).toHaveLength(endpoints.length);
    const [administrative = [], others = []] = [true, false].map((isAdmin) =>
      commands.filter((command) => command.includes("/admin/v1/") === isAdmin),
    );
    // Those about one run, job and the like take its id, and an upload its file.
    const needsMore = (command: string): boolean => /0123456789abcdef|=@/.test(command);
    for (const command of others.filter((command) => !needsMore(command))) {
      const { status } = await runCurl(command, { TOKENHUB_KEY: network.apiKey });
      expect([command, status]).toEqual([
        command,
        command.includes("/v1/jobs'") && status === 202 ? 202 : 200,
      ]);
    }
    expect(administrative.length).toBeGreaterThan(20);
    const isComplete = (command: string): boolean =>
      !/-X |\{[a-z]+\}|@request\.json|\/admin\/v1\/events'/i.test(command);
    for (const command of administrative.filter(isComplete)) {
      const { status } = await runCurl(command, { TOKENHUB_ADMIN_TOKEN: adminToken });
      expect([command, status === 200 || status === 201]).toEqual([command, true]);
    }
    const withoutKey = commands.filter((command) => !/\$TOKENHUB_(?:KEY|ADMIN_TOKEN)/.test(command));
    expect(withoutKey.every((command) => /\/(?:health|healthz|readyz|metrics)'/.test(command))).toBe(true);
  });

  it("shows the host by which it was asked, and never repeats one that is no host", async () => {
    expect(commandsOf(await pageFor("gateway.example:81"))[0]).toContain(
      "curl 'http://gateway.example:81/v1/",
    );
    const hostile = await pageFor(`a"><script>alert('1')</script>`);
    expect(hostile).not.toMatch(/<script|alert/);
    expect(commandsOf(hostile)[0]).toContain(`curl 'http://localhost:${network.gateway.port}/v1/`);
  });
});

async function probe(
  url: string,
  method: string,
): Promise<{ status: number; headers: Headers; isUnknownPath: boolean }> {
  const response = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      // Wrong secrets at the administration would lock this address out.
      ...(url.includes("/admin/") ? {} : { authorization: `Bearer ${network.apiKey}` }),
    },
    ...(method === "POST" ? { body: "{}" } : {}),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  // That there is no such thing is another 404.
  const isUnknownPath = response.status === 404 && text.includes("unknown_path");
  return { status: response.status, headers: response.headers, isUnknownPath };
}

/** `fetch` does not let a caller choose the host header. */
function pageFor(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${network.url}/docs`, { headers: { host } }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

function commandsOf(markup: string): string[] {
  return [...markup.matchAll(/<pre><code>([^<]*)<\/code><\/pre>/g)].map(([, code = ""]) =>
    code.replaceAll(/&#(\d+);/g, (_, point) => String.fromCharCode(Number(point))),
  );
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : referencesIn(inner),
  );
}

function resolve(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#/")) return undefined;
  let value: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    value =
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}
