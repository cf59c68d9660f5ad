import {
  createAuditRepository,
  createRequestLogRepository,
  recordFinished,
  type StoredAuditEntry,
} from "@tokenhub/persistence";
import type { RequestFinishedFact } from "@tokenhub/contracts";
import express from "express";
import { createLogger } from "@tokenhub/telemetry";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { openAccessBench } from "../../access/access-bench.fixture.ts";
import { createSpendReader } from "../../access/spend-reader.ts";
import { createSecretHasher } from "../../admission/secret-hasher.ts";
import { assignRequestId } from "../../http/assign-request-id.ts";
import { createInternalCalls } from "../../jobs/internal-call.ts";
import { createErrorHandler, unknownPath } from "../../http/error-handler.ts";
import type { AdminRole } from "../admin-principal.ts";
import { createAuditWriter } from "../audit-writer.ts";
import { mountAdminRoutes } from "../mount-admin-routes.ts";
import { keyRoutes } from "./keys/index.ts";
import { projectRoutes } from "./projects/index.ts";
import { tenantRoutes } from "./tenants/index.ts";

export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever they expect to be there
  readonly body: any;
}

/** The admin routes of keys, tenants and projects on a real server, database and Redis; the role is named per request. */
export async function openAccessSite(redisUrl: string, clock: { nowMs: number }) {
  await using stack = new AsyncDisposableStack();
  const bench = stack.use(await openAccessBench(redisUrl));
  const now = (): number => clock.nowMs;
  const directory = await bench.openDirectory("here", { now });
  const hasher = createSecretHasher(Buffer.alloc(32, 7));
  const deps = { db: bench.db, directory, spend: createSpendReader(bench.db), hasher, now };
  const logLines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logLines.push(chunk.toString());
      done();
    },
  });

  const app = express();
  app.use(assignRequestId(createInternalCalls()));
  app.use(
    "/admin/v1",
    mountAdminRoutes(
      {
        authenticate: (request) =>
          Promise.resolve({
            kind: "token",
            id: "adm_test",
            name: "tester",
            role: (request.headers["x-test-role"] ?? "admin") as AdminRole,
          }),
        writeAudit: createAuditWriter(bench.db),
        addressOf: () => "10.0.0.1",
        now,
      },
      [...keyRoutes(deps), ...tenantRoutes(deps), ...projectRoutes(deps)],
    ),
  );
  app.use(unknownPath);
  const logger = createLogger({ service: "gateway", level: "debug", destination });
  app.use(createErrorHandler(logger, { onRefused: () => undefined, addressOf: () => "10.0.0.1" }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/admin/v1`;
  const resources = stack.move();

  async function call(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<AdminAnswer> {
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  return {
    url,
    call,
    db: bench.db,
    directory,
    hasher,
    logLines,
    errors: bench.errors,
    audit: async (): Promise<readonly StoredAuditEntry[]> =>
      (await createAuditRepository(bench.db).page({ limit: 1_000 })).items,
    record: (facts: readonly RequestFinishedFact[]) =>
      recordFinished(bench.db, { facts, nowMs: clock.nowMs }),
    requestLog: createRequestLogRepository(bench.db),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
