import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answers, conversations, saidText, toolChoices, tools, usages } from "./testing/arbitraries.ts";
import type {
  CanonicalOutput,
  CanonicalReasoning,
  CanonicalRequest,
  CanonicalResponse,
} from "./canonical.ts";
import type { JsonObject } from "./json-value.ts";
import { wireFormats } from "./wire-formats.ts";

const formats = ["openai-chat", "anthropic-messages", "openai-responses"] as const;
type ConversationFormat = (typeof formats)[number];

const schema = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false };
const openAiOutputs: CanonicalOutput[] = [
  { type: "text" },
  { type: "json" },
  { type: "json-schema", name: "n", description: "d", schema, strict: true },
  { type: "json-schema", name: "n", description: null, schema: {}, strict: null },
];
const outputs: Record<ConversationFormat, CanonicalOutput[]> = {
  "openai-chat": openAiOutputs,
  "openai-responses": openAiOutputs,
  "anthropic-messages": [{ type: "json-schema", name: null, description: null, schema, strict: true }],
};
const openAiReasonings: CanonicalReasoning[] = [
  { mode: "on", effort: "high", budgetTokens: null, display: null },
  { mode: "off", effort: null, budgetTokens: null, display: null },
];
const reasonings: Record<ConversationFormat, CanonicalReasoning[]> = {
  "openai-chat": openAiReasonings,
  "openai-responses": openAiReasonings,
  "anthropic-messages": [
    { mode: "unspecified", effort: "low", budgetTokens: null, display: null },
    { mode: "off", effort: null, budgetTokens: null, display: null },
    { mode: "off", effort: "max", budgetTokens: null, display: null },
  ],
};

const extras: Record<ConversationFormat, JsonObject> = {
  "openai-chat": { store: true, verbosity: "low" },
  "openai-responses": { truncation: "auto", verbosity: "low" },
  "anthropic-messages": { container: "c", metadata: { x: 1 } },
};

/** Everything that both formats have, as the parser of `format` would describe it. */
function requests(format: ConversationFormat): fc.Arbitrary<CanonicalRequest> {
  const isOpenAi = format === "openai-chat";
  const isResponses = format === "openai-responses";
  return fc.record({
    model: fc.constant("m"),
    stream: fc.boolean(),
    messages: conversations,
    tools: tools(format),
    toolChoice: toolChoices,
    parallelToolCalls: fc.constant(null),
    output: fc.constantFrom(null, ...outputs[format]),
    maxOutputTokens: fc.integer({ min: 1, max: 100_000 }),
    stopSequences: isResponses ? fc.constant([]) : fc.array(saidText, { maxLength: 4 }),
    sampling: fc.record({
      temperature: fc.option(
        fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
        { nil: null },
      ),
      topP: fc.option(fc.constantFrom(0.1, 0.5, 1), { nil: null }),
      topK: isOpenAi || isResponses ? fc.constant(null) : fc.option(fc.nat(100), { nil: null }),
      seed: isOpenAi ? fc.option(fc.nat(), { nil: null }) : fc.constant(null),
      frequencyPenalty: isOpenAi ? fc.constantFrom(null, 0.5) : fc.constant(null),
      presencePenalty: isOpenAi ? fc.constantFrom(null, -0.5) : fc.constant(null),
      logitBias: isOpenAi ? fc.constantFrom(null, { "1": 5 }) : fc.constant(null),
      logprobs: isOpenAi ? fc.constantFrom(null, true) : fc.constant(isResponses ? true : null),
      topLogprobs: isOpenAi || isResponses ? fc.constantFrom(null, 2) : fc.constant(null),
      choiceCount: isOpenAi ? fc.constantFrom(null, 2) : fc.constant(null),
    }),
    reasoning: fc.constantFrom(null, ...reasonings[format]),
    endUserId: fc.option(saidText, { nil: null }),
    metadata: isOpenAi || isResponses ? fc.constantFrom(null, { team: "a" }) : fc.constant(null),
    serviceTier: fc.constantFrom(null, "auto", "default"),
    includeUsage: fc.constant(null),
    echoesPrompt: fc.constant(false),
    extras: fc.constant({ format, members: extras[format] }),
  });
}

