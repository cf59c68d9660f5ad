import { expect, test } from "vitest";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { discoverModels } from "../discovery/discover-models.ts";
import { validateApiKey } from "../discovery/validate-api-key.ts";
import { probeEndpoint } from "../endpoints/probe-endpoint.ts";
import { conformanceKey } from "./conformance-bench.ts";
import type { BenchOf } from "./describe-provider.ts";

/** What is asked beside calls: models, key, health. */
export function testQuestions(definition: ProviderDefinition, benchOf: BenchOf): void {
  test("the models are listed with the key in the header that calls carry it in", async () => {
    const bench = benchOf();
    const provider = bench.provider();
    const found = await discoverModels({ provider, apiKey: conformanceKey, definition });
    expect(found).toMatchObject({ kind: "found", isComplete: true });
    const { model } = await bench.call();
    const credentials = (headers: Readonly<Record<string, string>> = {}): string[] =>
      ["authorization", "x-api-key", "api-key"].filter((name) => headers[name] !== undefined);
    const question = bench.questions().at(-1);
    expect(question).toMatchObject({ method: "GET", headers: { "x-conformance": "yes" } });
    expect(credentials(question?.headers)).toEqual(credentials(bench.callsOf(model)[0]?.headers));
  });

  test("a key that the server takes is not called invalid", async () => {
    const provider = benchOf().provider();
    const { kind } = await validateApiKey({ provider, apiKey: conformanceKey, definition });
    expect(kind).toBe(definition.credential === "required" ? "valid" : "unknown");
  });

  test("the declared capabilities agree with the operations that are served", () => {
    const { capabilities, wireFormats } = definition;
    expect(capabilities.chat).toBe(wireFormats.chat !== undefined);
    expect(capabilities.embeddings).toBe(wireFormats.embeddings !== undefined);
    expect(capabilities.completion === "through_chat").toBe(wireFormats.completion === undefined);
  });

  test("a health check without credential asks one URL and never throws", async () => {
    const provider = benchOf().provider();
    const { signal } = new AbortController();
    const probe = await probeEndpoint(definition, provider.baseUrl ?? "", { signal });
    expect(probe.status).not.toBeNull();
    expect(await probeEndpoint(definition, "http://127.0.0.1:1", { signal })).toMatchObject({
      isReachable: false,
    });
  });
}
