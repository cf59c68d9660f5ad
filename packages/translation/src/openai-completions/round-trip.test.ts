import fc from "fast-check";
import { expect, test } from "vitest";
import type { CanonicalRequest, CanonicalResponse } from "../canonical.ts";
import { saidText, usages } from "../testing/arbitraries.ts";
import { wireFormats } from "../wire-formats.ts";

const completions = wireFormats["openai-completions"];
const context = { requestId: "req_1", model: "m", createdAtMs: 0 };

/** Everything the format has, as its parser would describe it. */
const requests: fc.Arbitrary<CanonicalRequest> = fc
  .record({
    text: saidText,
    stream: fc.boolean(),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: null }),
    stopSequences: fc.array(saidText, { maxLength: 4 }),
    temperature: fc.constantFrom(null, 0, 0.5, 2),
    topP: fc.constantFrom(null, 0.1, 1),
    topK: fc.constantFrom(null, 5),
    seed: fc.option(fc.nat(), { nil: null }),
    penalty: fc.constantFrom(null, 0.5, -0.5),
    logprobs: fc.constantFrom(null, 0, 5),
    choiceCount: fc.constantFrom(null, 1, 3),
    endUserId: fc.option(saidText, { nil: null }),
    echoesPrompt: fc.boolean(),
    members: fc.constantFrom({}, { suffix: "s", best_of: 4 }, { guided_regex: "x" }),
  })
  .map((said) => ({
    model: "m",
    stream: said.stream,
    messages: [
      {
        role: "user",
        content: [{ type: "text", text: said.text, cacheControl: null, citations: [] }],
        name: null,
      },
    ],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    output: null,
    maxOutputTokens: said.maxOutputTokens,
    stopSequences: said.stopSequences,
    sampling: {
      temperature: said.temperature,
      topP: said.topP,
      topK: said.topK,
      seed: said.seed,
      frequencyPenalty: said.penalty,
      presencePenalty: said.penalty,
      logitBias: said.penalty === null ? null : { "1": 5 },
      logprobs: said.logprobs === null ? null : true,
      topLogprobs: said.logprobs,
      choiceCount: said.choiceCount,
    },
    reasoning: null,
    endUserId: said.endUserId,
    metadata: null,
    serviceTier: null,
    includeUsage: said.stream ? true : null,
    echoesPrompt: said.echoesPrompt,
    extras: { format: "openai-completions", members: said.members },
  }));

test("a text completion request comes back from its own format as it was", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const target = { model: "m", stream: request.stream, maxOutputTokens: null };
      const { body, warnings } = completions.buildRequest(request, target);
      const parsed = completions.parseRequest(JSON.parse(JSON.stringify(body)));
      expect(parsed.request).toEqual(request);
      expect([...warnings, ...parsed.warnings]).toEqual([]);
    }),
  );
});

test("a prompt survives the way through chat and back", () => {
  const target = { model: "m", stream: false, maxOutputTokens: null };
  fc.assert(
    fc.property(requests, fc.constantFrom("openai-chat", "anthropic-messages"), (request, name) => {
      const chat = wireFormats[name];
      const there = chat.parseRequest(chat.buildRequest(request, target).body);
      const back = completions.parseRequest(completions.buildRequest(there.request, target).body);
      expect(back.request.messages).toEqual(request.messages);
      expect(back.request.stopSequences).toEqual(request.stopSequences);
      expect(back.request.endUserId).toBe(request.endUserId);
    }),
  );
});

test("a text survives as answer of any format, usage included", () => {
  fc.assert(
    fc.property(
      saidText,
      usages,
      fc.constantFrom("stop", "length", "content_filter"),
      fc.constantFrom("openai-chat", "anthropic-messages", "openai-completions"),
      (text, usage, reason, name) => {
        const format = wireFormats[name];
        const response: CanonicalResponse = {
          id: null,
          model: "m",
          content: [{ type: "text", text, cacheControl: null, citations: [] }],
          finish: { reason, raw: null, stopSequence: null, explanation: null },
          usage,
          serviceTier: null,
          logprobs: null,
          extras: { format: name, members: {} },
        };
        const answer = format.parseResponse(format.buildResponse(response, context));
        const completion = completions.buildResponse(answer, context);
        const parsed = completions.parseResponse(JSON.parse(JSON.stringify(completion)));
        expect(parsed).toMatchObject({ content: response.content, usage, finish: { reason } });
      },
    ),
  );
});
