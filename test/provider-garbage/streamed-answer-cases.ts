import { upstreamKey } from "@tokenhub/testkit";
import type { Socket } from "node:net";
import type { GarbageCase } from "./garbage-bench.ts";
import { http, json, sse, sseHead, writeForEver, type Misbehaviour } from "./garbage-upstream.ts";
import { isWhole } from "./outcome.ts";
import type { GarbageAnswer } from "./seen-answer.ts";
import { goodStream, type WireSamples } from "./wire-samples.ts";

const shortMs = 250;
const badResponse = { error: "provider_bad_response" } as const;
const notJson = { error: ["provider_bad_response", "provider_error"] } as const;
const timedOut = { error: "provider_timeout" } as const;
const unreachable = { error: ["provider_unreachable", "provider_bad_response"] } as const;
const afterHello = { broken: "hello " } as const;
const helloWorld = { text: "hello world" } as const;

const sends =
  (text: (wire: WireSamples) => string | Buffer): Misbehaviour =>
  (socket, wire) =>
    void socket.write(sse(text(wire)));
/** Writes the head and the text, then does something to the connection. */
const sendsThen =
  (text: (wire: WireSamples) => string | Buffer, then: (socket: Socket) => unknown): Misbehaviour =>
  (socket, wire) => {
    socket.write(sseHead);
    socket.write(text(wire), () => void then(socket));
  };
const keepsSilent = (): void => undefined;
const ends = (socket: Socket): unknown => socket.end();
const resets = (socket: Socket): unknown => socket.resetAndDestroy();

const start = (wire: WireSamples): string => wire.opening.join("");
const firstToken = (wire: WireSamples): string => start(wire) + wire.token("hello ");
const good = (wire: WireSamples): string => goodStream(wire).join("");
const serverError = { type: "server_error", message: "it broke" };
const overloaded = { type: "overloaded_error", message: "busy" };

const beforeTheFirstToken: readonly GarbageCase[] = [
  { name: "a reset instead of a head", answer: resets, sees: unreachable },
  { name: "silence instead of a head", answer: keepsSilent, timeoutMs: shortMs, sees: timedOut },
  {
    name: "a head and silence",
    answer: sendsThen(() => "", keepsSilent),
    timeoutMs: shortMs,
    sees: timedOut,
  },
  { name: "a head and a reset", answer: sendsThen(() => ": \n\n", resets), sees: unreachable },
  { name: "a head and the end", answer: sends(() => ""), sees: badResponse },
  { name: "an opening and the end", answer: sends(start), sees: badResponse },
  {
    name: "an opening and a reset",
    answer: sendsThen(start, resets),
    sees: { error: ["stream_interrupted", "provider_unreachable", "provider_bad_response"] },
  },
  {
    name: "an opening and silence",
    answer: sendsThen(start, keepsSilent),
    timeoutMs: shortMs,
    sees: timedOut,
  },
  {
    name: "comments without end",
    answer: (socket) => {
      socket.write(sseHead);
      writeForEver(socket, { text: ": still here\n\n", everyMs: 10 });
    },
    timeoutMs: shortMs,
    sees: timedOut,
  },
  {
    name: "pings without end",
    only: "anthropic",
    answer: (socket) => {
      socket.write(sseHead);
      writeForEver(socket, { text: 'event: ping\ndata: {"type":"ping"}\n\n', everyMs: 10 });
    },
    timeoutMs: shortMs,
    sees: timedOut,
  },
  {
    name: "one event without end",
    answer: (socket) => {
      socket.write(`${sseHead}data: {"x":"`);
      writeForEver(socket, { text: "x".repeat(500_000), everyMs: 1 });
    },
    sees: badResponse,
  },
  {
    name: "an HTML page",
    answer: (socket) =>
      void socket.write(http("200 OK", { headers: { "content-type": "text/html" }, body: "<h1>no</h1>" })),
    sees: badResponse,
  },
  {
    name: "a whole answer",
    answer: (socket, wire) => void socket.write(json(wire.body("hello"))),
    sees: badResponse,
  },
  {
    name: "an error in a 200 that is no stream",
    answer: (socket, wire) => void socket.write(json(wire.error(overloaded))),
    sees: { error: "provider_unavailable" },
  },
  {
    name: "an error event first",
    answer: sends((wire) => wire.errorEvent(overloaded)),
    sees: { error: "provider_unavailable" },
  },
  {
    name: "an error event after the opening",
    answer: sends((wire) => start(wire) + wire.errorEvent(serverError)),
    sees: { error: "provider_error" },
  },
  {
    name: "a refusal after the opening that quotes our key",
    answer: sends(
      (wire) =>
        start(wire) + wire.errorEvent({ type: "invalid_request_error", message: `bad key ${upstreamKey}` }),
    ),
    sees: {
      keeps: ({ status, error }) => ({
        "status 400": status === 400,
        "no key": error?.message.includes("bad key [redacted]") === true,
      }),
    },
  },
  { name: "no JSON first", answer: sends((wire) => `data: hello\n\n${good(wire)}`), sees: notJson },
  { name: "no object first", answer: sends((wire) => `data: [1]\n\n${good(wire)}`), sees: notJson },
  { name: "bare text", answer: sends(() => "hello world"), sees: badResponse },
  {
    name: "a stream of the other format",
    answer: sends((wire) =>
      wire.format === "openai"
        ? 'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"x"}}\n\n'
        : 'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n',
    ),
    sees: badResponse,
  },
  {
    name: "a 429 with an HTML page",
    answer: (socket) =>
      void socket.write(
        http("429 Too Many Requests", {
          headers: { "content-type": "text/html", "retry-after": "3600" },
          body: "<h1>no</h1>",
        }),
      ),
    sees: { error: "provider_rate_limited" },
  },
  {
    name: "a redirect",
    answer: (socket) =>
      void socket.write(http("302 Found", { headers: { location: "/elsewhere" }, body: "" })),
    sees: badResponse,
  },
];

