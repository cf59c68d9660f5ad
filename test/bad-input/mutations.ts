import fc from "fast-check";
import { changes, cuts, withChanges, withCuts } from "../fuzz/json-damage.ts";
import { endpointNames, endpoints, type BadRequest, type Endpoint } from "./refusal-bench.ts";

/** Ordinary requests that touch every part of a contract; everything below is one of them with damage. */
const originals: Readonly<Record<Endpoint, readonly object[]>> = {
  chat: [
    endpoints.chat.body,
    {
      model: "claude-test",
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 20,
      temperature: 0.5,
      stop: ["END"],
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is it?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
          ],
        },
      ],
    },
    {
      model: "gpt-test",
      messages: [
        { role: "user", content: "Weather?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: "cold" },
      ],
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object", properties: {} } } }],
      tool_choice: "auto",
      response_format: { type: "json_object" },
      metadata: { a: "b" },
      tokenhub: { mode: "cheap", allow_fallback: true, min_context: 100 },
    },
  ],
  messages: [
    endpoints.messages.body,
    {
      model: "gpt-test",
      max_tokens: 2_000,
      stream: true,
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
      stop_sequences: ["END"],
      thinking: { type: "enabled", budget_tokens: 1_024 },
      messages: [{ role: "user", content: [{ type: "text", text: "What?" }] }],
    },
    {
      model: "claude-test",
      max_tokens: 50,
      tools: [{ name: "f", description: "d", input_schema: { type: "object", properties: {} } }],
      tool_choice: { type: "auto" },
      metadata: { user_id: "u" },
      messages: [
        { role: "user", content: "Weather?" },
        { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "f", input: { a: 1 } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "cold" }] },
      ],
    },
  ],
  embeddings: [
    endpoints.embeddings.body,
    { model: "embed-test", input: ["a", "b"], dimensions: 8, encoding_format: "base64" },
    { model: "embed-test", input: [[1, 2, 3]] },
  ],
};

const headerValue = fc.oneof(
  fc.constantFrom(
    "",
    "true",
    "false",
    "0",
    "-5",
    "1e999",
    "NaN",
    "cheap",
    "normal",
    "objective",
    "a,b",
    "\t",
    "é",
  ),
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }),
);
const headers = fc.dictionary(
  fc.constantFrom(
    "x-tokenhub-strategy",
    "x-tokenhub-mode",
    "x-tokenhub-max-cost-per-1k",
    "x-tokenhub-min-context",
    "x-tokenhub-min-weight",
    "x-tokenhub-allow-fallback",
    "x-tokenhub-allow-escalation",
    "x-stainless-timeout",
    "traceparent",
    "anthropic-version",
    "anthropic-beta",
    "prefer",
    "idempotency-key",
    "accept",
  ),
  headerValue,
  { maxKeys: 2 },
);

/** Requests with seeded damage to members, bytes and headers; some are still good. */
export function mutatedRequests(count: number, seed: number): BadRequest[] {
  const mutated = fc
    .record({
      endpoint: fc.constantFrom(...endpointNames),
      pick: fc.nat(2),
      changes: fc.option(changes, { nil: [] }),
      cuts: fc.option(cuts, { nil: [], freq: 2 }),
      headers: fc.option(headers, { nil: {} }),
    })
    .map(({ endpoint, pick, changes: applied, cuts: damage, headers: extra }): BadRequest => {
      const body = withChanges(originals[endpoint][pick] ?? {}, applied);
      return {
        path: endpoints[endpoint].path,
        headers: sendable(extra),
        body: withCuts(Buffer.from(JSON.stringify(body)), damage),
      };
    });
  return fc.sample(mutated, { numRuns: count, seed });
}

/** The short timeouts of SDKs are good requests that end in time-outs; clients refuse to send control characters. */
function sendable(extra: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(extra).map(([name, value]) => [
      name,
      name === "x-stainless-timeout" && Number(value) > 0 ? "600" : value.trim(),
    ]),
  );
}
