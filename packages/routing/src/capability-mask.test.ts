import type { Capability } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { declaredMask, maskOf, namesOf } from "./capability-mask.ts";

const cases: [Capability[] | null, string][] = [
  [null, "chat, completion, tools, images, structured_output, reasoning, streaming"],
  [[], "chat, completion, tools, images, structured_output, reasoning, streaming"],
  [["chat", "completion"], "chat, completion, tools, images, structured_output, reasoning, streaming"],
  [["chat"], "chat, tools, images, structured_output, reasoning, streaming"],
  [["embeddings"], "embeddings, tools, images, structured_output, reasoning, streaming"],
  [["chat", "tools"], "chat, tools"],
  [["chat", "streaming"], "chat, streaming"],
  [["images"], "chat, completion, images"],
];

test.each(cases)("a model that declares %j has %s", (declared, names) => {
  expect(namesOf(declaredMask(declared))).toBe(names);
});

test("every capability has a bit of its own", () => {
  const all = namesOf(0xff).split(", ") as Capability[];
  expect(all).toHaveLength(8);
  expect(all.reduce((sum, capability) => sum + maskOf([capability]), 0)).toBe(255);
});
