import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readModelList } from "./read-model-list.ts";

describe("readModelList", () => {
  test.each<[string, unknown, unknown]>([
    [
      "OpenAI's list",
      { object: "list", data: [{ id: "gpt-4o", object: "model", owned_by: "system" }] },
      [{ id: "gpt-4o", ownedBy: "system" }],
    ],
    [
      "vLLM's list, with its context",
      { data: [{ id: "qwen", owned_by: "vllm", max_model_len: 32_768 }] },
      [{ id: "qwen", ownedBy: "vllm", contextTokens: 32_768 }],
    ],
    [
      "Groq's list, with its context",
      { data: [{ id: "llama", owned_by: "Meta", context_window: 131_072 }] },
      [{ id: "llama", ownedBy: "Meta", contextTokens: 131_072 }],
    ],
    [
      "a bare list, as Together sends it",
      [{ id: "org/m", organization: "Org", context_length: 8_192 }],
      [{ id: "org/m", ownedBy: "Org", contextTokens: 8_192 }],
    ],
    [
      "Ollama's own list",
      { models: [{ name: "llama3:8b", model: "llama3:8b" }] },
      [{ id: "llama3:8b", ownedBy: null }],
    ],
    [
      "a list of names",
      ["a", "b"],
      [
        { id: "a", ownedBy: null },
        { id: "b", ownedBy: null },
      ],
    ],
    ["an empty list", { data: [] }, []],
    [
      "contexts that are none",
      { data: [{ id: "a", max_model_len: null, context_length: "8k", context_window: 0 }] },
      [{ id: "a", ownedBy: null }],
    ],
    [
      "entries without a usable name",
      {
        data: [
          null,
          3,
          "",
          {},
          { id: "" },
          { id: 7 },
          { id: "x".repeat(257) },
          { id: "a\nb" },
          { id: "good" },
        ],
      },
      [{ id: "good", ownedBy: null }],
    ],
  ])("reads %s", (_name, json, models) => {
    expect(readModelList(json)).toEqual({ models, nextPageToken: null });
  });

  test("Anthropic's pages name the next one", () => {
    const page = { data: [{ type: "model", id: "claude-a", display_name: "A" }], last_id: "claude-a" };
    expect(readModelList({ ...page, has_more: true })?.nextPageToken).toBe("claude-a");
    expect(readModelList({ ...page, has_more: false })?.nextPageToken).toBeNull();
    expect(readModelList({ ...page, has_more: true, last_id: null })?.nextPageToken).toBeNull();
  });

  test.each([null, 3, "text", {}, { data: {} }, { models: "none" }])("%j is no list", (json) => {
    expect(readModelList(json)).toBeNull();
  });

  test("whatever is sent, the names are short and printable and the contexts positive", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(fc.record({ id: fc.string() }))), (json) => {
        for (const model of readModelList(json)?.models ?? []) {
          expect(model.id).toMatch(/^\P{Cc}{1,256}$/su);
          expect(model.contextTokens ?? 1).toBeGreaterThan(0);
        }
      }),
    );
  });
});
