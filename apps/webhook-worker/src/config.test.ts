import { ConfigError } from "@tokenhub/config";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readWebhookWorkerConfig } from "./config.ts";

const hex = "5a".repeat(32);
const least = { REDIS_URL: "redis://127.0.0.1:6379", TOKENHUB_CLUSTER_SECRET: hex };

test("only the address of Redis and the cluster secret are required", async () => {
  expect(await readWebhookWorkerConfig(least)).toEqual({
    redisUrl: "redis://127.0.0.1:6379",
    redisPrefix: "tokenhub",
    adminHost: "127.0.0.1",
    adminPort: null,
    logLevel: "info",
    concurrency: null,
    drainMs: 10_000,
    timeoutMs: null,
    allow: [],
    tracing: null,
    clusterSecret: Buffer.from(hex, "hex"),
  });
  await expect(readWebhookWorkerConfig({ ...least, REDIS_URL: "" })).rejects.toThrow("REDIS_URL is not set");
});

test("the cluster secret may come from the gateway's file; without any the start is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-webhook-"));
  try {
    const env = { ...least, TOKENHUB_CLUSTER_SECRET: "", TOKENHUB_DATA_DIR: folder };
    await expect(readWebhookWorkerConfig(env)).rejects.toThrow(ConfigError);
    await expect(readWebhookWorkerConfig(env)).rejects.toThrow("TOKENHUB_CLUSTER_SECRET_FILE");
    await writeFile(join(folder, "cluster-secret"), `${"ab".repeat(32)}\n`);
    const { clusterSecret } = await readWebhookWorkerConfig(env);
    expect(clusterSecret.toString("hex")).toBe("ab".repeat(32));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the allow-list takes ranges of both families", async () => {
  const { allow } = await readWebhookWorkerConfig({
    ...least,
    TOKENHUB_WEBHOOK_ALLOW: "10.0.0.0/8, fd00::/8,127.0.0.1",
  });
  expect(allow.map(({ base, bits }) => `${base.toString()}/${bits}`)).toEqual([
    "10.0.0.0/8",
    "fd00::/8",
    "127.0.0.1/32",
  ]);
});

test.each([
  ["TOKENHUB_WEBHOOK_ALLOW", "10.0.0.0/8,example.com"],
  ["TOKENHUB_WEBHOOK_TIMEOUT_MS", "99"],
  ["TOKENHUB_WEBHOOK_TIMEOUT_MS", "60001"],
  ["TOKENHUB_WEBHOOK_CONCURRENCY", "0"],
  ["TOKENHUB_CLUSTER_SECRET", "short"],
])("%s=%s is refused by name", async (name, value) => {
  await expect(readWebhookWorkerConfig({ ...least, [name]: value })).rejects.toThrow(name);
});
