import { html, nothing, type Markup } from "./html.ts";
import { listFields, type Field } from "./list-fields.ts";
import type { Parameter, Schema, Schemas } from "./open-api-document.ts";
import { renderText } from "./render-text.ts";
import { renderType } from "./render-type.ts";

interface Row {
  readonly name: Markup;
  readonly type: Markup;
  readonly isRequired: boolean;
  readonly description: string;
}

/** All fields of a schema as a table; a sentence with its type when it has none. */
export function renderSchemaFields(schema: Schema, schemas: Schemas): Markup {
  const fields = listFields(schema, { schemas });
  if (fields.length === 0) {
    const about = schema.description === undefined ? nothing : html` ${renderText(schema.description)}`;
    return html`<p>${renderType(schema)}.${about}</p>`;
  }
  const others = isOpen(schema) ? html`<p class="note">Other fields are allowed.</p>` : nothing;
  return html`${renderTable(fields.map(fieldRow))}${others}`;
}

/** Parameters or headers as a table. */
export function renderParameters(parameters: readonly Omit<Parameter, "in">[]): Markup {
  return renderTable(
    parameters.map(({ name, required = false, description, schema = {} }) => ({
      name: html`${name}`,
      type: renderType(schema),
      isRequired: required,
      description: description ?? schema.description ?? "",
    })),
  );
}

function fieldRow({ parents, name, schema, isRequired, isCut }: Field): Row {
  const path = parents === "" ? nothing : html`<span class="parents">${parents}</span>`;
  const type = renderType(schema);
  return {
    name: html`${path}${name}`,
    type: isCut ? html`${type} (its fields are in <a href="/openapi.json">openapi.json</a>)` : type,
    isRequired,
    description: schema.description ?? "",
  };
}

function renderTable(rows: readonly Row[]): Markup {
  const body = rows.map(
    ({ name, type, isRequired, description }) =>
      html`<tr>
        <td><code>${name}</code></td>
        <td>${type}</td>
        <td>${isRequired ? "required" : "optional"}</td>
        <td>${renderText(description)}</td>
      </tr> `,
  );
  return html`<table>
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Type</th>
        <th scope="col">Required</th>
        <th scope="col">Description</th>
      </tr>
    </thead>
    <tbody>
      ${body}
    </tbody>
  </table> `;
}

function isOpen({ additionalProperties }: Schema): boolean {
  return (
    additionalProperties === true ||
    (typeof additionalProperties === "object" && Object.keys(additionalProperties).length === 0)
  );
}
