import { startTestRedis, until } from "@tokenhub/testkit";
import Database from "better-sqlite3";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { openSite } from "../lifecycle/site.ts";
import { askerOf, chatOf, submit } from "./job-client.ts";

it("a job of a gateway that stops is carried on by the next one, and paid for once", async () => {
  await using site = await openSite({ redisUrl: inject("redisUrl") });
  const first = await site.startAll({ drainMs: 1 });
  site.mock.plan("up-gpt", { latencyMs: 1_500 });
  const [running, waiting] = await Promise.all([
    submit(askerOf(first), chatOf("gpt-test", "running")),
    submit(askerOf(first), chatOf("gpt-test", "waiting"), { not_before: Date.now() / 1_000 + 2 }),
  ]);
  await until("the call", () => site.mock.calls().length === 1);
  await first[Symbol.asyncDispose]();
  const ask = askerOf(await site.startGateway());
  const ended = await ask(`/v1/jobs/${running.id}?wait=20`);
  expect(ended.json).toMatchObject({ status: "succeeded", attempts: 1 });
  expect((await ask(`/v1/jobs/${waiting.id}?wait=20`)).json).toMatchObject({ status: "succeeded" });
  expect(site.mock.calls()).toHaveLength(2);
});

it("a job whose answer came while no gateway was there gets it from the store", async () => {
  await using site = await openSite({ redisUrl: inject("redisUrl") });
  const first = await site.startAll({ drainMs: 1 });
  site.mock.plan("up-gpt", { latencyMs: 400 });
  const { id } = await submit(askerOf(first), chatOf("gpt-test"));
  await until("the call", () => site.mock.calls().length === 1);
  await first[Symbol.asyncDispose]();
  const result = site.keyspace.result(`req_${id.slice(4)}`);
  await until("the answer in Redis", async () => (await site.redis.exists(result)) === 1);
  const ask = askerOf(await site.startGateway());
  expect((await ask(`/v1/jobs/${id}?wait=20`)).json).toMatchObject({ status: "succeeded" });
  expect(site.mock.calls()).toHaveLength(1);
});

it("a job that is this gateway's by the database, and of which it does not know, is carried out", async () => {
  await using site = await openSite({ redisUrl: inject("redisUrl") });
  const ask = askerOf(await site.startAll());
  const { id } = await submit(ask, chatOf("gpt-test"), { not_before: Date.now() / 1_000 + 600 });
  const database = new Database(join(site.directory, "tokenhub.db"), { timeout: 5_000 });
  database
    .prepare("update jobs set state = 'running', owner = (select id from gateways) where id = ?")
    .run(id);
  database.close();
  expect((await ask(`/v1/jobs/${id}?wait=30`)).json).toMatchObject({ status: "succeeded" });
  expect(site.mock.calls()).toHaveLength(1);
});

it("jobs outlive a Redis that loses everything: those that waited run once, those whose call was under way at most twice", async () => {
  await using redis = await startTestRedis();
  await using site = await openSite({ redisUrl: redis.url });
  const gateway = await site.startAll();
  const ask = askerOf(gateway);
  site.mock.plan("up-gpt", { latencyMs: 700 });
  const running = await submit(ask, chatOf("gpt-test", "running"));
  const waiting = await submit(ask, chatOf("gpt-test", "waiting"), { not_before: Date.now() / 1_000 + 3 });
  await until("the call", () => site.mock.calls().length === 1);
  await site.redis.flushall();
  for (const { id } of [running, waiting])
    expect((await ask(`/v1/jobs/${id}?wait=40`)).json).toMatchObject({ status: "succeeded" });
  const said = site.mock.calls().map(({ bodyText }) => /"content":"(\w+)"/.exec(bodyText ?? "")?.[1]);
  expect(said.filter((content) => content === "waiting")).toHaveLength(1);
  expect(said.filter((content) => content === "running").length).toBeLessThanOrEqual(2);
});
