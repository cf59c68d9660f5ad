import { expect, test } from "vitest";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import type { ConformanceStep } from "./conformance-upstream.ts";
import type { BenchOf } from "./describe-provider.ts";
import { bodyOf, chunksOf, readStream } from "./expect-reply.ts";

/** Ordinary answers: whole, streamed, embeddings. */
export function testSuccesses(definition: ProviderDefinition, benchOf: BenchOf): void {
  const answerText = "one two three grüße 🙂";

  test("a chat answer comes back whole, with its JSON parsed", async () => {
    const { reply, model } = await benchOf().call({ plan: { text: answerText } });
    const { bodyText, json } = bodyOf(reply);
    expect(JSON.parse(bodyText)).toEqual(json);
    expect(bodyText).toContain(answerText);
    expect((await benchOf().waitFor(model, (call) => call.outcome !== null)).outcome).toBe("answered");
  });

  test("a streamed chat answer comes back as the format's events to the last", async () => {
    const { reply, model } = await benchOf().call({ plan: { text: answerText }, stream: true });
    const { text, error } = await readStream(chunksOf(reply));
    expect(error).toBeNull();
    for (const word of answerText.split(" ")) expect(text).toContain(word);
    expect(text.trimEnd().slice(-lastEvent(definition).length)).toBe(lastEvent(definition));
    expect((await benchOf().waitFor(model, (call) => call.outcome !== null)).outcome).toBe("answered");
  });

  test.runIf(definition.wireFormats.embeddings !== undefined)("embeddings come back whole", async () => {
    const { reply } = await benchOf().call({ operation: "embeddings" });
    const item = { object: "embedding", embedding: expect.any(Array) };
    expect(reply).toMatchObject({
      kind: "body",
      status: 200,
      json: {
        object: "list",
        data: [
          { ...item, index: 0 },
          { ...item, index: 1 },
        ],
      },
    });
  });

  test.runIf(definition.wireFormats.completion === "openai-completions")(
    "a text completion comes back whole and streamed, from the path of its own",
    async () => {
      const plan = { text: answerText };
      const whole = await benchOf().call({ operation: "completion", plan });
      expect(bodyOf(whole.reply).json).toMatchObject({ choices: [{ text: answerText }] });
      expect(benchOf().callsOf(whole.model)[0]?.path).toMatch(/\/completions$/);
      expect(benchOf().callsOf(whole.model)[0]?.path).not.toMatch(/\/chat\/completions$/);
      const streamed = await benchOf().call({ operation: "completion", plan, stream: true });
      const { text, error } = await readStream(chunksOf(streamed.reply));
      expect(error).toBeNull();
      for (const word of answerText.split(" ")) expect(text).toContain(word);
    },
  );

  test("what the provider says about its limits comes with every answer, refusal and stream", async () => {
    const headers = limitHeaders(definition);
    const refusal: ConformanceStep = { kind: "status", status: 429, retryAfterSeconds: 2 };
    const whole = await benchOf().call({ plan: { headers } });
    const streamed = await benchOf().call({ plan: { headers }, stream: true });
    const refused = await benchOf().call({ plan: { headers, steps: [refusal] } });
    for (const { reply } of [whole, streamed, refused]) {
      expect(reply.rateLimit).toMatchObject({
        limitRequests: 60,
        remainingRequests: 59,
        limitTokens: 1_000,
        remainingTokens: 0,
        resetAtMs: expect.any(Number),
      });
    }
    await readStream(chunksOf(streamed.reply));
    expect((await benchOf().call()).reply.rateLimit).toBeUndefined();
  });

  test("a hundred calls at once all get their own answer", async () => {
    const bench = benchOf();
    const calls = Array.from({ length: 100 }, (_, index) =>
      bench.call({ plan: { text: `answer-${index}-end` } }),
    );
    for (const [index, { reply }] of (await Promise.all(calls)).entries()) {
      expect(reply).toMatchObject({ kind: "body", bodyText: expect.stringContaining(`answer-${index}-end`) });
    }
  });
}

function lastEvent({ wireFormats }: ProviderDefinition): string {
  return wireFormats.chat === "anthropic-messages" ? '"type":"message_stop"}' : "data: [DONE]";
}

/** The family of headers of the type's vendor: a minute's requests are left, its tokens are used up. */
function limitHeaders({ wireFormats }: ProviderDefinition): Record<string, string> {
  if (wireFormats.chat !== "anthropic-messages") {
    return {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-limit-tokens": "1000",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    };
  }
  const resetAt = new Date(Date.now() + 60_000).toISOString();
  return {
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "59",
    "anthropic-ratelimit-requests-reset": resetAt,
    "anthropic-ratelimit-tokens-limit": "1000",
    "anthropic-ratelimit-tokens-remaining": "0",
    "anthropic-ratelimit-tokens-reset": resetAt,
  };
}
