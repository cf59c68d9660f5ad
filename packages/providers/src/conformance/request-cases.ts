import { expect, test } from "vitest";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { conformanceKey } from "./conformance-bench.ts";
import type { BenchOf } from "./describe-provider.ts";
import { failureOf } from "./expect-reply.ts";

const credentialHeaders = ["authorization", "x-api-key", "api-key"];

/** What reaches the server: path, headers, credential and body. */
export function testRequests(definition: ProviderDefinition, benchOf: BenchOf): void {
  test("the body reaches the server byte for byte, as JSON, with the configured headers", async () => {
    for (const stream of [false, true]) {
      const { model, bodyText } = await benchOf().call({ stream });
      expect(benchOf().callsOf(model)).toHaveLength(1);
      expect(benchOf().callsOf(model)[0]).toMatchObject({
        method: "POST",
        bodyText,
        stream,
        headers: {
          "content-type": "application/json",
          accept: stream ? "text/event-stream" : "application/json",
          "x-conformance": "yes",
        },
      });
    }
  });

  test("every form of the base URL reaches the same path", async () => {
    const paths: (string | undefined)[] = [];
    for (const baseUrlSuffix of ["", "/", "/v1", "/v1/"]) {
      const { reply, model } = await benchOf().call({ baseUrlSuffix });
      paths.push(`${reply.kind} at ${benchOf().callsOf(model)[0]?.path}`);
    }
    expect(new Set(paths).size).toBe(1);
    expect(paths[0]).toMatch(/^body at \//);
  });

  test("the key travels in exactly one header", async () => {
    const { model } = await benchOf().call();
    const headers = benchOf().callsOf(model)[0]?.headers ?? {};
    expect(credentialHeaders.filter((name) => headers[name] !== undefined)).toHaveLength(1);
    expect(JSON.stringify(benchOf().callsOf(model)[0]?.bodyText)).not.toContain(conformanceKey);
  });

  test.runIf(definition.credential === "optional")("without a key no credential header is sent", async () => {
    for (const apiKey of [null, ""]) {
      const { reply, model } = await benchOf().call({ apiKey });
      expect(reply.kind).toBe("body");
      const headers = benchOf().callsOf(model)[0]?.headers ?? {};
      expect(credentialHeaders.filter((name) => headers[name] !== undefined)).toEqual([]);
    }
  });

  test.runIf(definition.credential === "required")("without a key nothing is sent at all", async () => {
    const { reply, model } = await benchOf().call({ apiKey: null });
    expect(failureOf(reply)).toMatchObject({ class: "auth", code: "provider_auth_failed" });
    expect(benchOf().callsOf(model)).toHaveLength(0);
  });
}
