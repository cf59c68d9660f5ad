import { until } from "@tokenhub/testkit";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { AsyncSite } from "./start-async-site.ts";
import { managedPath } from "./plan-job.ts";

/** Who submits jobs, and what signs what is told of them. */
export interface Account {
  /** Has a budget, so that jobs reserve of it. */
  readonly apiKey: string;
  readonly keyId: string;
  /** By the beginning of the path: the secret that jobs state for receivers there. */
  readonly ownSecrets: ReadonlyMap<string, string>;
}

const createdKeySchema = z.object({ id: z.string(), key: z.string() });
const secretSchema = z.object({ signing_secret: z.string() });

/** Makes a key with a budget and a managed webhook endpoint, and has the receiver expect their signatures. */
export async function openAccount({ gatewayPorts, adminToken, receiver }: AsyncSite): Promise<Account> {
  const url = `http://127.0.0.1:${gatewayPorts[0]}`;
  const post = async (path: string, bearer: string, body: unknown): Promise<unknown> => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const { id, key } = createdKeySchema.parse(
    await post("/admin/v1/apikeys", adminToken, { name: "chaos", scopes: [], monthly_budget_usd: 1_000_000 }),
  );
  await untilKnown(gatewayPorts, key);
  const managed = await post("/v1/webhook_endpoints", key, {
    name: "chaos",
    url: receiver.url + managedPath,
    event_types: ["job.succeeded", "job.failed", "job.cancelled", "job.expired"],
  });
  receiver.expectSecret(managedPath, secretSchema.parse(managed).signing_secret);
  const tenants = await post("/v1/webhook_signing_secret/rotate", key, {});
  receiver.expectSecret("/tenant", secretSchema.parse(tenants).signing_secret);
  const own = `whsec_${randomBytes(32).toString("base64")}`;
  receiver.expectSecret("/own", own);
  return { apiKey: key, keyId: id, ownSecrets: new Map([["/own", own]]) };
}

/** Gateways learn of a new key from each other. */
async function untilKnown(ports: readonly number[], key: string): Promise<void> {
  for (const port of ports)
    await until(`the key to be known at port ${port}`, async () => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(`http://127.0.0.1:${port}/v1/jobs`, { headers })).ok;
    });
}
