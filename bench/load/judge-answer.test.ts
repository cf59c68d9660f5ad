import { describe, expect, test } from "vitest";
import { answerTokens } from "../scenarios.ts";
import { hasText, judgeChatAnswer, judgeStreamAnswer } from "./judge-answer.ts";
import { questionsFor } from "./question.ts";

const question = questionsFor({ model: "bench-chat-0ms", stream: false })(7);
const other = questionsFor({ model: "bench-chat-0ms", stream: false })(8);

describe("questionsFor", () => {
  test("the expected answer has the token count that is checked, and fits the part of the question that is echoed", () => {
    const { expectedText, body } = questionsFor({ model: "bench-stream-60ms", stream: true })(999_999_999);
    const asked: { messages: { content: string }[] } = JSON.parse(body);
    expect(expectedText.split(" ")).toHaveLength(answerTokens);
    expect(asked.messages.at(-1)?.content.length).toBeLessThanOrEqual(200);
    expect(expectedText.endsWith(asked.messages.at(-1)?.content ?? "-")).toBe(true);
  });
});

describe("judgeChatAnswer", () => {
  test("the answer to the question is right", () => {
    expect(judgeChatAnswer(chatAnswer(question.expectedText), question)).toBeNull();
  });

  test("the answer to another caller's question is wrong", () => {
    expect(judgeChatAnswer(chatAnswer(other.expectedText), question)).toBe("the answer has another text");
  });

  test("an answer that lost its token count is wrong", () => {
    expect(judgeChatAnswer(chatAnswer(question.expectedText, { tokens: 29 }), question)).toMatch(/usage/);
  });

  test("text that is no JSON is a wrong answer, not a crash", () => {
    expect(judgeChatAnswer("<html>", question)).toBe("the answer is not JSON");
  });
});

describe("judgeStreamAnswer", () => {
  const right = streamEvents(question.expectedText);

  test("a complete stream is right, and its text events are counted", () => {
    expect(judgeStreamAnswer(right, question)).toEqual({ problem: null, textEvents: answerTokens });
  });

  test.each([
    ["its end", right.slice(0, -1), "[DONE]"],
    ["a token", right.filter((_, index) => index !== 5), "text"],
    ["the finish reason", right.filter((event) => !event.includes('"stop"')), "finish reason"],
    ["the usage", right.filter((event) => !event.includes("completion_tokens")), "usage"],
  ])("a stream without %s is wrong", (_what, events, problem) => {
    expect(judgeStreamAnswer(events, question).problem).toContain(problem);
  });

  test("tokens in another order are wrong", () => {
    const swapped = right.with(3, right[4] ?? "").with(4, right[3] ?? "");
    expect(judgeStreamAnswer(swapped, question).problem).toContain("text");
  });
});

test("the first token is the first event with text, not the one that only names the role", () => {
  expect(hasText('{"choices":[{"delta":{"role":"assistant","content":""}}]}')).toBe(false);
  expect(hasText('{"choices":[{"delta":{"content":"Mock"}}]}')).toBe(true);
  expect(hasText("[DONE]")).toBe(false);
});

function chatAnswer(text: string, { tokens = answerTokens }: { readonly tokens?: number } = {}): string {
  return JSON.stringify({ choices: [{ message: { content: text } }], usage: { completion_tokens: tokens } });
}

function streamEvents(text: string): string[] {
  const words = text.split(/(?= )/);
  return [
    { choices: [{ delta: { role: "assistant", content: "" }, finish_reason: null }] },
    ...words.map((content) => ({ choices: [{ delta: { content }, finish_reason: null }] })),
    { choices: [{ delta: {}, finish_reason: "stop" }] },
    { choices: [], usage: { completion_tokens: answerTokens } },
  ]
    .map((chunk) => JSON.stringify(chunk))
    .concat("[DONE]");
}
