import {
  TokenHubError,
  undeclaredCapabilities,
  type Catalogue,
  type CatalogueModel,
} from "@tokenhub/contracts";
import type { Request, RequestHandler } from "express";
import type { Authenticator } from "../../admission/authenticate.ts";
import type { Caller } from "../../admission/caller.ts";
import { surfaceOf } from "../../http/surface.ts";
import { virtualModelOf } from "../../orchestration/virtual-models.ts";

export interface ModelsDeps {
  readonly authenticate: Authenticator;
  readonly catalogue: () => Catalogue;
  /** Names of the modes of orchestration, each of which a virtual model runs. */
  readonly modes: () => readonly string[];
}

/**
 * `GET /v1/models`: what the caller's key may name, aliases and virtual models included, in the shape of the SDK that asks. A
 * key with a list of models names a virtual model only when that stands on its list, and runs it with the models on the list.
 */
export function listModels(deps: ModelsDeps): RequestHandler {
  return (request, response) => {
    const entries = modelEntries(deps, deps.authenticate(request));
    if (surfaceOf(request) === "anthropic") {
      const data = entries.map(anthropicEntry);
      response.json({
        data,
        has_more: false,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
      });
    } else response.json({ object: "list", data: entries.map(openAiEntry) });
  };
}

/** `GET /v1/models/{id}`; ids may contain `/`. @throws TokenHubError `model_not_found`. */
export function getModel(deps: ModelsDeps): RequestHandler {
  return (request, response) => {
    const caller = deps.authenticate(request);
    const id = idOf(request);
    const entry = modelEntries(deps, caller).find((candidate) => candidate.id === id);
    if (entry === undefined)
      throw new TokenHubError(
        "model_not_found",
        "No model of this name is configured. GET /v1/models lists them.",
        { param: "model" },
      );
    response.json(surfaceOf(request) === "anthropic" ? anthropicEntry(entry) : openAiEntry(entry));
  };
}

interface ModelEntry {
  readonly id: string;
  readonly ownedBy: string;
  readonly model: CatalogueModel | null;
}

function modelEntries(
  deps: Pick<ModelsDeps, "catalogue" | "modes">,
  { allowedModels }: Pick<Caller, "allowedModels">,
): ModelEntry[] {
  const catalogue = deps.catalogue();
  const enabledProviders = new Set(
    catalogue.providers.filter((provider) => provider.enabled).map((provider) => provider.id),
  );
  const models = catalogue.models.filter((model) => model.enabled && enabledProviders.has(model.providerId));
  const entries: ModelEntry[] = [
    ...models.map((model) => ({ id: model.id, ownedBy: model.providerId, model })),
    ...catalogue.aliases
      .filter((alias) => alias.enabled)
      .map((alias) => ({ id: alias.id, ownedBy: "tokenhub", model: null })),
  ];
  const taken = new Set(entries.map(({ id }) => id));
  const virtual = deps.modes().map(virtualModelOf);
  for (const id of virtual) if (!taken.has(id)) entries.push({ id, ownedBy: "tokenhub", model: null });
  return allowedModels === null ? entries : entries.filter(({ id }) => allowedModels.includes(id));
}

function openAiEntry({ id, ownedBy, model }: ModelEntry) {
  const details =
    model === null
      ? {}
      : {
          context_length: model.contextTokens === 0 ? null : model.contextTokens,
          max_output_tokens: model.maxOutputTokens,
          capabilities: model.capabilities ?? undeclaredCapabilities,
        };
  return { id, object: "model", created: 0, owned_by: ownedBy, ...details };
}

function anthropicEntry({ id }: ModelEntry) {
  return { type: "model", id, display_name: id, created_at: "1970-01-01T00:00:00Z" };
}

function idOf(request: Request): string {
  const parts: unknown = request.params["id"];
  return Array.isArray(parts) ? parts.join("/") : String(parts);
}
