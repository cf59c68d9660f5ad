import type { Usage } from "@tokenhub/contracts";
import fc from "fast-check";
import type {
  AssistantBlock,
  CanonicalMessage,
  CanonicalTool,
  CanonicalToolChoice,
  ImageBlock,
  ReasoningBlock,
  RedactedReasoningBlock,
  TextBlock,
  ToolCallBlock,
  ToolMessage,
} from "../canonical.ts";

/** Text that both formats accept: not only white space. */
export const saidText = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .map((text) => (text.trim() === "" ? `${text}.` : text));

const textBlock: fc.Arbitrary<TextBlock> = saidText.map((text) => ({
  type: "text",
  text,
  cacheControl: null,
  citations: [],
}));

const imageBlock: fc.Arbitrary<ImageBlock> = fc
  .oneof(
    fc.webUrl().map((url) => ({ type: "url" as const, url })),
    fc.base64String().map((data) => ({ type: "base64" as const, mediaType: "image/png", data })),
  )
  .map((source) => ({ type: "image", source, detail: null, cacheControl: null }));

const argumentText = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value) => JSON.stringify(JSON.parse(JSON.stringify(value))));

const toolCalls = (prefix: string, maxLength = 3): fc.Arbitrary<ToolCallBlock[]> =>
  fc
    .array(fc.tuple(fc.constantFrom("search", "get_weather", "f-1"), argumentText), { maxLength })
    .map((calls) =>
      calls.map(([name, text], position) => ({
        type: "tool-call" as const,
        // Every third id is one that Anthropic refuses.
        id: position % 3 === 2 ? `${prefix}.${position}:x` : `${prefix}_${position}`,
        name,
        arguments: text,
        isFreeText: false,
        cacheControl: null,
      })),
    );

/** User turn, answer with calls, their results, and so on, each as both formats can say it. */
export const conversations: fc.Arbitrary<CanonicalMessage[]> = fc
  .tuple(
    fc.option(fc.array(textBlock, { minLength: 1, maxLength: 3 }), { nil: null }),
    fc.array(
      fc.record({
        user: fc.array(fc.oneof(textBlock, imageBlock), { minLength: 1, maxLength: 3 }),
        answer: fc.array(textBlock, { minLength: 1, maxLength: 2 }),
        calls: toolCalls("c"),
        results: fc.array(fc.array(textBlock, { maxLength: 2 }), { minLength: 3, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([system, rounds]) => {
    const messages: CanonicalMessage[] = [];
    if (system !== null) messages.push({ role: "system", variant: "system", content: system, name: null });
    for (const [round, { user, answer, calls, results }] of rounds.entries()) {
      messages.push({ role: "user", content: user, name: null });
      const ownCalls = calls.map((call) => ({ ...call, id: `r${round}-${call.id}` }));
      messages.push({ role: "assistant", content: [...answer, ...ownCalls], name: null });
      messages.push(
        ...ownCalls.map((call, position): ToolMessage => {
          const content = results[position] ?? [];
          return { role: "tool", toolCallId: call.id, content, isError: null, cacheControl: null };
        }),
      );
    }
    messages.push({
      role: "user",
      content: [{ type: "text", text: "go on", cacheControl: null, citations: [] }],
      name: null,
    });
    return messages;
  });

export const tools = (
  format: "openai-chat" | "anthropic-messages" | "openai-responses",
): fc.Arbitrary<CanonicalTool[]> =>
  fc.uniqueArray(fc.constantFrom("search", "get_weather", "f-1"), { minLength: 1 }).chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({
          type: fc.constant("function" as const),
          name: fc.constant(name),
          description: fc.option(saidText, { nil: null }),
          inputSchema: fc.constant({ type: "object", properties: { a: { type: "string" } } }),
          strict: fc.option(fc.boolean(), { nil: null }),
          cacheControl: fc.constant(null),
          extras: fc.constant({ format, members: {} }),
        }),
      ),
    ),
  );

export const toolChoices: fc.Arbitrary<CanonicalToolChoice | null> = fc.constantFrom(
  null,
  { type: "auto" },
  { type: "none" },
  { type: "required" },
  { type: "named", name: "search" },
);

export const usages: fc.Arbitrary<Usage> = fc
  .tuple(fc.nat(10_000), fc.nat(1_000), fc.nat(1_000), fc.nat(10_000), fc.nat(100))
  .map(([fresh, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens]) => ({
    inputTokens: fresh + cacheReadTokens + cacheWriteTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens,
    source: "provider",
  }));

const reasoning: fc.Arbitrary<(ReasoningBlock | RedactedReasoningBlock)[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant("reasoning" as const),
      text: saidText,
      signature: fc.base64String({ minLength: 4 }),
    }),
    fc.record({ type: fc.constant("redacted-reasoning" as const), data: fc.base64String({ minLength: 4 }) }),
  ),
  { maxLength: 2 },
);

/** Answers that both formats can say: reasoning, one text, tool calls. */
export const answers: fc.Arbitrary<AssistantBlock[]> = fc
  .tuple(reasoning, fc.option(textBlock, { nil: null }), toolCalls("call"))
  .map(([thoughts, text, calls]) => [...thoughts, ...(text === null ? [] : [text]), ...calls])
  .filter((blocks) => blocks.length > 0);
