import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { findPostgres, startPostgres } from "../../packages/persistence/src/testing/start-postgres.ts";
import { startSite, type Site } from "../orchestration/start-site.ts";
import { startFlakyReceiver, type FlakyReceiver } from "./flaky-receiver.ts";

/** What every process of the installation under test shares, and where its webhooks go. */
export interface AsyncSite extends Omit<Site, "gatewayPorts"> {
  readonly receiver: FlakyReceiver;
  readonly gatewayPorts: readonly number[];
  readonly database:
    | { readonly kind: "sqlite"; readonly path: string }
    | { readonly kind: "postgres"; readonly url: string };
  readonly adminToken: string;
}

/** @param gateways two need PostgreSQL, which is started beside them. */
export async function startAsyncSite({
  seed,
  gateways,
  upstreamLatencyMs,
  lostAfter,
}: {
  readonly seed: number;
  readonly gateways: 1 | 2;
  readonly upstreamLatencyMs: number;
  /** Of attempts to deliver a webhook, e.g. `10s`. */
  readonly lostAfter: string;
}): Promise<AsyncSite> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startSite({ upstreamLatencyMs }));
  const receiver = stack.use(await startFlakyReceiver({ seed }));
  const directory = site.env["TOKENHUB_DATA_DIR"] ?? "";
  const adminToken = randomBytes(16).toString("hex");
  const database =
    gateways === 1
      ? ({ kind: "sqlite", path: join(directory, "tokenhub.db") } as const)
      : ({ kind: "postgres", url: await databaseUrl(stack) } as const);
  const env = {
    ...site.env,
    ...(database.kind === "postgres" ? { DATABASE_URL: database.url } : {}),
    TOKENHUB_ADMIN_TOKEN: adminToken,
    TOKENHUB_WEBHOOK_ALLOW: "127.0.0.0/8",
    TOKENHUB_WEBHOOK_TIMEOUT_MS: "1000",
    TOKENHUB_WEBHOOK_SCHEDULE: "300ms,600ms,1s,2s,2s,2s,2s,2s,2s,2s",
    TOKENHUB_WEBHOOK_LOST_AFTER: lostAfter,
  };
  const gatewayPorts = site.gatewayPorts.slice(0, gateways);
  const resources = stack.move();
  return {
    ...site,
    env,
    receiver,
    gatewayPorts,
    database,
    adminToken,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function databaseUrl(stack: AsyncDisposableStack): Promise<string> {
  const binaries = await findPostgres();
  if (binaries === null)
    throw new Error("Two gateways need PostgreSQL, and none is installed. Install it, or use --gateways=1.");
  return stack.use(await startPostgres(binaries)).createDatabase();
}
