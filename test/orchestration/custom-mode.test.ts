import type { CallOutcome, RunSettings } from "@tokenhub/contracts";
import { validateCustomMode } from "@tokenhub/orchestration";
import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import * as debate from "../../examples/debate-mode/debate-mode.ts";
import { begin } from "./native-door.ts";

let network: TestNetwork;

beforeAll(async () => {
  network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_ORCHESTRATION_MODES: "./examples/debate-mode/debate-mode.ts" },
  });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.plan("up-gpt", { text: "gpt argues" });
  network.mock.plan("up-claude", { text: "claude argues" });
  network.mock.plan("up-spare", { text: "the verdict" });
});

describe("the debate mode of examples/debate-mode", () => {
  it("S2-53: is a mode as the product wants it", () => {
    expect(validateCustomMode(debate)).toBe(debate.mode);
  });

  it("S2-53: runs from a module path like any other mode: two sides on models that differ, a judge of its own", async () => {
    const { status, json } = await begin(network, {
      mode: "debate",
      iterations: 1,
      models: { review: "spare-test" },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      mode: "debate",
      status: "succeeded",
      iterations: 1,
      result: "the verdict",
      reason: "debate-orchestration",
      artefacts: {
        for: [expect.any(String), expect.any(String)],
        against: [expect.any(String), expect.any(String)],
      },
    });
    const phases = json.phases ?? [];
    expect(phases.map(({ id }) => String(id)).toSorted()).toEqual([
      "opening.1",
      "opening.2",
      "rebuttal.1",
      "rebuttal.2",
      "verdict.1",
    ]);
    const modelOf = (id: string): unknown => phases.find((phase) => phase["id"] === id)?.["model"];
    expect(modelOf("opening.1")).not.toBe(modelOf("opening.2"));
    const asked = network.mock.calls().map(({ body }) => JSON.stringify(body));
    expect(asked.filter((text) => text.includes("Answer its strongest points"))).toHaveLength(2);
    expect(asked.filter((text) => text.includes("Weigh what they say"))).toHaveLength(1);
  });

  it("refuses more rounds than it has, in the request's own name for them", async () => {
    const { status, json } = await begin(network, { mode: "debate", iterations: 4 });
    expect([status, json.error?.["param"]]).toEqual([400, "iterations"]);
  });

  it("answers any client under the model name tokenhub/debate", async () => {
    const client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
    const completion = await client.chat.completions.create({
      model: "tokenhub/debate",
      messages: [{ role: "user", content: "Is it so?" }],
    });
    expect(completion.choices[0]?.message.content).toMatch(/argues|verdict/);
  });

  it("goes on without a reply that fails, and fails without an opening", () => {
    const { mode } = debate;
    const settings = { ...settingsOf(), rounds: 1 };
    const failed: CallOutcome = {
      kind: "failed",
      failure: {
        class: "fatal",
        code: "provider_error",
        message: "It failed.",
        providerStatus: 500,
        providerMessage: null,
        providerCode: null,
        retryAfterMs: null,
      },
      modelId: "m",
      providerId: "p",
      usage: null,
      costUsd: null,
      finishedAtMs: 1,
    };
    const said = (text: string): CallOutcome => ({
      kind: "answered",
      text,
      toolCalls: null,
      finishReason: "stop",
      modelId: "m",
      providerId: "p",
      usage: null,
      costUsd: null,
      finishedAtMs: 1,
    });
    const calls = new Map();
    expect(mode.next({ settings, calls, answers: new Map([["opening.1", failed]]) })).toMatchObject({
      kind: "fail",
      callId: "opening.1",
    });
    const answers = new Map([
      ["opening.1", said("a")],
      ["opening.2", said("b")],
      ["rebuttal.1", failed],
      ["rebuttal.2", said("c")],
    ]);
    expect(mode.next({ settings, calls, answers })).toMatchObject({
      kind: "calls",
      calls: [
        {
          callId: "verdict.1",
          ask: { values: { for: { answerOf: "opening.1" }, against: { answerOf: "rebuttal.2" } } },
        },
      ],
    });
  });
});

function settingsOf(): RunSettings {
  const wish = { modelId: null, allowFallback: false, minWeight: null };
  return {
    mode: "debate",
    modeVersion: 1,
    rounds: 0,
    voters: 0,
    planOnly: false,
    refines: true,
    stopsWhenAccepted: false,
    primary: wish,
    review: wish,
    options: {},
  };
}
