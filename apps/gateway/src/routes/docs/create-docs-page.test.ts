import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { createDocsPage } from "./create-docs-page.ts";

const page = createDocsPage({
  info: { title: "T", version: "1" },
  paths: { "/a": { get: { responses: {} } }, "/b": { get: { responses: {} } } },
});

it("the policy allows the page's own style sheet, to the byte, and nothing else", () => {
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page.at("http://h")) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  const directives = page.contentSecurityPolicy.split("; ");
  expect(directives).toContain("default-src 'none'");
  expect(directives).toContain(`style-src 'sha256-${hash}'`);
  expect(directives).toContain("base-uri 'none'");
  expect(directives).toContain("frame-ancestors 'none'");
  expect(page.contentSecurityPolicy).not.toMatch(/unsafe|\*|https?:/);
});

it("every example shows the address by which the reader came, escaped", () => {
  expect(page.at("https://one").match(/https:\/\/one\/[ab]&#39;/g)).toHaveLength(2);
  expect(page.at("http://two")).not.toContain("https://one");
  expect(page.at("<script>")).not.toContain("<script");
});
