import type { CallSpec, RunInput, RunState } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyModel } from "./default-settings.ts";
import { draftCall } from "./draft-call.ts";
import { renderCall } from "./render-call.ts";
import { newRunState } from "./run-state.ts";
import { answered, inputFor, modeNamed, runThrough, testNowMs } from "./test-runs.ts";

const mode = modeNamed("adversarial");

const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
const tool = { type: "function", function: { name: "look_up", parameters: { type: "object" } } };
const body = {
  messages: [
    { role: "system", content: "Speak Latin." },
    { role: "user", content: [{ type: "text", text: "Design this:" }, image] },
  ],
  temperature: 0.3,
  top_p: 0.9,
  stop: ["END"],
  seed: 7,
  max_tokens: 500,
  n: 3,
  model: "tokenhub/adversarial",
  stream: true,
  stream_options: { include_usage: true },
  user: "someone",
  reasoning_effort: "low",
  some_future_parameter: 1,
  tools: [tool],
  tool_choice: "auto",
  response_format: { type: "json_object" },
};

function inputWith(stated: Partial<Parameters<typeof inputFor>[0]> = {}): RunInput {
  return inputFor({
    mode,
    bodyText: JSON.stringify(body),
    features: {
      estimatedInputTokens: 2_000,
      maxOutputTokens: 500,
      needs: ["tools", "images", "structured_output", "reasoning"],
    },
    ...stated,
  });
}

interface Rendered {
  readonly messages: { role: string; content: unknown; [name: string]: unknown }[];
  readonly [name: string]: unknown;
}

/** The bodies of a whole run, by call. */
function bodiesOf(input: RunInput): { bodies: Record<string, Rendered>; specs: CallSpec[]; state: RunState } {
  const { calls, state } = runThrough({ mode, input }, ({ spec }) => answered(`text of ${spec.callId}`));
  const bodies = Object.fromEntries(
    calls.map(({ spec }) => [
      spec.callId,
      JSON.parse(renderCall({ input, state, spec }).bodyText) as Rendered,
    ]),
  );
  return { bodies, specs: calls.map(({ spec }) => spec), state };
}

function call(stated: Partial<CallSpec> = {}): CallSpec {
  return draftCall({ callId: "step.1", role: "writer", model: anyModel, ...stated });
}

function render(input: RunInput, spec: CallSpec, state = newRunState()) {
  const rendered = renderCall({ input, state, spec });
  return { ...rendered, body: JSON.parse(rendered.bodyText) as Rendered };
}

describe("the conversation", () => {
  test("every call has the caller's whole conversation, system message and images included, between its prompt and its ask", () => {
    const { bodies } = bodiesOf(inputWith());
    for (const { messages } of Object.values(bodies)) {
      expect(messages[0]?.role).toBe("system");
      expect(messages.slice(1, 3)).toEqual(body.messages);
    }
    expect(bodies["plan.1"]?.messages).toHaveLength(3);
    const ask = bodies["refine.1"]?.messages[3];
    expect(ask?.role).toBe("user");
    expect(ask?.content).toContain("text of plan.1");
    expect(ask?.content).toContain("text of critique.1");
  });

  test("empty templates send no message", () => {
    const input = inputWith({ templates: { ...mode.templates, "plan.system": "" } });
    expect(render(input, call({ system: "plan.system" })).body.messages).toEqual(body.messages);
  });

  test("judges and critics read tool calls and their results as text, for they have no tools", () => {
    const messages = [
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "weather", arguments: '{"in":"Rome"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
      { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "warm" }] },
      { role: "assistant", content: "It is sunny." },
    ];
    const input = inputWith({ bodyText: JSON.stringify({ messages }) });
    const told = render(input, call({ carriesTools: false })).body.messages;
    expect(told.map(({ role }) => role)).toEqual(["user", "assistant", "user", "user", "assistant"]);
    expect(told.every((message) => !("tool_calls" in message) && !("tool_call_id" in message))).toBe(true);
    expect(told[1]?.content).toContain('"name":"weather"');
    expect(told[2]?.content).toBe("[Result of the tool call call_1]\nsunny");
    expect(told[3]?.content).toEqual([
      { type: "text", text: "[Result of the tool call call_2]" },
      { type: "text", text: "warm" },
    ]);
    expect(render(input, call()).body.messages).toEqual(messages);
  });

  test("answers that ask for tools are handed on with them", () => {
    const { state } = runThrough(
      { mode: modeNamed("vote"), input: inputFor({ mode: modeNamed("vote") }) },
      ({ spec }) =>
        answered("1", spec.callId === "vote.2" ? { text: "", toolCalls: [{ id: "call_9" }] } : {}),
    );
    const spec = state.calls.at(-1)?.spec ?? call();
    const { body: judged } = render(inputFor({ mode: modeNamed("vote") }), spec, state);
    expect(judged.messages.at(-1)?.content).toContain('<answer number="2">\n[{"id":"call_9"}]\n</answer>');
  });
});