export const afterTheFirstToken: readonly GarbageCase[] = [
  { name: "a token and the end", answer: sends(firstToken), sees: afterHello },
  { name: "a token and a reset", answer: sendsThen(firstToken, resets), sees: afterHello },
  {
    name: "a token and an end before the length",
    answer: (socket, wire) =>
      void socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99999\r\n\r\n${firstToken(wire)}`,
        () => socket.end(),
      ),
    sees: afterHello,
  },
  {
    name: "a token and silence",
    answer: sendsThen(firstToken, keepsSilent),
    timeoutMs: shortMs,
    sees: afterHello,
  },
  {
    name: "a token and an error event",
    answer: sends((wire) => firstToken(wire) + wire.errorEvent(overloaded)),
    sees: afterHello,
  },
  {
    name: "a token and an error event that quotes our key",
    answer: sends(
      (wire) =>
        firstToken(wire) +
        wire.errorEvent({ type: "invalid_request_error", message: `bad key ${upstreamKey}` }),
    ),
    sees: afterHello,
  },
  {
    name: "a token and an error of an inherited name",
    answer: sends((wire) => firstToken(wire) + wire.errorEvent({ type: "constructor", message: "x" })),
    sees: afterHello,
  },
  {
    name: "a token and no JSON",
    answer: sends((wire) => `${firstToken(wire)}data: {"choi\n\n${wire.token("world")}`),
    sees: afterHello,
  },
  {
    name: "a token and half an event",
    answer: sendsThen((wire) => firstToken(wire) + wire.token("world").slice(0, -9), ends),
    sees: afterHello,
  },
  {
    name: "a token and an event without end",
    answer: (socket, wire) => {
      socket.write(`${sseHead}${firstToken(wire)}data: {"x":"`);
      writeForEver(socket, { text: "x".repeat(500_000), everyMs: 1 });
    },
    sees: afterHello,
  },
  {
    name: "tokens without end",
    answer: (socket, wire) => {
      socket.write(sseHead + start(wire));
      writeForEver(socket, { text: wire.token("more "), everyMs: 10 });
    },
    timeoutMs: shortMs,
    sees: {
      keeps: ({ text, error, isComplete, durationMs }) => ({
        "the tokens so far": /^(?:more )+$/.test(text),
        "an error in the end": error !== null && !isComplete,
        "an early end": durationMs < 3_000,
      }),
    },
  },
];

function bytewise(text: (wire: WireSamples) => string): Misbehaviour {
  return (socket, wire) => {
    socket.write(sseHead);
    for (const byte of Buffer.from(text(wire))) socket.write(Buffer.from([byte]));
    socket.end();
  };
}

/** The last event is `[DONE]` or `message_stop`; whatever the connection does behind it, the answer is whole. */
const afterTheLastEvent: readonly GarbageCase[] = [
  {
    name: "silence after the last event",
    answer: sendsThen(good, keepsSilent),
    sees: {
      keeps: (answer) => ({
        ...isWhole(answer),
        "the text": answer.text === "hello world",
        "an early end": answer.durationMs < 3_000,
      }),
    },
  },
  { name: "a reset after the last event", answer: sendsThen(good, resets), sees: helloWorld },
  {
    name: "an end before the length, after the last event",
    answer: (socket, wire) =>
      void socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99999\r\n\r\n${good(wire)}`,
        () => socket.end(),
      ),
    sees: helloWorld,
  },
  {
    name: "nonsense after the last event",
    answer: sends((wire) => `${good(wire)}data: what else\n\n`),
    sees: helloWorld,
  },
  {
    name: "an error after the last event",
    answer: sends((wire) => good(wire) + wire.errorEvent(serverError)),
    sees: helloWorld,
  },
  { name: "no last event", answer: sends((wire) => good(wire).replace(wire.terminal, "")), sees: helloWorld },
  {
    name: "no blank line after the last event",
    answer: sends((wire) => good(wire).trimEnd()),
    sees: helloWorld,
  },
];

const oddButUsable: readonly GarbageCase[] = [
  { name: "CRLF", answer: sends((wire) => good(wire).replaceAll("\n", "\r\n")), sees: helloWorld },
  { name: "CR alone", answer: sends((wire) => good(wire).replaceAll("\n", "\r")), sees: helloWorld },
  {
    name: "comments between all lines",
    answer: sends((wire) =>
      good(wire)
        .replaceAll("\n", "\n: keep-alive\n")
        .replaceAll("\n: keep-alive\n\n: keep-alive\n", "\n\n: keep-alive\n\n"),
    ),
    sees: helloWorld,
  },
  {
    name: "data over several lines",
    answer: sends((wire) =>
      good(wire)
        .replaceAll(/^data: \{/gm, "data: {\ndata: ")
        .replaceAll(/,"/g, ',\ndata: "'),
    ),
    sees: helloWorld,
  },
  {
    name: "no space after the colons",
    answer: sends((wire) => good(wire).replaceAll(/^(event|data): /gm, "$1:")),
    sees: helloWorld,
  },
  {
    name: "ids and retry hints",
    answer: sends((wire) => good(wire).replaceAll(/^data: /gm, "id: 7\nretry: 1\nnonsense: x\ndata: ")),
    sees: helloWorld,
  },
  { name: "a byte order mark", answer: sends((wire) => `\ufeff${good(wire)}`), sees: helloWorld },
  { name: "single bytes", answer: bytewise(good), sees: helloWorld },
  {
    name: "letters cut in half between pieces",
    answer: bytewise((wire) => good(wire).replace("world", "w🙂rld 語")),
    sees: { text: "hello w🙂rld 語" },
  },
  {
    name: "bytes that are no UTF-8",
    answer: sends((wire) => {
      const [before = "", after = ""] = good(wire).split("world");
      return Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(after)]);
    }),
    sees: { text: "hello \ufffd\ufffd(" },
  },
  {
    name: "events nobody knows",
    answer: sends((wire) =>
      good(wire)
        .replaceAll(/^(?=(?:event|data): )/gm, "")
        .replace(
          wire.token("world"),
          `event: news\ndata: {"type":"news","news":{"text":"x"}}\n\n${wire.token("world")}`,
        ),
    ),
    sees: helloWorld,
  },
  {
    name: "chunks of nothing",
    only: "openai",
    answer: sends((wire) =>
      good(wire).replace(
        wire.token("world"),
        `${["{}", '{"choices":null}', '{"choices":[]}', '{"choices":[null]}', '{"choices":[{}]}', '{"choices":[{"index":0,"delta":null}]}', '{"choices":[{"index":0,"delta":{"content":null}}]}', '{"choices":[{"index":"x","delta":{"content":5,"tool_calls":5}}]}'].map((text) => `data: ${text}\n\n`).join("")}${wire.token("world")}`,
      ),
    ),
    sees: helloWorld,
  },
  {
    name: "events of nothing",
    only: "anthropic",
    answer: sends((wire) =>
      good(wire).replace(
        wire.token("world"),
        `${["{}", '{"type":null}', '{"type":"content_block_delta"}', '{"type":"content_block_delta","index":0,"delta":null}', '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":5}}', '{"type":"content_block_stop","index":77}', '{"type":"message_delta"}'].map((text) => `data: ${text}\n\n`).join("")}${wire.token("world")}`,
      ),
    ),
    sees: {
      keeps: (answer, caller) => ({
        ...isWhole(answer),
        // A caller of the same format gets the provider's own events.
        "the text, where it is translated": caller === "anthropic" || answer.text === "hello world",
      }),
    },
  },
  {
    name: "no usage",
    answer: sends((wire) => good(wire).replaceAll(/,"usage":\{[^}]*\}/g, "")),
    sees: helloWorld,
  },
  {
    name: "usage of null",
    answer: sends((wire) => good(wire).replaceAll(/"usage":\{[^}]*\}/g, '"usage":null')),
    sees: helloWorld,
  },
  {
    name: "usage beyond all numbers",
    answer: sends((wire) => good(wire).replaceAll(/("(?:\w+)_tokens"):\d+/g, "$1:1e400")),
    sees: helloWorld,
  },
  {
    name: "a finish reason nobody knows",
    answer: sends((wire) => good(wire).replace(/"(?:stop|end_turn)"/, '"tired"')),
    sees: helloWorld,
  },
  {
    name: "a finish reason that is a number",
    answer: sends((wire) => good(wire).replace(/"(?:stop|end_turn)"/, "7")),
    sees: helloWorld,
  },
  {
    name: "a model and an id that are no texts",
    answer: sends((wire) =>
      good(wire)
        .replaceAll('"model":"up"', '"model":5')
        .replaceAll(/"id":"[^"]*"/g, '"id":{}'),
    ),
    sees: helloWorld,
  },
  {
    name: "prototype members",
    answer: sends((wire) =>
      good(wire).replaceAll(
        /^data: \{/gm,
        'data: {"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},',
      ),
    ),
    sees: helloWorld,
  },
  {
    name: "a second answer nobody asked for",
    answer: (socket, wire) =>
      void socket.write(Buffer.concat([sse(good(wire)), sse(good(wire).replace("hello", "smuggled"))])),
    sees: helloWorld,
  },
];

function toolStream(wire: WireSamples, pieces: readonly string[]): string {
  if (wire.format === "openai") {
    const chunk = (delta: object, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "up", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const called = (members: object): string => chunk({ tool_calls: [{ index: 0, ...members }] });
    const head = called({ id: "call_1", type: "function", function: { name: "f", arguments: "" } });
    return `${head}${pieces.map((text) => called({ function: { arguments: text } })).join("")}${chunk({}, "tool_calls")}data: [DONE]\n\n`;
  }
  const event = (payload: { readonly type: string } & Record<string, unknown>): string =>
    `event: ${payload.type}\ndata: ${JSON.stringify(payload)}\n\n`;
  const block = { type: "tool_use", id: "toolu_1", name: "f", input: {} };
  const deltas = pieces.map((text) =>
    event({ type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: text } }),
  );
  return (
    (wire.opening[0] ?? "") +
    event({ type: "content_block_start", index: 0, content_block: block }) +
    deltas.join("") +
    event({ type: "content_block_stop", index: 0 }) +
    event({ type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 2 } }) +
    wire.terminal
  );
}

const toolCalls: readonly GarbageCase[] = [
  { name: "tool call arguments that are no JSON", pieces: ["{not ", "json"] },
  { name: "tool call arguments that break off", pieces: ['{"city":"Os'] },
  { name: "tool call arguments that go on after their end", pieces: ['{"a":1}', "{}}"] },
  { name: "tool call arguments that are a list", pieces: ["[1,2]"] },
].map(({ name, pieces }) => ({
  name,
  answer: sends((wire) => toolStream(wire, pieces)),
  sees: {
    keeps: (answer: GarbageAnswer) => {
      const whole = pieces.join("");
      const input = answer.toolInputs.join("");
      // What comes after whole arguments may be left out.
      const isCut = name === "tool call arguments that go on after their end" && input === pieces[0];
      return { ...isWhole(answer), [`the arguments ${whole}, not ${input}`]: isCut || input === whole };
    },
  },
}));

const nestedToolCalls: readonly GarbageCase[] = [
  {
    name: "tool call arguments that are an object of ten thousand levels",
    only: "openai",
    answer: sends((wire) =>
      toolStream(wire, ["@"]).replace('"@"', '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000)),
    ),
    sees: {
      keeps: ({ status, error, isComplete }) => ({
        "a complete stream, or one that ends with an error":
          status === 200 && isComplete === (error === null),
      }),
    },
  },
];

export const streamedAnswerCases: readonly GarbageCase[] = [
  ...beforeTheFirstToken,
  ...afterTheFirstToken,
  ...afterTheLastEvent,
  ...oddButUsable,
  ...toolCalls,
  ...nestedToolCalls,
];
