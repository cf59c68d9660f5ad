import type { CatalogueIndex } from "./catalogue-index.ts";
import { closeMatches } from "./close-matches.ts";
import { headerText } from "./header-text.ts";
import { verdict } from "./verdict.ts";

const suggestionLimit = 3;
const nameLimit = 48;
const messageLimit = 299;

/**
 * The sentence for a model name nobody answers to: usable models and aliases of a similar name, with and without what
 * stands before the first `/`, and what else can be done. Header-safe, shorter than 300 characters.
 */
export function describeUnknownModel(index: CatalogueIndex, name: string): string {
  const usable = index.entries.filter((entry) => entry.standing === verdict.eligible);
  const names = [...usable.map((entry) => entry.model.id), ...index.aliases.keys()];
  const variants = new Set([name, name.slice(name.indexOf("/") + 1)]);
  const close = [...variants].flatMap((variant) => closeMatches(variant, { names, limit: suggestionLimit }));
  const suggested = [...new Set(close)]
    .slice(0, suggestionLimit)
    .map((match) => headerText(match, nameLimit));
  const hint = suggested.length > 0 ? ` Did you mean ${suggested.join(" or ")}?` : "";
  const message = `No model is called ${headerText(name, nameLimit)}.${hint} GET /v1/models lists them; without a name the server picks one.`;
  return headerText(message, messageLimit);
}