describe("parameters", () => {
  test("planner and refiner have the caller's parameters, tools and response format; model, stream and n are ours", () => {
    const { bodies } = bodiesOf(inputWith());
    const { messages: _, model: _model, stream: _stream, stream_options: _options, n: _n, ...carried } = body;
    for (const callId of ["plan.1", "refine.1"]) {
      const { messages: _messages, ...parameters } = bodies[callId] ?? { messages: [] };
      expect(parameters).toEqual(carried);
    }
  });

  test("the critic has a limit of its own and nothing of the caller's but who asks", () => {
    const { messages: _, ...parameters } = bodiesOf(inputWith()).bodies["critique.1"] ?? { messages: [] };
    expect(parameters).toEqual({ user: "someone", max_tokens: 2_000 });
  });

  test("a call's own limit and temperature take the place of the caller's, by the name that the caller used", () => {
    const bodyText = JSON.stringify({ messages: [], max_completion_tokens: 9, temperature: 1 });
    const { body: rendered } = render(
      inputWith({ bodyText }),
      call({ maxOutputTokens: 77, temperature: 0.5 }),
    );
    expect(rendered).toEqual({ messages: [], max_completion_tokens: 77, temperature: 0.5 });
  });
});

describe("features", () => {
  test("they are the caller's, changed by what the call is", () => {
    const { state, specs } = bodiesOf(inputWith({ streamsCalls: true }));
    const [plan, critic] = specs.map(
      (spec) => renderCall({ input: inputWith({ streamsCalls: true }), state, spec }).features,
    );
    expect(plan).toMatchObject({
      operation: "chat",
      wireFormat: "openai-chat",
      stream: true,
      requestedModel: null,
      maxOutputTokens: 500,
      needs: ["tools", "images", "structured_output", "reasoning"],
      policy: { mode: "planning" },
    });
    expect(critic).toMatchObject({
      maxOutputTokens: 2_000,
      needs: ["images"],
      policy: { mode: "adversarial" },
      spread: { avoidModelIds: ["model-a"], avoidProviderIds: ["provider-a"], rank: 0 },
    });
  });

  test("a named model, its fallback and the higher of two weight floors reach the router", () => {
    const { features: callers } = inputWith();
    const input = inputWith({ features: { ...callers, policy: { ...callers.policy, minWeight: 5 } } });
    const named = { modelId: "m", allowFallback: true, avoidModelIds: [], avoidProviderIds: [], rank: 2 };
    const { features } = render(input, call({ model: { ...named, minWeight: 3 } }));
    expect(features).toMatchObject({ requestedModel: "m", policy: { allowFallback: true, minWeight: 5 } });
    expect(features.spread?.rank).toBe(2);
    expect(render(input, call({ model: { ...named, minWeight: 8 } })).features.policy.minWeight).toBe(8);
  });

  test("the estimate is the caller's plus prompt and ask, less the tools of a call without tools", () => {
    const input = inputWith({ templates: { "plan.system": "x".repeat(400), ask: "{{text}}" } });
    const spec = call({
      system: "plan.system",
      ask: { template: "ask", values: { text: { text: "ü".repeat(20) } } },
    });
    expect(render(input, spec).estimatedInputTokens).toBe(2_000 + 100 + 10);
    const saved = Math.floor(JSON.stringify(tool).length / 4);
    expect(render(input, { ...spec, carriesTools: false }).estimatedInputTokens).toBe(2_110 - saved);
  });

  test("a limit per call shrinks to what is left of the run's money; without one there is none", () => {
    const { features: callers } = inputWith();
    const policy = { ...callers.policy, maxBudgetUsd: 0.05 };
    const limited = inputWith({ features: { ...callers, policy }, maxCostUsd: 0.05 });
    const { state } = bodiesOf(limited);
    expect(render(limited, call(), state).features.policy.maxBudgetUsd).toBeCloseTo(0.047, 9);
    expect(render(inputWith({ maxCostUsd: 0.05 }), call(), state).features.policy.maxBudgetUsd).toBeNull();
  });
});

describe("templates", () => {
  test("what looks like a placeholder inside of an answer stays as it is", () => {
    const input = inputWith();
    const { calls, state } = runThrough({ mode, input }, ({ spec }) =>
      answered(spec.callId === "plan.1" ? "{{critique}} {{plan}} $& $1" : "{{plan}}"),
    );
    const refine = calls.find(({ spec }) => spec.callId === "refine.1")?.spec ?? call();
    const asked = String(render(input, refine, state).body.messages.at(-1)?.content);
    expect(asked).toContain("<proposal>\n{{critique}} {{plan}} $& $1\n</proposal>");
    expect(asked).toContain("<critique>\n{{plan}}\n</critique>");
  });

  test("an unknown template and a missing answer are our own faults", () => {
    const input = inputWith();
    expect(() => render(input, call({ system: "no.such" }))).toThrow(/no template named `no.such`/);
    const ask = { template: "critique.ask", values: { plan: { answerOf: "plan.1" } } };
    expect(() => render(input, call({ ask }))).toThrow(/`plan.1` has no answer/);
    expect(() => render(inputWith({ bodyText: "[]" }), call())).toThrow(/no chat body/);
    expect(() => render(inputWith({ bodyText: "{" }), call())).toThrow(/no JSON/);
  });
});

test("whatever the messages, none is lost and the body is JSON", () => {
  const message = fc.record(
    {
      role: fc.constantFrom("system", "user", "assistant", "tool", "function", "developer"),
      content: fc.oneof(
        fc.string(),
        fc.constant(null),
        fc.array(fc.record({ type: fc.constant("text"), text: fc.string() })),
      ),
      tool_calls: fc.array(fc.record({ id: fc.string() })),
      tool_call_id: fc.string(),
      name: fc.string(),
    },
    { requiredKeys: ["role"] },
  );
  fc.assert(
    fc.property(fc.array(message), fc.boolean(), (messages, carriesTools) => {
      const input = inputWith({ bodyText: JSON.stringify({ messages }), acceptedAtMs: testNowMs });
      expect(render(input, call({ carriesTools })).body.messages).toHaveLength(messages.length);
    }),
  );
});
