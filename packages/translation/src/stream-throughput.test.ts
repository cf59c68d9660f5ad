import { expect, test } from "vitest";
import { chunk, openAiStream } from "./testing/streams.ts";
import { createStreamSummary } from "./stream-summary.ts";
import { createStreamTranscoder } from "./stream-transcoder.ts";

const events = 100_000;
const data = Array.from({ length: events }, (_, index) =>
  JSON.stringify(chunk({ content: ` word ${index}` })),
);

/** Far below what an idle machine does (700,000 per second), far above what a quadratic step would leave. */
const eventsPerSecondMin = 50_000;

function eventsPerSecond(run: () => void): number {
  run();
  const startedAt = performance.now();
  run();
  return (events / (performance.now() - startedAt)) * 1_000;
}

test("watching a stream keeps up with any provider", () => {
  const perSecond = eventsPerSecond(() => {
    const summary = createStreamSummary("openai-chat");
    for (const value of data) summary.observe({ event: null, data: value });
  });
  expect(perSecond).toBeGreaterThan(eventsPerSecondMin);
});

test.each(["openai-chat", "anthropic-messages", "openai-responses"] as const)(
  "so does writing it as %s",
  (to) => {
    const texts = data.map((value) => openAiStream([value]));
    const perSecond = eventsPerSecond(() => {
      const context = { requestId: "req_1", model: "fast", createdAtMs: 0 };
      const transcoder = createStreamTranscoder({ from: "openai-chat", to, context, includeUsage: false });
      for (const text of texts) transcoder.push(text);
      transcoder.end();
    });
    expect(perSecond).toBeGreaterThan(eventsPerSecondMin);
  },
);
