import { TokenHubError, type CatalogueModel, type CatalogueProvider } from "@tokenhub/contracts";
import { isBuiltIn, type AnyProvider, type ProviderDefinition } from "../definition/provider-definition.ts";
import {
  modelEntry,
  providerEntry,
  type AddProviderSettings,
  type RegisterModelSettings,
} from "./added-catalogue.ts";
import { adapterProvider, type ProviderClassOptions } from "./adapter-provider.ts";
import type { ProviderAdapterClass } from "./provider-adapter.ts";

const typeForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const methods = ["chatCompletion", "getAvailableModels", "validateApiKey"] as const;

/** What a provider module may do; given to its `register`. */
export interface ProviderExtension {
  /**
   * Makes a class usable as a provider `type`. The same class may be registered again under its name.
   *
   * @throws TokenHubError invalid_request for an unusable name or class, already_exists when the name is taken.
   */
  registerProviderClass(
    name: string,
    AdapterClass: ProviderAdapterClass,
    options?: ProviderClassOptions,
  ): void;
  /** The same for a server that speaks one of the wire formats: data and pure functions, no class. */
  registerProviderDefinition(definition: ProviderDefinition): void;
  /** Adds an instance of a type, as if it stood in the configuration. @throws TokenHubError */
  addProvider(id: string, type: string, settings?: AddProviderSettings): CatalogueProvider;
  /** Adds a model, as if it stood in the configuration. @throws TokenHubError */
  registerModel(model: RegisterModelSettings): CatalogueModel;
}

/**
 * The provider types of one process: those of the product and those that modules registered, with the instances and models
 * that modules added.
 */
export class ProviderRegistry implements ProviderExtension {
  readonly #builtIn: ReadonlyMap<string, AnyProvider>;
  readonly #registered = new Map<string, { readonly provider: AnyProvider; readonly source: unknown }>();
  readonly #providers = new Map<
    string,
    { readonly entry: CatalogueProvider; readonly apiKey: string | null }
  >();
  readonly #models = new Map<string, CatalogueModel>();

  constructor(builtIn: ReadonlyMap<string, AnyProvider>) {
    this.#builtIn = builtIn;
  }

  /** Null when there is no such type. */
  find(type: string): AnyProvider | null {
    return this.#builtIn.get(type) ?? this.#registered.get(type)?.provider ?? null;
  }

  /** Names of all types, those of the product first. */
  types(): string[] {
    return [...this.#builtIn.keys(), ...this.#registered.keys()];
  }

  // The signature is the documented one of generation A's registry, hence the positional parameters.
  registerProviderClass(
    name: string,
    AdapterClass: ProviderAdapterClass,
    options: ProviderClassOptions = {},
  ): void {
    if (!isAdapterClass(AdapterClass)) {
      throw new TokenHubError(
        "invalid_request",
        `What is registered as provider type "${name}" is no class with the methods ${methods.join(", ")}.`,
      );
    }
    this.#register(name, {
      source: AdapterClass,
      make: () => adapterProvider(name, { AdapterClass, options }),
    });
  }

  registerProviderDefinition(definition: ProviderDefinition): void {
    this.#register(definition.type, { source: definition, make: () => definition });
  }

  addProvider(id: string, type: string, settings: AddProviderSettings = {}): CatalogueProvider {
    if (this.find(type) === null) {
      throw new TokenHubError(
        "invalid_request",
        `There is no provider type "${type}"; known are ${this.types().join(", ")}.`,
      );
    }
    if (this.#providers.has(id)) {
      throw new TokenHubError("already_exists", `A provider with the id "${id}" has been added before.`);
    }
    const entry = providerEntry(id, { type, settings });
    this.#providers.set(id, { entry, apiKey: settings.apiKey ?? null });
    return entry;
  }

  registerModel(model: RegisterModelSettings): CatalogueModel {
    if (this.#models.has(model.name)) {
      throw new TokenHubError("already_exists", `A model named "${model.name}" has been registered before.`);
    }
    const entry = modelEntry(model);
    this.#models.set(entry.id, entry);
    return entry;
  }

  /** The instances that modules added. Their keys are only given one by one. */
  addedProviders(): CatalogueProvider[] {
    return [...this.#providers.values()].map(({ entry }) => entry);
  }

  registeredModels(): CatalogueModel[] {
    return [...this.#models.values()];
  }

  /** The key an instance was added with; null when it has none, or was not added by a module. */
  apiKeyOf(providerId: string): string | null {
    return this.#providers.get(providerId)?.apiKey ?? null;
  }

  /** Drops every object that holds a key, as when the vault is locked; calls under way finish, the next make new ones. */
  forgetKeys(): void {
    for (const { provider } of this.#registered.values()) if (isBuiltIn(provider)) provider.forgetKeys?.();
  }

  #register(name: string, { source, make }: { source: unknown; make: () => AnyProvider }): void {
    if (!typeForm.test(name)) {
      throw new TokenHubError(
        "invalid_request",
        `"${name}" cannot name a provider type: use letters, digits, '.', '_' and '-' (at most 64).`,
      );
    }
    const known = this.#registered.get(name);
    if (known?.source === source) return;
    if (known !== undefined || this.#builtIn.has(name)) {
      throw new TokenHubError("already_exists", `There is a provider type "${name}" already.`);
    }
    this.#registered.set(name, { provider: make(), source });
  }
}

/** Whether a value is a class with the methods of a provider. */
export function isAdapterClass(value: unknown): value is ProviderAdapterClass {
  if (typeof value !== "function") return false;
  const prototype: unknown = value.prototype;
  if (typeof prototype !== "object" || prototype === null) return false;
  return methods.every((method) => typeof (prototype as Record<string, unknown>)[method] === "function");
}
