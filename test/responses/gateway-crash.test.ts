import { freePort, testApiKey } from "@tokenhub/testkit";
import OpenAI from "openai";
import { expect, inject, it } from "vitest";
import { openSite } from "../lifecycle/site.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

const words = Array.from({ length: 40 }, (_, index) => `word${index}`).join(" ");
const clientOf = (url: string): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: testApiKey, maxRetries: 0 });
const textOf = (events: readonly StreamEvent[]): string =>
  events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");

it.each([
  { provider: "OpenAI chat", model: "gpt-test", upstream: "up-gpt" },
  { provider: "Anthropic messages", model: "claude-test", upstream: "up-claude" },
])(
  "a stream in the background whose gateway is killed is resumed at another: the same text, one call ($provider)",
  async ({ model, upstream }) => {
    await using site = await openSite({ redisUrl: inject("redisUrl") });
    site.mock.plan(upstream, { text: words, tokensPerSecond: 15 });
    await site.startRouter();
    await site.startProviderWorker();
    const port = await freePort();
    const doomed = await site.startProcess("gateway", { TOKENHUB_PORT: String(port) });

    const seen: StreamEvent[] = [];
    const stream = await clientOf(`http://127.0.0.1:${port}`).responses.create({
      model,
      input: "Count",
      background: true,
      stream: true,
    });
    await expect(async () => {
      for await (const event of stream) {
        seen.push(event);
        if (textOf(seen).includes("word5")) await doomed.kill();
      }
    }).rejects.toThrow("terminated");
    const [created] = seen;
    const id = created?.type === "response.created" ? created.response.id : "";
    expect(textOf(seen).length).toBeLessThan(words.length);

    const { url } = await site.startGateway();
    const client = clientOf(url);
    const rest: StreamEvent[] = [];
    const resumed = await client.responses.retrieve(id, {
      stream: true,
      starting_after: seen.at(-1)?.sequence_number ?? 0,
    });
    for await (const event of resumed) rest.push(event);
    const all = [...seen, ...rest];
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, index) => index));
    expect(textOf(all)).toBe(words);
    expect(all.at(-1)?.type).toBe("response.completed");
    expect(await client.responses.retrieve(id)).toMatchObject({ status: "completed", output_text: words });
    expect(site.mock.calls()).toMatchObject([{ outcome: "answered" }]);
  },
  60_000,
);
