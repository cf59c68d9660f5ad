import { isEntryName, providerKeyName, secretName } from "../entry-name.ts";
import type { ImportFormat } from "./import-source.ts";

const providerKeyPatterns: Readonly<Record<ImportFormat, RegExp | null>> = {
  tokenhub: null,
  "generation-a": /^provider_(.+)_api_key$/s,
  "generation-b": /^(.+)_api_key$/s,
  "generation-c": null,
};

/**
 * The name an imported entry gets here:
 *
 * | from         | name there                | name here               |
 * |--------------|---------------------------|-------------------------|
 * | any          | already of our form       | the same                |
 * | generation A | `provider_{name}_api_key` | `provider:{name}:api_key` |
 * | generation B | `{name}_api_key`          | `provider:{name}:api_key` |
 * | any          | anything else             | `secret:{name}`         |
 */
export function renameEntry(name: string, format: ImportFormat): string {
  if (isEntryName(name)) return name;
  const providerId = providerKeyPatterns[format]?.exec(name)?.[1];
  return providerId === undefined ? secretName(name) : providerKeyName(providerId);
}
