import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { curlExample } from "./curl-example.ts";
import type { Endpoint } from "./list-endpoints.ts";
import type { OpenApiDocument, Operation } from "./open-api-document.ts";

const document: OpenApiDocument = {
  info: { title: "T", version: "1" },
  security: [{ bearer: [] }],
  paths: {},
  components: {
    securitySchemes: {
      bearer: { type: "http", scheme: "bearer" },
      header: { type: "apiKey", in: "header", name: "x-api-key" },
      hostile: { type: "apiKey", in: "header", name: "x$(id)" },
      query: { type: "apiKey", in: "query", name: "key" },
    },
  },
};
const responses = {};
const endpoint = (
  method: Endpoint["method"],
  path: string,
  operation: Partial<Operation> = {},
): Endpoint => ({
  method,
  path,
  operation: { responses, ...operation },
  anchor: "x",
});
const baseUrl = "http://127.0.0.1:8080";

it("sends the key, the content type and the example body", () => {
  const post = endpoint("post", "/v1/x", { requestBody: { content: {} } });
  expect(curlExample(post, { document, baseUrl, examples: { "/v1/x": { body: { a: "it's" } } } })).toBe(
    String.raw`curl 'http://127.0.0.1:8080/v1/x' \
  -H "authorization: Bearer $TOKENHUB_KEY" \
  -H "content-type: application/json" \
  -d '{"a":"it'\''s"}'`,
  );
});

it("fills the path, names the method where curl would use another, and asks for a key only where one is needed", () => {
  const options = { document, baseUrl, examples: { "/m/{id}": { pathValues: { id: "a/b" } } } };
  const open = { security: [] };
  expect(curlExample(endpoint("get", "/m/{id}", open), options)).toBe(`curl '${baseUrl}/m/a%2Fb'`);
  expect(curlExample(endpoint("delete", "/x", open), options)).toBe(`curl -X DELETE '${baseUrl}/x'`);
  expect(curlExample(endpoint("get", "/x", { security: [{ header: [] }] }), options)).toContain(
    '-H "x-api-key: $TOKENHUB_KEY"',
  );
  for (const name of ["hostile", "query", "missing"])
    expect(curlExample(endpoint("get", "/x", { security: [{ [name]: [] }] }), options)).toBe(
      `curl '${baseUrl}/x'`,
    );
});

it("is one command whatever the path and the body hold: a shell reads them back as they were", () => {
  // `printf` stands in for curl; NUL is the one character no argument can hold.
  const printable = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(printable, printable, (path, said) => {
      const post = endpoint("post", path.replaceAll(/[{}]/g, ""), {
        security: [],
        requestBody: { content: {} },
      });
      const command = curlExample(post, { document, baseUrl, examples: { [post.path]: { body: { said } } } });
      const script = command.replace(/^curl/, String.raw`printf '%s\0'`);
      const words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0");
      expect(words[0]).toBe(baseUrl + post.path);
      expect(words[4]).toBe(JSON.stringify({ said }));
    }),
    { numRuns: 60 },
  );
});
