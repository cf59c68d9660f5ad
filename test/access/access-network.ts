import { openDatabase, type Database } from "@tokenhub/persistence";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { join } from "node:path";
import { adminEnvironment, keyAdminOf, type KeyAdmin } from "./key-admin.ts";

export interface AccessNetwork extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly admin: KeyAdmin;
  /** A look at the gateway's rows. */
  readonly db: Database["db"];
}

/** A whole network with its administration open to the test. */
export async function openAccessNetwork(options: {
  readonly redisUrl: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<AccessNetwork> {
  await using stack = new AsyncDisposableStack();
  const { redisUrl, env = {} } = options;
  const network = stack.use(await startTestNetwork({ redisUrl, env: { ...adminEnvironment, ...env } }));
  const path = join(network.dataDirectory, "tokenhub.db");
  const database = stack.use(await openDatabase({ kind: "sqlite", path }));
  const resources = stack.move();
  return {
    network,
    admin: keyAdminOf(network),
    db: database.db,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
