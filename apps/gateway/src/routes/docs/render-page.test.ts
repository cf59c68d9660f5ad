import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildOpenApiDocument } from "../openapi/document.ts";
import { groupEndpoints } from "./list-endpoints.ts";
import type { OpenApiDocument } from "./open-api-document.ts";
import { renderPage } from "./render-page.ts";
import { requestExamples } from "./request-examples.ts";

const document = buildOpenApiDocument() as OpenApiDocument;
const render = (shown: OpenApiDocument): string =>
  renderPage(shown, { baseUrl: "http://host:1", examples: requestExamples });
const page = render(document);

describe("the page of this API", () => {
  it("has every endpoint with its summary, its fields and an example, under its tag", () => {
    const endpoints = groupEndpoints(document).flatMap((group) => group.endpoints);
    expect(endpoints.length).toBeGreaterThan(5);
    expect(groupEndpoints(document).map(({ tag }) => tag)).toEqual([
      "Native",
      "Orchestrations",
      "Jobs",
      "Webhooks",
      "OpenAI",
      "Anthropic",
      "Batches",
      "Operations",
    ]);
    for (const { path, operation, anchor } of endpoints) {
      const section = sectionOf(anchor);
      expect(section).toContain(`<code>${path}</code>`);
      expect(textOf(section)).toContain(operation.summary);
      expect(textOf(section)).toMatch(/curl (?:-X [A-Z]+ )?'http:\/\/host:1\/[^'{}]+'/);
    }
    const chat = textOf(sectionOf("post-v1-chat-completions")).replaceAll(/\s+/g, " ");
    expect(chat).toContain("messages array of OpenAiMessage (at least 1 item) required");
    expect(chat).toContain('messages[].role "system" or "developer" or "user"');
    expect(chat).toContain("tokenhub.allow_fallback boolean optional Lets other models answer");
    expect(chat).toContain("x-request-id string required Quote it to the operator.");
  });

  it("every endpoint with a body or a name in its path has an example of its own", () => {
    const endpoints = groupEndpoints(document).flatMap((group) => group.endpoints);
    const withBody = endpoints.filter(({ operation }) => operation.requestBody !== undefined);
    const withoutBody = withBody.filter(
      ({ path }) => requestExamples[path]?.body === undefined && requestExamples[path]?.form === undefined,
    );
    const withoutValue = endpoints.filter(({ path }) =>
      [...path.matchAll(/\{([^}]*)\}/g)].some(
        (match) => requestExamples[path]?.pathValues?.[match[1] ?? ""] === undefined,
      ),
    );
    expect(withBody.length).toBeGreaterThan(0);
    expect([...withoutBody, ...withoutValue].map(({ path }) => path)).toEqual([]);
  });

  it("every schema has a section, ids are unique, and every link on the page has its target", () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const name of Object.keys(document.components?.schemas ?? {}))
      expect(ids).toContain(`schema-${name}`);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  it("is well-formed, runs nothing and loads nothing", () => {
    const tags = tagsOf(page);
    expect(unclosedOf(tags)).toEqual([]);
    const allowed = new Set([
      "html",
      "class",
      "id",
      "href",
      "lang",
      "charset",
      "name",
      "content",
      "scope",
      "aria-label",
    ]);
    for (const { name, attributes } of tags) {
      expect(["script", "link", "img", "iframe", "object", "embed", "form", "base"]).not.toContain(name);
      for (const attribute of attributes) expect(allowed).toContain(attribute);
    }
    expect(page).not.toMatch(/@import|url\(/);
    for (const [, target = ""] of page.matchAll(/href="([^"]*)"/g))
      expect(target).toMatch(/^(?:#|\/openapi\.json$)/);
  });
});

describe("a document with hostile texts", () => {
  const skeleton = tagsOf(render(poisoned(document, "x")));

  function expectHarmless(text: string): void {
    const hostile = render(poisoned(document, text));
    expect(tagsOf(hostile)).toEqual(skeleton);
    expect(textOf(hostile)).toContain(`Create a chat completion${text}`);
  }

  it.each([
    "<script>alert(1)</script>",
    `"><img src=x onerror=alert(1)>`,
    "' autofocus onfocus='alert(1)",
    "</style></title></code></pre><h1>",
    "<!-- ",
    "&lt;b&gt; &amp;",
    "javascript:alert(1)//",
    "${1} \\u003cscript\\u003e \u2028",
  ])("gives the same elements and attributes, and the text as text: %s", expectHarmless);

  it("gives the same elements and attributes whatever the text", () => {
    const nasty = fc.string({
      unit: fc.constantFrom("<", ">", '"', "'", "&", "/", "=", "!", "-", ";", " ", "script", "on"),
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(fc.property(nasty, expectHarmless), { numRuns: 20 });
  }, 30_000);
});

it("a small document without tags, components or descriptions is a page as well", () => {
  const small = render({
    info: { title: "Small", version: "1" },
    paths: { "/a": { get: { responses: { "204": { description: "" } } } } },
  });
  expect(unclosedOf(tagsOf(small))).toEqual([]);
  expect(textOf(small)).toContain("curl 'http://host:1/a'");
  expect(small).toContain("Other");
});

interface Tag {
  readonly name: string;
  readonly isEnd: boolean;
  readonly attributes: readonly string[];
}

/** Every tag; fails on a `<` or `>` that belongs to none. */
function tagsOf(markup: string): Tag[] {
  const tags: Tag[] = [];
  const rest = markup
    .replace(/<style>[^<]*<\/style>/, "")
    .replaceAll(
      /<(\/?)(!doctype|[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*\/?>/g,
      (_, slash, name, written) => {
        const attributes = [...String(written).matchAll(/([a-z-]+)(?:="[^"]*")?/g)].map(
          (match) => match[1] ?? "",
        );
        tags.push({ name: String(name), isEnd: slash === "/", attributes });
        return "";
      },
    );
  expect(rest).not.toMatch(/[<>]/);
  return tags;
}

/** The elements that are not closed in the order in which they were opened. */
function unclosedOf(tags: readonly Tag[]): string[] {
  const open: string[] = [];
  for (const { name, isEnd } of tags) {
    if (name === "meta" || name === "!doctype") continue;
    if (!isEnd) open.push(name);
    else if (open.pop() !== name) return [`</${name}> without its beginning`];
  }
  return open;
}

function textOf(markup: string): string {
  return markup
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

function sectionOf(anchor: string): string {
  const start = page.indexOf(`<article id="${anchor}">`);
  expect(start).toBeGreaterThan(0);
  return page.slice(start, page.indexOf("</article>", start));
}

const textKeys = new Set([
  "description",
  "summary",
  "title",
  "version",
  "default",
  "const",
  "format",
  "pattern",
]);
const keyedByText = new Set(["properties", "paths", "content", "responses", "headers", "schemas"]);
const lists = new Set(["enum", "tags", "required"]);

/** The document with the text added to everything that is written in it, names included. */
function poisoned(shown: OpenApiDocument, text: string): OpenApiDocument {
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === "string") {
      if (key === "$ref") return value + text.replaceAll("~", "~0").replaceAll("/", "~1");
      return textKeys.has(key) || lists.has(key) ? value + text : value;
    }
    if (Array.isArray(value)) return value.map((entry) => visit(entry, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        keyedByText.has(key) ? name + text : name,
        // A name in a map may itself be the name of a text key.
        visit(inner, keyedByText.has(key) ? "" : name),
      ]),
    );
  };
  return visit(shown, "") as OpenApiDocument;
}
