import { TokenHubError } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { withModel } from "./with-model.ts";

test.each([
  ["/v1/chat/completions", '{ "model":"a", "n": 1.0 }', '{ "model":"b", "n": 1.0 }'],
  ["/v1/messages", '{"max_tokens":1}', '{"max_tokens":1,"model":"b"}'],
  ["/v1/chat", '{"model":"a","messages":[]}', '{"model":"b","messages":[]}'],
  ["/v1/chat", '{"request":{"model_hint":"a"},"policy":{}}', '{"request":{"model_hint":"b"},"policy":{}}'],
  ["/v1/chat", '{"request":{"messages":[]}}', '{"request":{"messages":[],"model_hint":"b"}}'],
])("a request to %s names the other model where its format has it: %s", (endpoint, before, after) => {
  expect(withModel(before, { endpoint, model: "b" })).toBe(after);
});

test("an orchestration, which is for several models, takes no other", () => {
  expect(() => withModel('{"prompt":"x"}', { endpoint: "/v1/adversarial", model: "b" })).toThrow(
    TokenHubError,
  );
});
