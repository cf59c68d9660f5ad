import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import { createStreamTranscoder } from "./stream-transcoder.ts";
import { completionChunk, completionUsageChunk } from "./testing/completions.ts";
import {
  anthropicStream,
  blockDelta,
  blockStart,
  blockStop,
  chunk,
  messageEnd,
  messageStart,
  openAiStream,
  usageChunk,
} from "./testing/streams.ts";
import { transcodeResponse } from "./transcode-response.ts";
import type { ChatFormatName } from "./wire-format.ts";

const context = {
  requestId: "req_1",
  model: "fast",
  createdAtMs: 1_700_000_000_000,
  echoedPrompt: "Say: ",
};
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
});

/** The official client against a server that answers every request with this text. */
async function clientOf(text: string, contentType: string): Promise<OpenAI> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": contentType });
    response.end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: "k", maxRetries: 0 });
}

const streams: readonly (readonly [ChatFormatName, string, string])[] = [
  [
    "openai-chat",
    openAiStream([
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Once" }),
      chunk({ content: " upon 👋" }),
      chunk({}, "length"),
      usageChunk({ prompt_tokens: 3, completion_tokens: 2 }),
      "[DONE]",
    ]),
    "Say: Once upon 👋",
  ],
  [
    "anthropic-messages",
    anthropicStream([
      messageStart({ input_tokens: 3, output_tokens: 1 }),
      blockStart(0, { type: "text", text: "" }),
      blockDelta(0, { type: "text_delta", text: "Once" }),
      blockDelta(0, { type: "text_delta", text: " upon 👋" }),
      blockStop(0),
      ...messageEnd("max_tokens", { output_tokens: 2 }),
    ]),
    "Say: Once upon 👋",
  ],
  [
    "openai-completions",
    openAiStream([
      completionChunk("Once"),
      completionChunk(" upon 👋", "length"),
      completionUsageChunk({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }),
      "[DONE]",
    ]),
    "Once upon 👋",
  ],
];

const bodies: readonly (readonly [ChatFormatName, object, string])[] = [
  [
    "openai-chat",
    {
      choices: [{ message: { content: "Once" }, finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    },
    "Say: Once",
  ],
  [
    "anthropic-messages",
    {
      type: "message",
      content: [{ type: "text", text: "Once" }],
      stop_reason: "max_tokens",
      usage: { input_tokens: 3, output_tokens: 2 },
    },
    "Say: Once",
  ],
  [
    "openai-completions",
    {
      id: "cmpl-up",
      object: "text_completion",
      created: 1,
      model: "base-up",
      choices: [{ text: "Once", index: 0, logprobs: null, finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
    "Once",
  ],
];

describe("the official openai client's completions.create", () => {
  test.each(bodies)("reads a whole answer from %s", async (from, body, expected) => {
    const bodyText = JSON.stringify(body);
    const text = transcodeResponse({ from, to: "openai-completions", bodyText, context });
    const client = await clientOf(text, "application/json");
    const completion = await client.completions.create({ model: "fast", prompt: "Say: ", echo: true });
    expect(completion).toMatchObject({
      id: expect.stringMatching(/^cmpl-/),
      object: "text_completion",
      created: expect.any(Number),
      model: "fast",
      choices: [{ text: expected, index: 0, logprobs: null, finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    } satisfies OpenAI.Completion);
  });

  test.each(streams)("reads a stream from %s", async (from, source, expected) => {
    const stream = createStreamTranscoder({ from, to: "openai-completions", context, includeUsage: true });
    const client = await clientOf(stream.push(source) + stream.end(), "text/event-stream");
    const chunks: OpenAI.Completion[] = [];
    const request = { model: "fast", prompt: "Say: ", stream: true } as const;
    for await (const received of await client.completions.create(request)) chunks.push(received);
    const choices = chunks.flatMap((received) => received.choices);
    expect(choices.map((choice) => choice.text).join("")).toBe(expected);
    expect(choices.at(-1)?.finish_reason).toBe("length");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 5 } });
    expect(new Set(chunks.map(({ id, object, model }) => `${id} ${object} ${model}`)).size).toBe(1);
    expect(chunks[0]).toMatchObject({ object: "text_completion", model: "fast" });
  });

  test.each(streams)("throws the error that ends a stream from %s", async (from, source) => {
    const stream = createStreamTranscoder({ from, to: "openai-completions", context, includeUsage: true });
    const text =
      stream.push(source.slice(0, 300)) + stream.fail({ code: "stream_interrupted", message: "Broke." });
    const client = await clientOf(text, "text/event-stream");
    const request = { model: "fast", prompt: "x", stream: true } as const;
    const consume = async (): Promise<void> => {
      for await (const received of await client.completions.create(request)) {
        expect(received.object).toBe("text_completion");
      }
    };
    await expect(consume()).rejects.toMatchObject({ code: "stream_interrupted" });
  });
});
