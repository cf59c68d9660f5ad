import { freePort, until, type ServiceProcess } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ask, type Answer } from "./ask.ts";
import { catalogueOf } from "./catalogue-of.ts";
import { openSite, type Site } from "./site.ts";

let site: Site;
let gateway: ServiceProcess;
let worker: ServiceProcess;
let front: { readonly url: string };

beforeAll(async () => {
  site = await openSite({
    redisUrl: inject("redisUrl"),
    config: (mockUrl) => catalogueOf(mockUrl, { steady: { models: { steady: {} } } }),
  });
  const port = await freePort();
  await site.startRouter();
  [gateway, worker] = await Promise.all([
    site.startProcess("gateway", { TOKENHUB_PORT: String(port) }),
    site.startProcess("provider-worker"),
  ]);
  front = { url: `http://127.0.0.1:${port}` };
});
afterAll(() => site[Symbol.asyncDispose]());

function hangUp(service: ServiceProcess): void {
  process.kill(service.pid, "SIGHUP");
}

function untilAnswered(model: string): Promise<Answer> {
  return until(`an answer of ${model}`, async () => {
    const answer = await ask(front, { model });
    return answer.status === 200 ? answer : null;
  });
}

/** The configuration with one more provider, whose key is in the file. */
function withKeyed(key: string): Record<string, unknown> {
  const config = catalogueOf(site.mock.url, {
    steady: { models: { steady: {} } },
    keyed: { models: { keyed: {} } },
  });
  const providers = (config["providers"] as Record<string, unknown>[]).map((provider) =>
    provider["name"] === "keyed" ? { ...provider, api_key_env: undefined, api_key: key } : provider,
  );
  return { ...config, providers };
}

describe("SIGHUP after the configuration file changed", () => {
  it("makes the gateway offer a new provider, and the worker use its key", async () => {
    site.mock.plan("up-keyed", { requireKey: "sk-first" });
    await site.writeConfig(withKeyed("sk-first"));
    hangUp(worker);
    hangUp(gateway);
    const answer = await untilAnswered("keyed");
    expect(answer.headers.get("x-tokenhub-provider")).toBe("keyed");
  });

  it("makes the worker use a changed key with the next call", async () => {
    site.mock.plan("up-keyed", { requireKey: "sk-second" });
    await site.writeConfig(withKeyed("sk-second"));
    hangUp(worker);
    const callsBefore = site.mock.calls().length;
    await untilAnswered("keyed");
    expect(site.mock.calls().length - callsBefore).toBeLessThan(3);
  });

  it("to something that makes no sense leaves everything as it was, says so in one line, and no service ends", async () => {
    await site.writeConfig({ providers: "nonsense" });
    for (const service of [gateway, worker]) {
      hangUp(service);
      await until("the complaint", () => service.output().includes("providers must be a list"));
      expect(service.output()).toContain("was not taken over");
    }
    expect((await ask(front, { model: "keyed" })).status).toBe(200);
    expect((await ask(front, { model: "steady" })).status).toBe(200);
  });
});
