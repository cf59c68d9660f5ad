import { freePort, startServiceProcess, type ServiceProcess } from "@tokenhub/testkit";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { vaultCatalogue, type VaultSite } from "./vault-site.ts";

/** The variables for a process of the site, its configuration file included. */
export async function processEnvOf(site: VaultSite): Promise<Record<string, string>> {
  const path = join(site.directory, "config.json");
  await writeFile(path, JSON.stringify(vaultCatalogue(site.mock.url)));
  return { ...site.env, TOKENHUB_CONFIG: path };
}

/** A gateway of the site in a process of its own. */
export async function startGatewayProcess(
  site: VaultSite,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; readonly service: ServiceProcess } & AsyncDisposable> {
  const port = await freePort();
  const service = await startServiceProcess("gateway", {
    ...(await processEnvOf(site)),
    TOKENHUB_PORT: String(port),
    ...env,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    service,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
