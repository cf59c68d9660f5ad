import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { awaitClusterSecret } from "./await-cluster-secret.ts";
import { ConfigError } from "./config-error.ts";
import { Secret } from "./secret.ts";

async function setup() {
  const dataDirectory = await mkdtemp(join(tmpdir(), "tokenhub-secret-"));
  return {
    file: join(dataDirectory, "cluster-secret"),
    product: { clusterSecret: null, clusterSecretFile: null, dataDirectory },
    [Symbol.asyncDispose]: () => rm(dataDirectory, { recursive: true }),
  };
}

const hex = "5a".repeat(32);

test("S4-41: the secret comes from the environment, else from the file", async () => {
  await using place = await setup();
  await writeFile(place.file, `${"ab".repeat(32)}\n`);
  const fromEnvironment = await awaitClusterSecret({ ...place.product, clusterSecret: new Secret(hex) });
  expect(fromEnvironment?.toString("hex")).toBe(hex);
  expect((await awaitClusterSecret(place.product))?.toString("hex")).toBe("ab".repeat(32));
});

test("a file that the configuration names is waited for, because the gateway makes it", async () => {
  await using place = await setup();
  const product = { ...place.product, clusterSecretFile: place.file };
  const awaited = awaitClusterSecret(product, { patienceMs: 10_000, lookEveryMs: 5 });
  await writeFile(place.file, hex);
  expect((await awaited)?.toString("hex")).toBe(hex);
});

test("without any secret there is none, at once or when the patience is over", async () => {
  await using place = await setup();
  expect(await awaitClusterSecret(place.product)).toBeNull();
  const product = { ...place.product, clusterSecretFile: place.file };
  expect(await awaitClusterSecret(product, { patienceMs: 20, lookEveryMs: 5 })).toBeNull();
});

test("S4-47: a file with something else in it is refused with its path, without its content", async () => {
  await using place = await setup();
  await writeFile(place.file, "not-a-secret-of-32-bytes");
  const refused = awaitClusterSecret(place.product);
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(place.file);
  await expect(refused).rejects.not.toThrow("not-a-secret");
});
