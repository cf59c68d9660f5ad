import { expect, it } from "vitest";
import { contentText, promptBytes } from "./prompt-text.ts";

it("reads the text of a string and of content parts", () => {
  expect(contentText("plain")).toBe("plain");
  expect(contentText([{ type: "text", text: "a" }, { type: "image_url" }, { type: "text", text: "b" }])).toBe(
    "ab",
  );
  expect(contentText(null)).toBe("");
});

it("counts UTF-8 bytes of text at any depth, and no names of roles, types and ids", () => {
  expect(promptBytes([{ role: "user", content: "héllo" }])).toBe(6);
  const parts = [{ type: "tool_result", tool_use_id: "toolu_1", content: [{ type: "text", text: "1234" }] }];
  expect(promptBytes([{ role: "user", content: parts }])).toBe(4);
  expect(promptBytes(undefined)).toBe(0);
});
