import { placeholdersOf } from "./fill-template.ts";
import type { RunMode } from "./run-mode.ts";

export type TemplateResolution =
  | { readonly kind: "ok"; readonly templates: Record<string, string> }
  /** `name` is the template at fault, `message` a whole sentence for the operator. */
  | { readonly kind: "invalid"; readonly name: string; readonly message: string };

/**
 * The prompts a run of this mode begins with: the mode's own, with the operator's in place of those they name. An
 * operator's prompt may use the placeholders of the one it replaces and has to use all of them, for without the
 * material a model would be asked about nothing; an empty text sends no message where the mode's own text has no material.
 */
export function resolveTemplates(
  mode: Pick<RunMode, "name" | "templates">,
  overrides: Readonly<Record<string, string>> = {},
): TemplateResolution {
  const templates: Record<string, string> = { ...mode.templates };
  for (const [name, text] of Object.entries(overrides)) {
    const original = Object.hasOwn(mode.templates, name) ? mode.templates[name] : undefined;
    if (original === undefined) {
      const names = Object.keys(mode.templates).join(", ");
      return {
        kind: "invalid",
        name,
        message: `Mode \`${mode.name}\` has no template \`${name}\`; it has ${names}.`,
      };
    }
    const known = placeholdersOf(original);
    const used = placeholdersOf(text);
    const unknown = used.find((placeholder) => !known.includes(placeholder));
    if (unknown !== undefined) {
      const names = known.length === 0 ? "none" : known.map((placeholder) => `{{${placeholder}}}`).join(", ");
      const message = `Template \`${name}\` of mode \`${mode.name}\` uses the unknown placeholder {{${unknown}}}; it may use ${names}.`;
      return { kind: "invalid", name, message };
    }
    const missing = known.find((placeholder) => !used.includes(placeholder));
    if (missing !== undefined) {
      const message = `Template \`${name}\` of mode \`${mode.name}\` has to use the placeholder {{${missing}}}.`;
      return { kind: "invalid", name, message };
    }
    templates[name] = text;
  }
  return { kind: "ok", templates };
}
