import { startTestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, inject, it } from "vitest";

/** A provider with an API of its own, as the example module speaks to it. */
async function startAcme() {
  const requests: { key: string | undefined; body: unknown }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      requests.push({ key: request.headers["acme-key"] as string | undefined, body: JSON.parse(body) });
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          engine: "acme-large",
          says: "Acme says hello",
          spent: { in: 3, out: 4 },
          ended: "done",
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

it("S0-45, S2-1, S2-51: a provider class from a module of the configuration serves the official client, whole and streamed", async () => {
  await using acme = await startAcme();
  await using network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    config: {
      custom_providers: [{ module: "./examples/custom-provider/acme-provider.ts" }],
      providers: [{ id: "acme-eu", type: "acme", base_url: acme.url }],
      models: [{ id: "acme-large", provider: "acme-eu", cost_per_1k: 0.002 }],
      aliases: {},
    },
  });
  const client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
  const request = { model: "acme-large", messages: [{ role: "user" as const, content: "hello" }] };
  const whole = await client.chat.completions.create(request);
  expect(whole.choices[0]?.message.content).toBe("Acme says hello");
  expect(whole.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4 });
  let streamed = "";
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true }))
    streamed += chunk.choices[0]?.delta.content ?? "";
  expect(streamed).toBe("Acme says hello");
  expect(acme.requests).toHaveLength(2);
  expect(acme.requests[0]?.key).toMatch(/^sk-upstream/);
});
