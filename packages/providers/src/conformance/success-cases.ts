import { expect, test } from "vitest";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
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
