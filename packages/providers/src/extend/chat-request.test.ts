import { describe, expect, test } from "vitest";
import { readChatRequest } from "./chat-request.ts";
import type { ChatRequest } from "./provider-adapter.ts";

const { signal } = new AbortController();

function read(body: Record<string, unknown>): ChatRequest {
  const reading = readChatRequest(body, { model: "m", signal });
  if (reading.kind === "refused") throw new Error(reading.failure.message);
  return reading.request;
}

describe("a ChatRequest", () => {
  test("S0-44: holds messages, model, max_tokens and temperature, with the whole body beside them", () => {
    const body = {
      model: "client-name",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "one" },
            { type: "text", text: "two" },
          ],
        },
        { role: "assistant", content: null },
      ],
      max_tokens: 20,
      temperature: 0,
      seed: 7,
    };
    expect(read(body)).toEqual({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "one\ntwo" },
        { role: "assistant", content: "" },
      ],
      model: "m",
      max_tokens: 20,
      temperature: 0,
      body,
      signal,
    });
  });

  test("leaves out what was not asked for, and takes the newer name of max_tokens", () => {
    expect(Object.keys(read({ messages: [] })).toSorted()).toEqual(["body", "messages", "model", "signal"]);
    expect(read({ messages: [], max_completion_tokens: 5, max_tokens: 9 }).max_tokens).toBe(5);
    expect(read({ messages: "none", max_tokens: "5", temperature: null })).toMatchObject({ messages: [] });
  });

  test.each<[string, Record<string, unknown>]>([
    ["tools", { tools: [{ type: "function", function: { name: "f" } }] }],
    ["several answers", { n: 2 }],
    [
      "content other than text",
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }] },
    ],
  ])("a request for %s is refused, not answered as if it had asked for less", (what, fields) => {
    const reading = readChatRequest({ messages: [], ...fields }, { model: "m", signal });
    expect(reading).toMatchObject({
      kind: "refused",
      failure: { class: "bad_request", code: "invalid_request", message: expect.stringContaining(what) },
    });
  });

  test("tools that must not be called are no obstacle", () => {
    expect(read({ messages: [], tools: [{}], tool_choice: "none", n: 1 }).model).toBe("m");
  });
});
