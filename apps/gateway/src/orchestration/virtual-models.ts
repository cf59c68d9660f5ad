import { resolveTarget, type CatalogueIndex } from "@tokenhub/routing";

const prefix = "tokenhub/";

/** The model name under which any client runs an orchestration of this mode. */
export function virtualModelOf(mode: string): string {
  return prefix + mode;
}

/**
 * The mode a model name stands for; null when it names none. A model or alias that is really called so wins.
 * @param modes names of the modes there are.
 */
export function modeOfVirtualModel(
  name: string | null,
  { modes, index }: { readonly modes: readonly string[]; readonly index: CatalogueIndex },
): string | null {
  const trimmed = name?.trim() ?? "";
  if (!trimmed.startsWith(prefix)) return null;
  const mode = trimmed.slice(prefix.length);
  if (!modes.includes(mode)) return null;
  return resolveTarget(index, trimmed).kind === "unknown" ? mode : null;
}
