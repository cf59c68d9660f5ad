import { describeLimits } from "./describe-limits.ts";
import { html, joinMarkup, type Markup } from "./html.ts";
import type { Schema } from "./open-api-document.ts";
import { referencedName, schemaAnchor } from "./schema-reference.ts";

/** Says in one phrase what a value is, e.g. `array of OpenAiMessage (at least 1 item)`; names link to their schemas. */
export function renderType(schema: Schema): Markup {
  const name = referencedName(schema);
  if (name !== null) return html`<a href="#${schemaAnchor(name)}">${name}</a>`;
  const union = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const base =
    union.length > 0
      ? joinDistinct(union.map(renderType), " or ")
      : schema.allOf === undefined
        ? renderPlainType(schema)
        : joinDistinct(schema.allOf.map(renderType), " and ");
  const limits = describeLimits(schema);
  return limits.length === 0 ? base : html`${base} (${limits.join(", ")})`;
}

function renderPlainType(schema: Schema): Markup {
  if (schema.enum !== undefined) return joinDistinct(schema.enum.map(renderValue), " or ");
  if (schema.const !== undefined) return renderValue(schema.const);
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["any"]);
  return joinDistinct(
    types.map((type) => renderNamedType(type, schema)),
    " or ",
  );
}

function renderNamedType(type: string, { items, additionalProperties }: Schema): Markup {
  if (type === "array" && items !== undefined) return html`array of ${asOperand(items)}`;
  const isMap = typeof additionalProperties === "object" && Object.keys(additionalProperties).length > 0;
  return type === "object" && isMap ? html`map of ${asOperand(additionalProperties)}` : html`${type}`;
}

/** In brackets when it would be unclear where it ends. */
function asOperand(schema: Schema): Markup {
  const type = renderType(schema);
  return / (?:or|and) /.test(type.markup) ? html`(${type})` : type;
}

function renderValue(value: unknown): Markup {
  return html`<code>${JSON.stringify(value) ?? String(value)}</code>`;
}

function joinDistinct(pieces: readonly Markup[], separator: string): Markup {
  const distinct = new Map(pieces.map((piece) => [piece.markup, piece]));
  return joinMarkup([...distinct.values()], separator);
}