describe.each(formats)("%s", (format) => {
  const wire = wireFormats[format];

  test("a request comes back from its own format as it was", () => {
    fc.assert(
      fc.property(requests(format), (request) => {
        const target = { model: "m", stream: request.stream, maxOutputTokens: null };
        const { body, warnings } = wire.buildRequest(request, target);
        const parsed = wire.parseRequest(JSON.parse(JSON.stringify(body)));
        const includeUsage = format === "openai-chat" && request.stream ? true : null;
        expect(parsed.request).toEqual({ ...request, includeUsage });
        expect([...warnings, ...parsed.warnings]).toEqual([]);
      }),
    );
  });

  test("an answer comes back from its own format as it was", () => {
    const finishes = fc.constantFrom("stop", "length", "tool_calls", "content_filter");
    fc.assert(
      fc.property(answers, usages, finishes, (content, usage, reason) => {
        const response: CanonicalResponse = {
          id: null,
          model: "m",
          content,
          finish: { reason, raw: null, stopSequence: null, explanation: null },
          usage,
          serviceTier: "default",
          logprobs: null,
          extras: { format, members: {} },
        };
        const context = { requestId: "req_1", model: "m", createdAtMs: 0 };
        const body = wire.buildResponse(response, context);
        const parsed = wire.parseResponse(JSON.parse(JSON.stringify(body)));
        const hasCalls = content.some((block) => block.type === "tool-call");
        const isCalling = format !== "openai-chat" && hasCalls && reason === "stop";
        // A response says that it is complete; that it calls tools is seen by its calls.
        const isStopped = format === "openai-responses" && !hasCalls && reason === "tool_calls";
        expect(parsed.content).toEqual(content);
        expect(parsed.usage).toEqual(usage);
        expect(parsed.finish.reason).toBe(isCalling ? "tool_calls" : isStopped ? "stop" : reason);
        expect(parsed.serviceTier).toBe("default");
      }),
    );
  });
});

test("a conversation survives the way to Responses and back", () => {
  fc.assert(
    fc.property(requests("openai-chat"), (request) => {
      const target = { model: "m", stream: false, maxOutputTokens: null };
      const responses = wireFormats["openai-responses"];
      const openAi = wireFormats["openai-chat"];
      const there = responses.parseRequest(responses.buildRequest(request, target).body);
      const back = openAi.parseRequest(openAi.buildRequest(there.request, target).body).request;
      expect(back.messages).toEqual(request.messages);
      expect(back.toolChoice).toEqual(request.toolChoice);
      expect(back.tools).toEqual(
        request.tools.map((tool) => ({ ...tool, strict: "strict" in tool ? (tool.strict ?? false) : false })),
      );
      expect(back.output).toEqual(request.output);
      expect(back.reasoning).toEqual(request.reasoning);
      expect(back.endUserId).toBe(request.endUserId);
      expect(back.serviceTier).toBe(request.serviceTier);
      expect(back.maxOutputTokens).toBe(request.maxOutputTokens);
      expect(back.extras.members).toEqual({ verbosity: "low" });
    }),
  );
});

test("a conversation survives the way to the other format and back", () => {
  fc.assert(
    fc.property(requests("openai-chat"), (request) => {
      const target = { model: "m", stream: false, maxOutputTokens: null };
      const anthropic = wireFormats["anthropic-messages"];
      const openAi = wireFormats["openai-chat"];
      const there = anthropic.parseRequest(anthropic.buildRequest(request, target).body);
      const back = openAi.parseRequest(openAi.buildRequest(there.request, target).body);
      const system = request.output?.type === "json" ? back.request.messages.slice(1) : back.request.messages;
      const expected =
        request.output?.type === "json"
          ? request.messages.filter((message) => message.role !== "system")
          : request.messages;
      expect(system).toEqual(expected);
      expect(back.request.tools).toEqual(request.tools);
      expect(back.request.toolChoice).toEqual(request.toolChoice);
      expect(back.request.stopSequences).toEqual(request.stopSequences);
      expect(back.request.endUserId).toBe(request.endUserId);
      expect(back.request.serviceTier).toBe(request.serviceTier);
      expect(back.request.maxOutputTokens).toBe(request.maxOutputTokens);
    }),
  );
});

test("usage is exact in both directions", () => {
  const [openAi, anthropic] = [wireFormats["openai-chat"], wireFormats["anthropic-messages"]];
  const responses = wireFormats["openai-responses"];
  const context = { requestId: "r", model: "m", createdAtMs: 0 };
  fc.assert(
    fc.property(usages, (usage) => {
      const answer = { choices: [{ message: { content: "x" }, finish_reason: "stop" }] };
      const first = openAi.buildResponse({ ...openAi.parseResponse(answer), usage }, context);
      const between = responses.buildResponse(openAi.parseResponse(first), context);
      const second = anthropic.buildResponse(responses.parseResponse(between), context);
      const third = openAi.buildResponse(anthropic.parseResponse(second), context);
      expect(third["usage"]).toEqual(first["usage"]);
      expect(anthropic.parseResponse(second).usage).toEqual(usage);
    }),
  );
});
