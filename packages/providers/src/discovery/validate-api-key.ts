import { isBuiltIn, type BuiltInProvider } from "../definition/provider-definition.ts";
import { findProvider } from "../registry.ts";
import { askInTime, askModels, type ModelsAnswer, type ProviderTarget } from "./ask-models.ts";

export interface KeyValidation {
  /** `unknown`: the key was not put to the test, because the provider could not be asked or lets anybody in. */
  readonly kind: "valid" | "invalid" | "unknown";
  /** One sentence for a person. */
  readonly detail: string;
}

/**
 * Whether a provider takes a key, found out by asking for its models: no call is paid for.
 *
 * | answer                                                         | verdict |
 * |----------------------------------------------------------------|---------|
 * | a list of models                                               | valid; unknown when the list is given without a key too |
 * | 401                                                            | invalid |
 * | 403, which known keys of limited scope get as well             | unknown |
 * | an account without credit                                      | valid   |
 * | no key where one is required                                   | invalid |
 * | anything else                                                  | unknown |
 */
export async function validateApiKey(target: ProviderTarget): Promise<KeyValidation> {
  const definition = target.definition ?? findProvider(target.provider.type);
  if (definition !== null && isBuiltIn(definition)) return validateBuiltIn(target, definition);
  const answer = await askModels(target);
  if (answer.kind === "failed") return afterFailure(answer);
  const mayBeOpen = definition?.credential === "optional" && (target.apiKey ?? "") !== "";
  if (mayBeOpen && (await askModels({ ...target, apiKey: null })).kind === "found") {
    return verdict("unknown", "The server lists its models to anybody, so the key was not put to the test.");
  }
  const models = answer.models.length === 1 ? "1 model" : `${answer.models.length} models`;
  return (target.apiKey ?? "") === ""
    ? verdict("valid", `The server needs no key to list its models (${models}).`)
    : verdict("valid", `The provider accepted the key and lists ${models}.`);
}

/**
 * Which of several providers take their keys. An `unknown` counts as false.
 *
 * @example await validateAll([{ provider, apiKey }]) // Map { "openai" => true }
 */
export async function validateAll(targets: readonly ProviderTarget[]): Promise<ReadonlyMap<string, boolean>> {
  const verdicts = await Promise.all(
    targets.map(async (target): Promise<[string, boolean]> => {
      const { kind } = await validateApiKey(target);
      return [target.provider.id, kind === "valid"];
    }),
  );
  return new Map(verdicts);
}

async function validateBuiltIn(target: ProviderTarget, definition: BuiltInProvider): Promise<KeyValidation> {
  if (definition.credential === "required" && (target.apiKey ?? "") === "") return noKey();
  const asked = await askInTime(target, {
    definition,
    ask: (settings) => definition.validateApiKey(settings),
  });
  if (asked.kind === "answered") {
    return asked.answer
      ? verdict("valid", "The provider accepts the key.")
      : verdict("invalid", "The provider refuses the key.");
  }
  const { failure } = asked;
  if (failure.class === "auth") return verdict("invalid", "The provider refuses the key.");
  return verdict("unknown", `The provider could not be asked: ${failure.message}`);
}

function afterFailure({ failure }: Extract<ModelsAnswer, { kind: "failed" }>): KeyValidation {
  if (failure.class === "quota_exhausted") {
    return verdict("valid", "The provider knows the key, but its account has no quota or credit left.");
  }
  if (failure.class !== "auth") {
    return verdict("unknown", `The provider could not be asked: ${failure.message}`);
  }
  if (failure.providerStatus === 403) {
    return verdict("unknown", "The provider does not let this key list its models (HTTP 403).");
  }
  return failure.providerStatus === null
    ? verdict("invalid", failure.message)
    : verdict("invalid", `The provider refused the key (HTTP ${failure.providerStatus}).`);
}

function noKey(): KeyValidation {
  return verdict("invalid", "The provider has no API key configured.");
}

function verdict(kind: KeyValidation["kind"], detail: string): KeyValidation {
  return { kind, detail };
}
