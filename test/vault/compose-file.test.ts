import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}

async function services(): Promise<Readonly<Record<string, Service>>> {
  const text = await readFile(new URL("../../docker-compose.yml", import.meta.url), "utf8");
  return parse(text, { merge: true }).services;
}

const namesOf = (service: Service | undefined): string[] => Object.keys(service?.environment ?? {});

test("S3-55: in docker-compose.yml the secrets of administration and vault go to the gateway only, all from the environment", async () => {
  const all = await services();
  for (const name of [
    "TOKENHUB_ADMIN_PASSWORD",
    "TOKENHUB_ADMIN_TOKEN",
    "TOKENHUB_VAULT_PASSWORD",
    "TOKENHUB_ENCRYPTION_KEY",
  ]) {
    const holders = Object.keys(all).filter((service) => namesOf(all[service]).includes(name));
    expect([name, holders]).toEqual([name, ["gateway"]]);
    expect(all["gateway"]?.environment?.[name]).toBe(`\${${name}:-}`);
  }
});

test("gateway, provider worker and webhook worker, and nobody else, share the cluster secret: from the environment, or a volume of theirs", async () => {
  const all = await services();
  const holders = Object.keys(all).filter((name) =>
    namesOf(all[name]).some((key) => key.includes("CLUSTER")),
  );
  expect(holders).toEqual(["gateway", "provider-worker", "webhook-worker"]);
  for (const name of holders)
    expect(all[name]?.environment).toMatchObject({
      TOKENHUB_CLUSTER_SECRET: "${TOKENHUB_CLUSTER_SECRET:-}",
      TOKENHUB_CLUSTER_SECRET_FILE: "/secrets/cluster-secret",
    });
  expect(all["gateway"]?.volumes).toContain("cluster-secret:/secrets");
  for (const worker of ["provider-worker", "webhook-worker"])
    expect(all[worker]?.volumes).toEqual(["cluster-secret:/secrets:ro"]);
  const dockerfile = await readFile(new URL("../../Dockerfile", import.meta.url), "utf8");
  expect(dockerfile).toMatch(/mkdir -p [^\n]*\/secrets/);
  expect(dockerfile).toMatch(/chown node:node [^\n]*\/secrets/);
});
