import { createKeyspace } from "@tokenhub/contracts";
import { openDatabase, type Database } from "@tokenhub/persistence";
import express from "express";
import { Redis } from "ioredis";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openAccess } from "../../apps/gateway/src/access/open-access.ts";
import { mountAdminRoutes } from "../../apps/gateway/src/admin/mount-admin-routes.ts";
import { auditWriterOf } from "../../apps/gateway/src/admin/routes/access-site.fixture.ts";
import { keyRoutes } from "../../apps/gateway/src/admin/routes/keys/index.ts";
import { projectRoutes } from "../../apps/gateway/src/admin/routes/projects/index.ts";
import { tenantRoutes } from "../../apps/gateway/src/admin/routes/tenants/index.ts";
import { createSecretHasher, type SecretHasher } from "../../apps/gateway/src/admission/secret-hasher.ts";
import { assignRequestId } from "../../apps/gateway/src/http/assign-request-id.ts";
import { createErrorHandler } from "../../apps/gateway/src/http/error-handler.ts";

export interface Installation {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  /** Where SQLite and the cluster secret lie. */
  readonly directory: string;
}

export interface CreatedKey {
  readonly id: string;
  /** The secret. */
  readonly key: string;
  readonly [field: string]: unknown;
}

/** The administration of an installation's keys, as one more member of it; the gateways hear of changes through Redis. */
export interface AdminSide extends AsyncDisposable {
  readonly hasher: SecretHasher;
  readonly db: Database["db"];
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  createKey(body?: Record<string, unknown>): Promise<CreatedKey>;
}

/** The gateway of the installation must have run, because it makes the tables and the cluster secret. */
export async function openAdminSide({ redisUrl, redisPrefix, directory }: Installation): Promise<AdminSide> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await openDatabase({ kind: "sqlite", path: join(directory, "tokenhub.db") }));
  const connect = (): Redis => stack.adopt(new Redis(redisUrl), (client) => client.disconnect());
  const secretText = await readFile(join(directory, "cluster-secret"), "utf8");
  const hasher = createSecretHasher(Buffer.from(secretText.trim(), "hex"));
  const onError = (error: unknown): void => {
    throw error;
  };
  const access = stack.use(
    await openAccess({
      db: database.db,
      subscriber: connect(),
      publisher: connect(),
      keyspace: createKeyspace(redisPrefix),
      gatewayId: "gw_admin_side",
      now: Date.now,
      onRotationOverdue: () => undefined,
      onError,
    }),
  );
  const deps = { db: database.db, directory: access.directory, spend: access.spend, hasher, now: Date.now };

  const app = express();
  app.use(assignRequestId);
  app.use(
    mountAdminRoutes(
      {
        authenticate: () => Promise.resolve({ kind: "token", id: "adm", name: "test", role: "admin" }),
        writeAudit: auditWriterOf(database.db),
        addressOf: () => "127.0.0.1",
        now: Date.now,
      },
      [...keyRoutes(deps), ...tenantRoutes(deps), ...projectRoutes(deps)],
    ),
  );
  const silent = { error: () => undefined } as unknown as Parameters<typeof createErrorHandler>[0];
  app.use(createErrorHandler(silent, { onRefused: () => undefined, addressOf: () => "127.0.0.1" }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const resources = stack.move();

  const call: AdminSide["call"] = async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  return {
    hasher,
    db: database.db,
    call,
    createKey: async (body = {}) =>
      (await call("POST", "/apikeys", { name: "test", scopes: [], ...body })) as CreatedKey,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
