import { adminScheme, keyHeader, type CurlContext } from "./curl-example.ts";
import { html, joinMarkup, nothing, type Markup } from "./html.ts";
import { groupEndpoints, type Endpoint, type EndpointGroup } from "./list-endpoints.ts";
import type { OpenApiDocument, Schema, Schemas } from "./open-api-document.ts";
import { pageStyle } from "./page-style.ts";
import { renderEndpoint } from "./render-endpoint.ts";
import { renderSchemaFields } from "./render-field-table.ts";
import { renderParagraph, renderText } from "./render-text.ts";
import { schemaAnchor } from "./schema-reference.ts";

/** In one piece: the policy's hash is over every character between the tags. */
const styleElement: Markup = { markup: `<style>${pageStyle}</style>` };

/**
 * The whole API reference as one HTML page: no script, nothing to load, every text of the document escaped. The document
 * is trusted to have the form of OpenAPI, not to be harmless.
 */
export function renderPage(document: OpenApiDocument, where: Omit<CurlContext, "document">): string {
  const { title, version, description } = document.info;
  const groups = groupEndpoints(document);
  const schemas = document.components?.schemas ?? {};
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} API</title>
        ${styleElement}
      </head>
      <body>
        <header>
          <h1>${title} API <small class="version">${version}</small></h1>
          ${renderParagraph(description)}
          <p>The same as an OpenAPI document: <a href="/openapi.json">openapi.json</a></p>
        </header>
        ${renderContents(groups, schemas)}
        <main>
          ${renderAuthentication(document)}
          ${groups.map((group) => renderGroup(group, { ...where, document }))} ${renderSchemas(schemas)}
        </main>
      </body>
    </html> `;
  return page.markup;
}

function renderContents(groups: readonly EndpointGroup[], schemas: Schemas): Markup {
  const endpointLink = ({ anchor, method, path, operation }: Endpoint): Markup =>
    html`<li>
      <a href="#${anchor}"><span class="method">${method.toUpperCase()}</span> <code>${path}</code></a>
      ${renderText(operation.summary ?? "")}
    </li> `;
  const schemaLinks = Object.keys(schemas).map((name) => html`<a href="#${schemaAnchor(name)}">${name}</a>`);
  return html`<nav aria-label="Contents">
    ${groups.map(
      ({ tag, endpoints }) =>
        html`<h2>${tag}</h2>
          <ul>
            ${endpoints.map(endpointLink)}
          </ul>`,
    )}
    <p><a href="#authentication">Authentication</a>. Schemas: ${joinMarkup(schemaLinks, ", ")}</p>
  </nav> `;
}

function renderAuthentication({ components }: OpenApiDocument): Markup {
  const { [adminScheme]: admin, ...schemes } = components?.securitySchemes ?? {};
  const headers = Object.values(schemes)
    .map(keyHeader)
    .filter((header) => header !== null)
    .map((header) => html`<code>${header}&lt;key&gt;</code>`);
  return html`<section id="authentication">
    <h2>Authentication</h2>
    <p>
      Send a key in one of these headers: ${joinMarkup(headers, " or ")}. The examples take it from the
      variable <code>TOKENHUB_KEY</code>. A gateway that listens on a loopback address only may be open: it
      serves requests without a key too, but refuses a wrong one.
    </p>
    ${
      admin === undefined
        ? nothing
        : html`<p>
            The administration takes the admin token or the admin password instead; its examples take it from
            <code>TOKENHUB_ADMIN_TOKEN</code>.
          </p>`
    }
  </section> `;
}

function renderGroup({ tag, description, endpoints }: EndpointGroup, context: CurlContext): Markup {
  return html`<section>
    <h2>${tag}</h2>
    ${renderParagraph(description)} ${endpoints.map((endpoint) => renderEndpoint(endpoint, context))}
  </section> `;
}

function renderSchemas(schemas: Schemas): Markup {
  const entry = ([name, schema]: [string, Schema]): Markup =>
    html`<article id="${schemaAnchor(name)}">
      <h3><code>${name}</code></h3>
      ${renderParagraph(schema.description)} ${renderSchemaFields(schema, schemas)}
    </article> `;
  return html`<section>
    <h2>Schemas</h2>
    ${Object.entries(schemas).map(entry)}
  </section> `;
}
