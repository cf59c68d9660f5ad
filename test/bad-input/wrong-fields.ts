import type { Endpoint } from "./refusal-bench.ts";

/** A field that the contract checks, with values it must not take; `undefined` leaves the field out. */
export interface WrongField {
  readonly endpoint: Endpoint;
  /** The top-level member. */
  readonly member: string;
  readonly values: readonly unknown[];
}

const shared: readonly Omit<WrongField, "endpoint">[] = [
  { member: "model", values: [5, true, {}, ["gpt-test"]] },
  { member: "stream", values: ["yes", 1, {}] },
  { member: "tokenhub", values: [5, "fast", null, ["fast"], true] },
];

const user = { role: "user", content: "x" };
const named = (name: string): object => ({ type: "function", function: { name } });

const chat: readonly Omit<WrongField, "endpoint">[] = [
  {
    member: "messages",
    values: [
      undefined,
      null,
      "hello",
      {},
      5,
      ["hello"],
      [null],
      [5],
      [[]],
      [{}],
      [{ content: "x" }],
      [{ role: 5, content: "x" }],
      [{ role: "robot", content: "x" }],
      [{ role: "user", content: 5 }],
      [{ role: "user", content: true }],
      [{ role: "user", content: {} }],
      [{ role: "user", content: [5] }],
      [{ role: "user", content: ["text"] }],
      [{ role: "user", content: [{ text: "x" }] }],
      [{ role: "user", content: [{ type: 5 }] }],
      [{ role: "user", content: "x", name: 5 }],
      [user, { role: "assistant", tool_calls: "f" }],
      [user, { role: "assistant", tool_calls: [5] }],
      [user, { role: "assistant", tool_calls: [{ id: 5 }] }],
      [user, { role: "assistant", tool_calls: [{ id: "a", type: 5 }] }],
      [user, { role: "assistant", tool_calls: [{ id: "a", function: { name: 5, arguments: "{}" } }] }],
      [user, { role: "assistant", tool_calls: [{ id: "a", function: { name: "f", arguments: {} } }] }],
      [user, { role: "tool", content: "x", tool_call_id: 5 }],
    ],
  },
  { member: "max_tokens", values: ["5", 0, -1, 1.5, true, {}, 1e300] },
  { member: "max_completion_tokens", values: ["5", 0, -1, 1.5, true, 1e300] },
  { member: "temperature", values: ["hot", -0.1, 2.1, {}] },
  { member: "top_p", values: ["x", -0.1, 1.1] },
  { member: "n", values: ["1", 0, 129, 1.5] },
  { member: "stream_options", values: ["x", 5, { include_usage: "yes" }] },
  { member: "stop", values: [5, {}, [5]] },
  {
    member: "tools",
    values: [
      "f",
      {},
      [5],
      [{}],
      [{ type: 5 }],
      [{ type: "function", function: {} }],
      [{ type: "function", function: { name: 5 } }],
      [{ type: "function", function: { name: "f", description: 5 } }],
      [{ type: "function", function: { name: "f", parameters: "x" } }],
    ],
  },
  { member: "tool_choice", values: [5, {}, { type: 5 }, [named("f")]] },
  { member: "parallel_tool_calls", values: ["yes", 1] },
  { member: "response_format", values: ["json", 5, {}, { type: 5 }] },
  { member: "reasoning_effort", values: [5, {}] },
  { member: "seed", values: ["x", 1.5] },
  { member: "presence_penalty", values: ["x", {}] },
  { member: "frequency_penalty", values: ["x", []] },
  { member: "logit_bias", values: [5, "x", { "50256": "x" }] },
  { member: "logprobs", values: ["x", 1] },
  { member: "top_logprobs", values: ["x", -1, 21, 1.5] },
  { member: "user", values: [5, {}] },
  { member: "metadata", values: ["x", 5, { a: 5 }] },
];

const messages: readonly Omit<WrongField, "endpoint">[] = [
  {
    member: "messages",
    values: [
      undefined,
      null,
      "hello",
      {},
      5,
      ["hello"],
      [null],
      [{}],
      [{ role: "user" }],
      [{ role: "user", content: null }],
      [{ role: "robot", content: "x" }],
      [{ role: 5, content: "x" }],
      [{ role: "user", content: 5 }],
      [{ role: "user", content: {} }],
      [{ role: "user", content: ["x"] }],
      [{ role: "user", content: [{ text: "x" }] }],
      [{ role: "user", content: [{ type: 5 }] }],
    ],
  },
  { member: "max_tokens", values: [undefined, null, "5", 0, -1, 1.5, true, 1e300] },
  { member: "system", values: [5, null, {}, [5], [{ type: "text" }], [{ type: "text", text: 5 }]] },
  { member: "stop_sequences", values: ["x", [5], {}] },
  { member: "temperature", values: ["hot", -0.1, 1.1] },
  { member: "top_p", values: ["x", -0.1, 1.1] },
  { member: "top_k", values: ["x", -1, 1.5] },
  {
    member: "tools",
    values: [
      "f",
      {},
      [5],
      [{}],
      [{ name: 5 }],
      [{ name: "f", description: 5 }],
      [{ name: "f", input_schema: "x" }],
    ],
  },
  { member: "tool_choice", values: ["auto", 5, {}, { type: 5 }] },
  { member: "thinking", values: ["on", 5, {}, { type: 5 }] },
  { member: "metadata", values: ["x", 5, { user_id: 5 }] },
  { member: "service_tier", values: [5, {}] },
];

const embeddings: readonly Omit<WrongField, "endpoint">[] = [
  {
    member: "input",
    values: [
      undefined,
      null,
      5,
      true,
      {},
      "",
      [],
      [""],
      [null],
      [{}],
      [1.5],
      [-1],
      ["x", 5],
      [[]],
      [["x"]],
      [[1.5]],
      Array.from({ length: 2_049 }, () => "x"),
    ],
  },
  { member: "dimensions", values: ["5", 0, -1, 1.5, 1e300] },
  { member: "encoding_format", values: [5, "hex"] },
  { member: "user", values: [5, {}] },
];

const of = (endpoint: Endpoint, fields: readonly Omit<WrongField, "endpoint">[]): WrongField[] =>
  fields.map((field) => ({ endpoint, ...field }));

/** Every field the three contracts check. */
export const wrongFields: readonly WrongField[] = [
  ...of("chat", [...shared, ...chat]),
  ...of("messages", [...shared, ...messages]),
  ...of("embeddings", [...shared.filter(({ member }) => member !== "stream"), ...embeddings]),
];
