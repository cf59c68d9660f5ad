import { expect, test } from "vitest";
import { placeholdersOf } from "./fill-template.ts";
import { builtInModes } from "./mode-registry.ts";
import { resolveTemplates } from "./resolve-templates.ts";
import { modeNamed } from "./test-runs.ts";

const mode = modeNamed("adversarial");

test("an operator's prompts take the place of those they name", () => {
  const resolved = resolveTemplates(mode, {
    "critique.system": "Be kind.",
    "critique.ask": "Look: {{ plan }}",
  });
  expect(resolved).toEqual({
    kind: "ok",
    templates: { ...mode.templates, "critique.system": "Be kind.", "critique.ask": "Look: {{ plan }}" },
  });
  expect(resolveTemplates(mode)).toEqual({ kind: "ok", templates: mode.templates });
});

test.each([
  ["critique.asked", "x", "has no template `critique.asked`"],
  ["toString", "x", "has no template `toString`"],
  ["critique.ask", "{{plan}} {{plans}}", "unknown placeholder {{plans}}; it may use {{plan}}"],
  ["critique.system", "{{plan}}", "unknown placeholder {{plan}}; it may use none"],
  ["critique.ask", "Be harsh.", "has to use the placeholder {{plan}}"],
])("prompt %s = %j is refused", (name, text, words) => {
  const resolved = resolveTemplates(mode, { [name]: text });
  expect(resolved).toMatchObject({ kind: "invalid", name });
  expect(resolved.kind === "invalid" && resolved.message).toContain(words);
});

test("the product's own prompts pass as overrides of themselves, and only asks have placeholders", () => {
  for (const builtIn of builtInModes) {
    expect(resolveTemplates(builtIn, builtIn.templates)).toEqual({
      kind: "ok",
      templates: builtIn.templates,
    });
    for (const [name, text] of Object.entries(builtIn.templates))
      expect(placeholdersOf(text).length > 0).toBe(name.includes(".ask"));
  }
});
