import { startTestNetwork } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { postJson } from "../doors/post-json.ts";

it("S1d-38, S1-21: routing.max_retries and retry_backoff_ms of the configuration decide how a failed call is repeated", async () => {
  const callsWith = async (routing: object): Promise<number> => {
    await using network = await startTestNetwork({ redisUrl: inject("redisUrl"), config: { routing } });
    network.mock.plan("up-gpt", {
      steps: [
        { kind: "status", status: 503 },
        { kind: "status", status: 503 },
      ],
    });
    const body = { model: "gpt-test", messages: [{ role: "user", content: "hello" }] };
    const { status } = await postJson(network, "/v1/chat/completions", { body });
    const calls = network.mock.calls().length;
    expect(status).toBe(calls === 3 ? 200 : 503);
    return calls;
  };
  expect(await callsWith({ max_retries: 0 })).toBe(1);
  expect(await callsWith({ max_retries: 2, retry_backoff_ms: 10 })).toBe(3);
});
