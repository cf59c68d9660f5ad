import { expect, test } from "vitest";
import { capabilityNames, completeCapabilities, parseCapability } from "./capability.ts";

test.each([
  ["chat", "chat"],
  ["embedding", "embeddings"],
  ["Embeddings", "embeddings"],
  ["vision", "images"],
  ["json", "structured_output"],
  ["structured-output", "structured_output"],
  ["function calling", "tools"],
  ["completion", "completion"],
])("%s is %s", (text, name) => {
  expect(parseCapability(text)).toBe(name);
});

test("every name is its own spelling and anything else is unknown", () => {
  for (const name of capabilityNames) expect(parseCapability(name)).toBe(name);
  expect(parseCapability("telepathy")).toBeNull();
  expect(parseCapability("constructor")).toBeNull();
});

test("S4-30: a list of operations limits the operations and leaves every chat feature on", () => {
  expect(new Set(completeCapabilities(["chat", "completion"]))).toEqual(
    new Set(capabilityNames.filter((name) => name !== "embeddings")),
  );
  expect(completeCapabilities(["embeddings", "embeddings"])).toEqual(["embeddings"]);
});

test("a list that names a feature is exact", () => {
  expect(completeCapabilities(["chat", "tools"])).toEqual(["chat", "tools"]);
});
