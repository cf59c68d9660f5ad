import type { Gateway } from "@tokenhub/gateway";
import { testApiKey, until } from "@tokenhub/testkit";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { openSite, type Site } from "../lifecycle/site.ts";
import { begin, call, follow, readingOf } from "./native-door.ts";

let site: Site;
let gateway: Gateway;
const models = { primary: "gpt-test", review: "claude-test" };

beforeEach(async () => {
  site = await openSite({ redisUrl: inject("redisUrl") });
  gateway = await site.startAll();
  await site.startProcess("orchestrator-worker");
  const text = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
  site.mock.plan("up-gpt", { text, tokensPerSecond: 40 });
  site.mock.plan("up-claude", { text: "a short critique" });
});
afterEach(() => site[Symbol.asyncDispose]());

const here = () => ({ url: gateway.url, apiKey: testApiKey });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("an operator's own prompts reach the phases, in place of the mode's", async () => {
  const file = join(site.directory, "prompts.json");
  const prompts = { adversarial: { "critique.system": "You look for ways in, and for nothing else." } };
  await writeFile(file, JSON.stringify(prompts));
  const port = await freePort();
  await site.startProcess("gateway", {
    TOKENHUB_PORT: String(port),
    TOKENHUB_ORCHESTRATION_PROMPTS: file,
  });
  const asked = { url: `http://127.0.0.1:${port}`, apiKey: testApiKey };
  const { status } = await begin(asked, { mode: "adversarial", models });
  expect(status).toBe(200);
  const critic = site.mock.calls().find(({ body }) => JSON.stringify(body).includes("up-claude"));
  expect(JSON.stringify(critic?.body)).toContain("You look for ways in, and for nothing else.");
});

describe("several gateways", () => {
  it("a gateway that is killed in the middle of a stream costs a reconnect: another one tells exactly the rest", async () => {
    const port = await freePort();
    const dying = await site.startProcess("gateway", { TOKENHUB_PORT: String(port) });
    const there = { url: `http://127.0.0.1:${port}`, apiKey: testApiKey };
    const begun = await begin(there, { mode: "adversarial", models, background: true });
    const place = `${begun.headers.get("location") ?? ""}/events`;
    const cut = await follow(there, place);
    await until("some words", () => cut.seen().filter(({ type }) => type === "delta").length >= 5, 20_000);
    await dying.kill();
    await cut.ended.catch(() => undefined);
    const before = cut.seen();
    const rest = await follow(here(), place, { headers: { "last-event-id": before.at(-1)?.id ?? "" } });
    await rest.ended;
    const whole = await follow(here(), place);
    await whole.ended;
    expect(before.at(-1)?.type).not.toBe("done");
    expect(readingOf([...before, ...rest.seen()])).toEqual(readingOf(whole.seen()));
    expect(rest.seen().at(-1)).toMatchObject({ type: "done", data: { status: "succeeded" } });
    expect(site.mock.calls()).toHaveLength(3);
  });

  it("a gateway that shuts down says so to its followers at once, and the run goes on", async () => {
    const begun = await begin(here(), { mode: "adversarial", models, background: true });
    const place = begun.headers.get("location") ?? "";
    const stream = await follow(here(), `${place}/events`);
    await until("the first words", () => stream.seen().some(({ type }) => type === "delta"));
    const other = await site.startGateway();
    const startedAtMs = performance.now();
    await gateway[Symbol.asyncDispose]();
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
    await stream.ended;
    const seen = stream.seen();
    expect(seen.at(-1)).toMatchObject({ type: "interrupted", data: { code: "shutting_down" } });
    const rest = await follow({ url: other.url, apiKey: testApiKey }, `${place}/events`, {
      headers: { "last-event-id": seen.at(-2)?.id ?? "" },
    });
    await rest.ended;
    expect(rest.seen().at(-1)).toMatchObject({ type: "done", data: { status: "succeeded" } });
  });

  it("a run can be looked at, followed and cancelled at any of them", async () => {
    const other = await site.startGateway();
    const there = { url: other.url, apiKey: testApiKey };
    const begun = await begin(here(), { mode: "adversarial", models, background: true });
    const place = begun.headers.get("location") ?? "";
    const stream = await follow(here(), `${place}/events`);
    expect((await call(there, place)).json["status"]).toBe("running");
    const { status, json } = await call(there, `${place}/cancel`, { method: "POST" });
    expect([status, json["status"]]).toEqual([200, "cancelled"]);
    await stream.ended;
    expect(stream.seen().at(-1)).toMatchObject({ type: "done", data: { status: "cancelled" } });
  });
});
