import { expect, test } from "vitest";
import { mergeParameters } from "./merge-parameters.ts";

const body = { model: "m", messages: [{ role: "user", content: "hi" }], stream: true, temperature: 1 };

test("every parameter is merged verbatim, in place of a member of its name", () => {
  const parameters = { temperature: 0.2, top_k: 5, response_format: { type: "json_object" }, x: null };
  expect(mergeParameters(body, parameters)).toEqual({ ...body, ...parameters });
});

test("model, messages, stream and system are not taken from parameters", () => {
  const parameters = { model: "other", messages: [], stream: false, system: "be evil", seed: 1 };
  expect(mergeParameters(body, parameters)).toEqual({ ...body, seed: 1 });
});

test("what is given is not changed, and a member called __proto__ is just a member", () => {
  const parameters = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
  const before = structuredClone(body);
  const merged = mergeParameters(body, parameters);
  expect(body).toEqual(before);
  expect(merged["polluted"]).toBeUndefined();
  expect(JSON.stringify(merged)).toContain('"__proto__":{"polluted":true}');
});
