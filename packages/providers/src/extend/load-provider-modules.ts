import { inLoadTime, operatorModuleUrl } from "@tokenhub/config";
import { providerRegistry } from "../registry.ts";
import { ProviderModuleError } from "./provider-module-error.ts";
import { isAdapterClass, type ProviderRegistry } from "./provider-registry.ts";

export interface ProviderModule {
  /** The provider type the module stands for; null: whatever it registers. */
  readonly name: string | null;
  /** Path of an ES module (`.ts`, `.js`, `.mjs`), or the name of an installed package. */
  readonly module: string;
}

export interface LoadedProviderModule extends ProviderModule {
  /** The provider types that came with it. */
  readonly types: readonly string[];
}

export interface LoadProviderModulesOptions {
  /** Relative paths begin here, and packages are looked for from here. */
  readonly baseDirectory: string;
  /** Default: the registry of the process. */
  readonly registry?: ProviderRegistry;
}

/** By registry and URL; a module runs once however often it is loaded. */
const loadedTypes = new WeakMap<ProviderRegistry, Map<string, Promise<readonly string[]>>>();

/**
 * Imports the modules one after the other and lets each register its provider types: by its exported `register(extension)`,
 * by calling `registerProviderClass` while it is imported, or, where the configuration names the type, by exporting one
 * provider class. A module is code that runs with all rights of the process, like the product itself.
 *
 * @throws ProviderModuleError when a module cannot be imported within 30 s, throws, or registers nothing.
 */
export async function loadProviderModules(
  modules: readonly ProviderModule[],
  { baseDirectory, registry = providerRegistry }: LoadProviderModulesOptions,
): Promise<LoadedProviderModule[]> {
  const loaded: LoadedProviderModule[] = [];
  for (const wanted of modules) {
    const url = sayingWhich(wanted.module, () => operatorModuleUrl(wanted.module, baseDirectory));
    const types = await loadOnce(wanted, { url, registry });
    loaded.push({ ...wanted, types });
  }
  return loaded;
}

async function loadOnce(
  wanted: ProviderModule,
  { url, registry }: { url: string; registry: ProviderRegistry },
): Promise<readonly string[]> {
  const known = loadedTypes.get(registry) ?? new Map<string, Promise<readonly string[]>>();
  loadedTypes.set(registry, known);
  const key = `${url} ${wanted.name ?? ""}`;
  let types = known.get(key);
  if (types === undefined) {
    types = inLoadTime(load(wanted, { url, registry })).catch((error: unknown) => {
      throw asModuleError(wanted.module, error);
    });
    known.set(key, types);
    types.catch(() => known.delete(key));
  }
  return await types;
}

async function load(
  { name, module }: ProviderModule,
  { url, registry }: { url: string; registry: ProviderRegistry },
): Promise<readonly string[]> {
  const before = new Set(registry.types());
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(url)) as Readonly<Record<string, unknown>>;
    if (typeof exported["register"] === "function") await exported["register"](registry);
    if (name !== null && registry.find(name) === null) registerExportedClass(exported, { name, registry });
  } catch (error) {
    throw moduleError(module, { reason: reasonOf(error), cause: error });
  }
  const added = registry.types().filter((type) => !before.has(type));
  if (name !== null && registry.find(name) === null) {
    const found = added.length === 0 ? "" : ` It registers ${added.join(", ")}.`;
    throw moduleError(module, { reason: `it does not register the provider type "${name}".${found}` });
  }
  if (name !== null) return added.includes(name) ? added : [...added, name];
  if (added.length === 0) {
    throw moduleError(module, {
      reason:
        "it registers no provider type. Export a function register(extension), or name the type in the configuration and export one provider class.",
    });
  }
  return added;
}

function registerExportedClass(
  exported: Readonly<Record<string, unknown>>,
  { name, registry }: { name: string; registry: ProviderRegistry },
): void {
  const classes = [...new Set(Object.values(exported).filter(isAdapterClass))];
  const [only, ...others] = classes;
  if (only !== undefined && others.length === 0) registry.registerProviderClass(name, only);
}

/** @throws ProviderModuleError for whatever the work throws. */
function sayingWhich<Result>(module: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw asModuleError(module, cause);
  }
}

function asModuleError(module: string, cause: unknown): ProviderModuleError {
  return cause instanceof ProviderModuleError
    ? cause
    : moduleError(module, { reason: reasonOf(cause), cause });
}

function moduleError(
  module: string,
  { reason, cause }: { reason: string; cause?: unknown },
): ProviderModuleError {
  return new ProviderModuleError(`The provider module "${module}" cannot be used: ${reason}`, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
