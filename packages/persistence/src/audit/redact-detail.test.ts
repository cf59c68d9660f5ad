import { expect, test } from "vitest";
import { redactDetail } from "./redact-detail.ts";

test("text under a name that says secret is replaced, however deep", () => {
  const detail = {
    api_key: "sk-1",
    nested: [
      { newPassword: "hunter2", clientSecret: "s", "X-Auth-Token": "t", apiKey: "k", Authorization: "b" },
    ],
    secrets: ["kept by position, not by name"],
  };
  const kept = redactDetail(detail) ?? "";
  for (const secret of ["sk-1", "hunter2", '"s"', '"t"', '"k"', '"b"']) expect(kept).not.toContain(secret);
});

test("names that only mention a key or a token stay readable", () => {
  const detail = { keyId: "key_1", tokenPrefix: "adm-1", max_tokens: 5, token: 7, key_prefix: "tokenhub_" };
  expect(JSON.parse(redactDetail(detail) ?? "")).toEqual(detail);
});

test("long texts are cut and a long detail is replaced by the names of its fields", () => {
  expect(JSON.parse(redactDetail({ text: "x".repeat(5_000) }) ?? "")).toEqual({
    text: `${"x".repeat(1_000)}...`,
  });
  const many = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`field${index}`, "y".repeat(500)]),
  );
  const kept = redactDetail(many) ?? "";
  expect(kept.length).toBeLessThan(8_000);
  expect(JSON.parse(kept)).toMatchObject({ truncated: true, fields: expect.arrayContaining(["field0"]) });
});

test("nothing to tell is null", () => {
  expect([redactDetail(null), redactDetail(undefined), redactDetail(() => 1)]).toEqual([null, null, null]);
});
