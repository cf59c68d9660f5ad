import { testApiKey, testClusterSecret, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { expect, inject, it } from "vitest";
import { ask } from "../lifecycle/ask.ts";
import { rowOf } from "../lifecycle/request-rows.ts";
import { admin } from "./admin.ts";
import { dumpFiles, dumpRedis } from "./dump.ts";
import { adminPassword, openVaultSite } from "./vault-site.ts";

const key = "sk-the-key-in-the-vault-0123456789";
const secret = "a-secret-of-the-operator-0123456789";
const wrongPassword = "a-wrong-password-somebody-typed";

it("S0-3, S3-52, S1d-6, S1d-26: nothing unsealed of the vault is in Redis, in a message, a log line, the database, an error or an answer", async () => {
  await using site = await openVaultSite({ redisUrl: inject("redisUrl") });
  const published: string[] = [];
  const listener = new Redis(inject("redisUrl"));
  await using _listener = { [Symbol.asyncDispose]: async () => listener.disconnect() };
  listener.on("pmessage", (_pattern, channel: string, message: string) => published.push(channel + message));
  await listener.psubscribe(`*${site.redisPrefix}*`);
  const gateway = await site.startAll();
  const answers: string[] = [];
  const dumps: string[] = [];
  const administer = async (call: string, body?: unknown): Promise<void> => {
    answers.push(JSON.stringify((await site.admin(gateway, call, body)).body));
    dumps.push(await dumpRedis(site.redis, site.redisPrefix));
  };
  const request = async (): Promise<string> => {
    const answer = await ask(gateway, {
      model: "sealed-model",
      headers: { "x-tokenhub-timeout-ms": "3000" },
    });
    answers.push(answer.raw + JSON.stringify([...answer.headers]));
    dumps.push(await dumpRedis(site.redis, site.redisPrefix));
    return answer.requestId;
  };

  await administer("PATCH /providers/sealed", { api_key: key });
  await administer("PUT /vault/secrets/webhook", { value: secret });
  await administer("GET /vault/secrets");
  await administer("GET /vault/export");
  await administer("POST /vault/rotate-data-key");
  await request();
  site.mock.plan("up-sealed", { latencyMs: 400 });
  const running = Array.from({ length: 3 }, request);
  await until("the calls", () => site.mock.inFlight === 3);
  dumps.push(await dumpRedis(site.redis, site.redisPrefix));
  await Promise.all(running);
  // A provider that quotes the key it was sent, in every kind of error.
  const quote = `Incorrect API key provided: ${key}. The header was Bearer ${key}`;
  site.mock.plan("up-sealed", { steps: [{ kind: "error_in_200", message: quote, afterTokens: 2 }] });
  const streamed = await ask(gateway, { model: "sealed-model", stream: true });
  answers.push(streamed.raw);
  for (const status of [400, 404, 429, 401, 500]) {
    site.mock.plan("up-sealed", {
      steps: [{ kind: "status", status, message: quote, code: key, type: key, repeat: true }],
    });
    await request();
  }
  await administer("POST /vault/rotate", {
    old_password: wrongPassword,
    new_password: "irrelevant-password",
  });
  await administer("POST /vault/lock");
  await administer("POST /vault/unlock", { admin_password: wrongPassword });
  await administer("PUT /vault/secrets/other", { value: secret });
  const refusedId = await request();
  await administer("POST /vault/unlock", { admin_password: adminPassword });
  await administer("POST /vault/import", { source: `{"salt":"${secret}"`, password: wrongPassword });
  await administer("PUT /vault/secrets/other", { value: [secret] });
  await rowOf(site, refusedId);

  expect(published.join("")).toContain("vault-changed");
  expect(dumps.join("")).toContain("vault-lease");
  const places: Record<string, string> = {
    redis: dumps.join(""),
    published: published.join(""),
    logLines: site.logLines.join(""),
    answers: answers.join(""),
    ...(await dumpFiles(site.directory)),
  };
  const hidden = { key, secret, wrongPassword, adminPassword, testApiKey, testClusterSecret };
  for (const [place, text] of Object.entries(places)) {
    for (const [name, value] of Object.entries(hidden))
      for (const form of [value, Buffer.from(value).toString("base64"), Buffer.from(value).toString("hex")])
        expect({ place, name, holds: text.includes(form) }).toEqual({ place, name, holds: false });
  }
});

it("a viewer, an operator and somebody without a token see no secret and change nothing", async () => {
  await using site = await openVaultSite({ redisUrl: inject("redisUrl") });
  const gateway = await site.startGateway();
  await site.admin(gateway, "PUT /vault/secrets/a", { value: secret });
  const tokenOf = async (role: string): Promise<string> =>
    (await site.admin(gateway, "POST /admin-tokens", { name: role, role })).body.token;
  const visitors = [
    { status: 401 },
    { status: 403, bearer: await tokenOf("viewer") },
    { status: 403, bearer: await tokenOf("operator") },
  ];
  for (const { status, ...visitor } of visitors) {
    for (const call of privileged) {
      const answer = await admin(gateway, { call, ...visitor });
      expect([call, answer.status]).toEqual([call, status]);
      expect(JSON.stringify(answer.body)).not.toContain(secret);
    }
  }
  expect((await site.admin(gateway, "GET /vault/secrets/a")).body.value).toBe(secret);
});

const privileged = [
  "GET /vault/secrets",
  "GET /vault/secrets/a",
  "PUT /vault/secrets/a",
  "DELETE /vault/secrets/a",
  "GET /vault/export",
  "POST /vault/import",
  "POST /vault/lock",
  "POST /vault/unlock",
  "POST /vault/rotate",
  "POST /vault/rotate-data-key",
  "POST /admin-token/rotate",
  "POST /admin-tokens",
];
