import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import { afterEach, describe, expect, test } from "vitest";
import type { CanonicalFrame } from "../canonical.ts";
import { openAiResponses } from "./openai-responses.ts";

const context = { requestId: "req_1", model: "fast", createdAtMs: 1_700_000_000_000, includeUsage: false };
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
});

/** The official client of a server that answers every request with this stream. */
async function clientOf(text: string): Promise<OpenAI> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return new OpenAI({ baseURL, apiKey: "k", maxRetries: 0 });
}

function write(frames: readonly CanonicalFrame[]): string {
  const writer = openAiResponses.createStreamWriter(context);
  return frames.map((frame) => writer.write(frame)).join("") + writer.end();
}

const call = (index: number, name: string, isFreeText = false): CanonicalFrame => ({
  type: "tool-call-start",
  index,
  id: `call_${index}`,
  name,
  isFreeText,
});
const args = (index: number, text: string): CanonicalFrame => ({ type: "tool-call-delta", index, text });

describe("the official client's stream helper", () => {
  test("puts reasoning, text, a refusal and calls that interleave together", async () => {
    const client = await clientOf(
      write([
        { type: "reasoning-delta", text: "Hm, " },
        { type: "reasoning-delta", text: "yes." },
        { type: "reasoning-signature", signature: "sig" },
        { type: "block-end" },
        { type: "redacted-reasoning", data: "xyz" },
        { type: "text-delta", text: "Hello " },
        { type: "text-delta", text: "wörld 👋" },
        { type: "refusal-delta", text: "But no." },
        call(0, "f"),
        args(0, '{"a":'),
        call(1, "g"),
        args(1, "{}"),
        args(0, "1}"),
        call(2, "free", true),
        args(2, "text"),
      ]),
    );
    const response = await client.responses.stream({ model: "fast", input: "Hi" }).finalResponse();
    expect(response.output_text).toBe("Hello wörld 👋");
    expect(response.output).toMatchObject([
      { type: "reasoning", summary: [{ text: "Hm, yes." }], encrypted_content: "tokenhub-signature:sig" },
      { type: "reasoning", summary: [], encrypted_content: "tokenhub-redacted:xyz" },
      {
        type: "message",
        content: [
          { type: "output_text", text: "Hello wörld 👋" },
          { type: "refusal", refusal: "But no." },
        ],
      },
      { type: "function_call", call_id: "call_0", name: "f", arguments: '{"a":1}' },
      { type: "function_call", call_id: "call_1", name: "g", arguments: "{}" },
      { type: "custom_tool_call", call_id: "call_2", name: "free", input: "text" },
    ]);
  });

  test("has an empty answer", async () => {
    const client = await clientOf(write([]));
    const response = await client.responses.stream({ model: "fast", input: "Hi" }).finalResponse();
    expect(response).toMatchObject({ status: "completed", output: [], output_text: "" });
  });

  test("throws the error that ends a stream", async () => {
    const writer = openAiResponses.createStreamWriter(context);
    const text =
      writer.write({ type: "text-delta", text: "Hel" }) +
      writer.fail({ code: "stream_interrupted", message: "Broke." });
    const client = await clientOf(text);
    const consumed = client.responses.stream({ model: "fast", input: "Hi" }).finalResponse();
    await expect(consumed).rejects.toMatchObject({
      code: "stream_interrupted",
      message: expect.stringContaining("Broke."),
    });
  });
});
