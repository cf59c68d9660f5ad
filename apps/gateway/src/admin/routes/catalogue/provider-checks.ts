import { TokenHubError, type CatalogueProvider } from "@tokenhub/contracts";
import {
  testConnection,
  validateApiKey,
  type ConnectionTest,
  type ProviderTarget,
} from "@tokenhub/providers";
import { withAddress } from "../../../catalogue/with-address.ts";
import type { CatalogueAdminDeps } from "./catalogue-deps.ts";

type CheckDeps = Pick<CatalogueAdminDeps, "keys" | "catalogue" | "configuredKeyOf" | "runsInContainer">;

/** A provider with the address and the key it would be called with: `givenKey`, else the vault's, else the configured one. */
export async function targetOf(
  deps: CheckDeps,
  provider: CatalogueProvider,
  { givenKey = null }: { readonly givenKey?: string | null } = {},
): Promise<ProviderTarget> {
  return {
    provider: withAddress(provider, deps.catalogue.environmentAddressOf),
    apiKey: givenKey ?? (await keyOf(deps, provider)),
  };
}

async function keyOf(deps: CheckDeps, { id, credentialSource }: CatalogueProvider): Promise<string | null> {
  if (credentialSource === "none") return null;
  if ((await deps.keys.havingKey([id])).has(id)) return deps.keys.read(id);
  return deps.configuredKeyOf(id)?.reveal() ?? null;
}

/** The outcome of a connection test as answers show it. */
export async function testProvider(deps: CheckDeps, target: ProviderTarget): Promise<object> {
  return viewTest(await testConnection({ ...target, runsInContainer: deps.runsInContainer }));
}

/** Tests a provider that is about to be saved. @throws TokenHubError `invalid_request` with what is wrong and what to look at. */
export async function requireConnection(deps: CheckDeps, target: ProviderTarget): Promise<object> {
  const outcome = await testConnection({ ...target, runsInContainer: deps.runsInContainer });
  if (outcome.kind === "connected") return viewTest(outcome);
  throw new TokenHubError(
    "invalid_request",
    `Nothing was saved: the connection test failed. ${outcome.message}${outcome.hint === null ? "" : ` ${outcome.hint}`}`,
    { param: outcome.cause === "auth" || outcome.cause === "quota" ? "api_key" : "base_url" },
  );
}

function viewTest(outcome: ConnectionTest): object {
  return outcome.kind === "connected"
    ? {
        ok: true,
        model_count: outcome.modelCount,
        duration_ms: outcome.durationMs,
        message: outcome.message,
      }
    : {
        ok: false,
        cause: outcome.cause,
        duration_ms: outcome.durationMs,
        message: outcome.message,
        hint: outcome.hint,
      };
}

/** Whether a provider takes its key. `valid` is null when that cannot be told. */
export async function checkKey(target: ProviderTarget): Promise<object> {
  const { kind, detail } = await validateApiKey(target);
  return { valid: kind === "unknown" ? null : kind === "valid", verdict: kind, detail };
}
