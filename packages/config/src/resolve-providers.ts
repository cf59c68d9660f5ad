import { normaliseBaseUrl } from "./base-url.ts";
import {
  defaultModels,
  defaultProviders,
  defaultProviderTimeoutMs,
  mockModels,
  mockProvider,
  plainProvider,
} from "./built-in-catalogue.ts";
import { readEnvironment, type Environment } from "./environment.ts";
import type { AliasConfig, FileConfig, ModelConfig, ProviderConfig } from "./product-config.ts";
import { environmentAddressOf, readProviderAddresses } from "./provider-address.ts";
import { keyVariables, resolveProviderKey } from "./provider-key.ts";

export interface ResolvedCatalogue {
  readonly providers: readonly ProviderConfig[];
  readonly models: readonly ModelConfig[];
  readonly aliases: readonly AliasConfig[];
  readonly warnings: readonly string[];
}

/** Types whose service refuses every call without a key. */
const typesThatNeedKey = new Set(["openai", "anthropic"]);

/**
 * The providers, models and aliases of this installation: those of the file when it lists any, else the defaults whose
 * key is in the environment; then vLLM endpoints and base URLs of the environment; the mock provider always.
 */
export function resolveCatalogue(file: FileConfig, environment: Environment): ResolvedCatalogue {
  const fileDecides = file.providers !== null || file.models !== null;
  const listed = statedProviders(file, environment);
  const addresses = readProviderAddresses(environment);
  const providers = withMock(withVllmEndpoints(listed, environment)).map((provider) => ({
    ...provider,
    baseUrl: environmentAddressOf(addresses, provider.id) ?? provider.baseUrl,
  }));
  const models = resolveModels(file, { fileDecides, providers });
  const aliases = resolveAliases(file.aliases, models);
  const keyWarnings = providers.flatMap((provider) => keyWarning(provider, environment));
  return { providers, models, aliases: aliases.kept, warnings: [...keyWarnings, ...aliases.warnings] };
}

/** The providers of the file; without a list of them, the default ones that its models name or, failing that, that have a key. */
function statedProviders(file: FileConfig, environment: Environment): ProviderConfig[] {
  const timeoutMs = defaultTimeoutMs(environment);
  if (file.providers !== null) {
    return file.providers.map((provider) => ({ ...provider, timeoutMs: provider.timeoutMs ?? timeoutMs }));
  }
  const named = file.models === null ? null : new Set(file.models.map(({ providerId }) => providerId));
  const vllm = named?.has("vllm") === true ? [plainProvider("vllm", "vllm")] : [];
  const used = defaultProviders.filter(
    (provider) => named?.has(provider.id) ?? hasKey(provider, environment),
  );
  return [...used, ...vllm].map((provider) => ({ ...provider, timeoutMs }));
}

function defaultTimeoutMs(environment: Environment): number {
  const seconds = readEnvironment(environment).envNumber("TOKENHUB_PROVIDER_TIMEOUT_SECS", {
    min: 0.001,
    max: 86_400,
  });
  return seconds === null ? defaultProviderTimeoutMs : Math.round(seconds * 1_000);
}

function hasKey(provider: ProviderConfig, environment: Environment): boolean {
  return resolveProviderKey(provider, environment).key !== null;
}

/** `TOKENHUB_VLLM_ENDPOINTS` adds the provider `vllm`, or replaces the endpoints of the one the file defines. */
function withVllmEndpoints(providers: readonly ProviderConfig[], environment: Environment): ProviderConfig[] {
  const urls = readEnvironment(environment)
    .envList("TOKENHUB_VLLM_ENDPOINTS")
    ?.map((url) => normaliseBaseUrl(url, { name: "An entry of TOKENHUB_VLLM_ENDPOINTS" }));
  if (urls === undefined) return [...providers];
  const defined = providers.find(({ id }) => id === "vllm");
  const vllm = defined ?? { ...plainProvider("vllm", "vllm"), timeoutMs: defaultTimeoutMs(environment) };
  return [
    ...providers.filter(({ id }) => id !== "vllm"),
    { ...vllm, baseUrl: urls[0] ?? null, options: { ...vllm.options, endpoints: urls.join(",") } },
  ];
}

function withMock(providers: readonly ProviderConfig[]): ProviderConfig[] {
  return providers.some(({ id }) => id === mockProvider.id) ? [...providers] : [...providers, mockProvider];
}

function resolveModels(
  file: FileConfig,
  {
    fileDecides,
    providers,
  }: { readonly fileDecides: boolean; readonly providers: readonly ProviderConfig[] },
): ModelConfig[] {
  const offered = new Set(providers.map(({ id }) => id));
  const listed = fileDecides
    ? (file.models ?? [])
    : defaultModels.filter(({ providerId }) => offered.has(providerId));
  const taken = new Set(listed.map(({ id }) => id));
  const fileHasMock = file.providers?.some(({ id }) => id === mockProvider.id) ?? false;
  const mock = fileHasMock ? [] : mockModels.filter(({ id }) => !taken.has(id));
  return [...listed, ...mock];
}

/** Aliases may name default models whose provider has no key today; those members are left out with a warning. */
function resolveAliases(
  aliases: readonly AliasConfig[],
  models: readonly ModelConfig[],
): { readonly kept: AliasConfig[]; readonly warnings: string[] } {
  const offered = new Set(models.map(({ id }) => id));
  const kept: AliasConfig[] = [];
  const warnings: string[] = [];
  for (const alias of aliases) {
    const { id } = alias;
    const present = alias.variants.filter(({ modelId }) => offered.has(modelId));
    if (present.length > 0) kept.push({ ...alias, variants: present });
    const missing = alias.variants.map(({ modelId }) => modelId).filter((modelId) => !offered.has(modelId));
    if (missing.length > 0)
      warnings.push(`The alias ${id} leaves out ${missing.join(", ")}, which is not offered at present`);
  }
  return { kept, warnings };
}

function keyWarning(provider: ProviderConfig, environment: Environment): string[] {
  const { key, warning } = resolveProviderKey(provider, environment);
  if (warning !== null) return [warning];
  const isNeeded = provider.credential.source === "env" || typesThatNeedKey.has(provider.type);
  if (key !== null || !provider.enabled || provider.credential.source === "none" || !isNeeded) return [];
  const variables = [provider.credential.envName, ...keyVariables(provider.id)].filter(
    (name) => name !== null,
  );
  return [
    `Provider ${provider.id} has no API key, so its calls will be refused; set ${[...new Set(variables)].join(" or ")}`,
  ];
}
