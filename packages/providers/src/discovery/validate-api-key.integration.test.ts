import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildProvider } from "../testing/build-call.ts";
import { closedPort, listen, sendJson } from "../testing/listen.ts";
import { validateAll, validateApiKey, type KeyValidation } from "./validate-api-key.ts";

const goodKey = "sk-good-0123456789";
const list = { data: [{ id: "m" }] };

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** Lets the good key in, and tells everybody else what `refuse` says. */
async function guarded(refuse: number): Promise<string> {
  return serve((request, response) => {
    const key = request.headers["x-api-key"] ?? request.headers.authorization?.slice("Bearer ".length);
    if (key === goodKey) sendJson(response, list);
    else sendJson(response, { error: { message: `no ${String(key)}` } }, { status: refuse });
  });
}

async function serve(handler: RequestListener): Promise<string> {
  return stack.use(await listen(handler)).url;
}

function validate(type: string, baseUrl: string | null, apiKey: string | null): Promise<KeyValidation> {
  return validateApiKey({ provider: buildProvider({ type, baseUrl }), apiKey });
}

describe("S0-43, S2-30: validateApiKey", () => {
  test.each(["openai", "anthropic", "openai-compatible", "vllm"])(
    "S0-43: %s, the right key is valid, a wrong one is invalid, and no detail repeats it",
    async (type) => {
      const url = await guarded(401);
      expect(await validate(type, url, goodKey)).toMatchObject({ kind: "valid" });
      const wrong = await validate(type, url, "sk-wrong-0123456789");
      expect(wrong).toEqual({ kind: "invalid", detail: "The provider refused the key (HTTP 401)." });
    },
  );

  test("a key that is known but may not list models is not called invalid", async () => {
    expect(await validate("openai", await guarded(403), "sk-restricted")).toMatchObject({ kind: "unknown" });
  });

  test("a key whose account is empty is valid", async () => {
    const url = await serve((_request, response) =>
      sendJson(response, { error: { code: "insufficient_quota" } }, { status: 429 }),
    );
    expect(await validate("openai", url, goodKey)).toMatchObject({ kind: "valid" });
  });

  test("a server that lists its models to anybody proves nothing about a key, and needs none", async () => {
    const url = await serve((_request, response) => sendJson(response, list));
    expect(await validate("openai-compatible", url, "any")).toMatchObject({ kind: "unknown" });
    expect(await validate("vllm", url, null)).toMatchObject({ kind: "valid" });
  });

  test.each([429, 500, 404])("HTTP %d says nothing about the key", async (status) => {
    expect(await validate("openai", await guarded(status), "sk-x")).toMatchObject({ kind: "unknown" });
  });

  test("S0-24: the mock takes any key, a missing one is invalid only where one is needed", async () => {
    expect(await validate("mock", null, "anything at all")).toMatchObject({ kind: "valid" });
    expect(await validate("openai", null, null)).toMatchObject({ kind: "invalid" });
    expect(await validate("nonsense", null, "k")).toMatchObject({ kind: "unknown" });
  });

  test("S2-30: several providers are validated together, each under its name", async () => {
    const url = await guarded(401);
    const targets = (
      [
        ["good", url, goodKey],
        ["wrong", url, "sk-wrong"],
        ["gone", `http://127.0.0.1:${await closedPort()}`, goodKey],
      ] as const
    ).map(([id, baseUrl, apiKey]) => ({ provider: buildProvider({ id, type: "openai", baseUrl }), apiKey }));
    expect(Object.fromEntries(await validateAll(targets))).toEqual({ good: true, wrong: false, gone: false });
  });
});
