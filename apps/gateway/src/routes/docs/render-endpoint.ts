import { curlExample, type CurlContext } from "./curl-example.ts";
import { html, nothing, type Markup } from "./html.ts";
import type { Endpoint } from "./list-endpoints.ts";
import type { Content, Operation, ResponseEntry, Schemas } from "./open-api-document.ts";
import { renderParameters, renderSchemaFields } from "./render-field-table.ts";
import { renderParagraph, renderText } from "./render-text.ts";

/** One endpoint: what it takes, what it answers, and a command to try it. */
export function renderEndpoint(endpoint: Endpoint, context: CurlContext): Markup {
  const { method, path, operation, anchor } = endpoint;
  const schemas = context.document.components?.schemas ?? {};
  const { summary, description, parameters = [], responses } = operation;
  return html`<article id="${anchor}">
    <h3><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h3>
    ${renderParagraph(summary)} ${renderParagraph(description)}
    <pre><code>${curlExample(endpoint, context)}</code></pre>
    ${
      parameters.length === 0
        ? nothing
        : html`<h4>Parameters</h4>
            ${renderParameters(parameters)}`
    }
    ${renderRequestBody(operation, schemas)}
    <h4>Responses</h4>
    ${Object.entries(responses).map(([status, response]) => renderResponse(status, { response, schemas }))}
  </article> `;
}

function renderRequestBody({ requestBody }: Operation, schemas: Schemas): Markup {
  if (requestBody === undefined) return nothing;
  const { description, required = false, content } = requestBody;
  return html`<h4>Request body${required ? "" : " (optional)"}</h4>
    ${renderParagraph(description)} ${renderContent(content, schemas)}`;
}

function renderResponse(
  status: string,
  { response, schemas }: { readonly response: ResponseEntry; readonly schemas: Schemas },
): Markup {
  const headers = Object.entries(response.headers ?? {}).map(([name, header]) => ({ name, ...header }));
  return html`<details>
    <summary><b>${status}</b> ${renderText(response.description)}</summary>
    ${
      headers.length === 0
        ? nothing
        : html`<h5>Headers</h5>
            ${renderParameters(headers)}`
    }
    ${renderContent(response.content ?? {}, schemas)}
  </details> `;
}

function renderContent(content: Content, schemas: Schemas): Markup {
  const parts = Object.entries(content).map(
    ([mediaType, { schema = {} }]) =>
      html`<h5><code>${mediaType}</code></h5>
        ${renderSchemaFields(schema, schemas)}`,
  );
  return html`${parts}`;
}
