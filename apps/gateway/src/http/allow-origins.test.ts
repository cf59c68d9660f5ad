import express from "express";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { allowOrigins } from "./allow-origins.ts";
import { secureHeaders } from "./secure-headers.ts";

let stop = (): void => undefined;
afterEach(() => stop());

async function serve(origins: readonly string[]) {
  const app = express();
  app.use(secureHeaders, allowOrigins(origins));
  app.use((_request, response) => void response.status(401).json({ error: "no key" }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  stop = () => void server.close();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat`;
  return (headers: Record<string, string>, method = "OPTIONS") => fetch(url, { method, headers });
}

const page = "https://app.example";
const preflight = { origin: page, "access-control-request-method": "POST" };

describe("C8: pages of other origins", () => {
  test("a preflight is answered before anybody asks for a key", async () => {
    const ask = await serve(["*"]);
    const response = await ask({
      ...preflight,
      "access-control-request-headers": "authorization, x-stainless-lang, x-tokenhub-mode, x-evil",
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toBe(
      "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    );
    expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    const allowed = response.headers.get("access-control-allow-headers")?.split(", ");
    for (const name of [
      "authorization",
      "x-api-key",
      "idempotency-key",
      "anthropic-version",
      "anthropic-beta",
      "x-stainless-lang",
      "x-tokenhub-mode",
    ])
      expect(allowed).toContain(name);
    expect(allowed).not.toContain("x-evil");
  });

  test("every answer, errors too, lets them read the request id and when to try again", async () => {
    const ask = await serve(["*"]);
    const response = await ask({ origin: page }, "GET");
    expect(response.status).toBe(401);
    const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
    for (const name of ["x-request-id", "x-tokenhub-model", "retry-after", "retry-after-ms"])
      expect(exposed).toContain(name);
  });

  test("only the named origins are let in when origins are named", async () => {
    const ask = await serve([page]);
    const known = await ask(preflight);
    expect(known.headers.get("access-control-allow-origin")).toBe(page);
    expect(known.headers.get("vary")).toMatch(/origin/i);
    for (const origin of ["https://evil.example", "https://app.example.evil.example", "null"]) {
      const other = await ask({ ...preflight, origin });
      expect(other.status).toBe(401);
      expect(other.headers.get("access-control-allow-origin")).toBeNull();
      expect(other.headers.get("vary")).toMatch(/origin/i);
    }
  });

  test("a plain OPTIONS is no preflight", async () => {
    const ask = await serve(["*"]);
    expect((await ask({ origin: page })).status).toBe(401);
    expect((await ask({ "access-control-request-method": "POST" })).status).toBe(401);
  });
});

test("no answer may be taken for another type than it says", async () => {
  const ask = await serve(["*"]);
  const { headers } = await ask({}, "GET");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("x-frame-options")).toBe("DENY");
});
