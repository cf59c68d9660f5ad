import { upstreamKey } from "@tokenhub/testkit";
import { gzipSync } from "node:zlib";
import type { GarbageCase } from "./garbage-bench.ts";
import { http, json, writeForEver, type Misbehaviour } from "./garbage-upstream.ts";
import { isWhole, type Outcome } from "./outcome.ts";
import type { Caller, GarbageAnswer } from "./seen-answer.ts";
import type { WireSamples } from "./wire-samples.ts";

const shortMs = 250;
const page = `<!doctype html><html><body><h1>Whoops</h1>${"<p>x</p>".repeat(200)}</body></html>`;
const badResponse = { error: "provider_bad_response" } as const;
const unreachable = { error: ["provider_unreachable", "provider_bad_response"] } as const;
const hello = { text: "hello" } as const;

const sends =
  (bytes: (wire: WireSamples) => string | Buffer): Misbehaviour =>
  (socket, wire) =>
    void socket.write(bytes(wire));
const sendsThen =
  (bytes: (wire: WireSamples) => string | Buffer, then: "end" | "resetAndDestroy"): Misbehaviour =>
  (socket, wire) =>
    void socket.write(bytes(wire), () => void socket[then]());

const cutShort: readonly GarbageCase[] = [
  {
    name: "JSON that breaks off although its length is right",
    answer: sends((wire) => json(wire.body("hello").slice(0, -20))),
    sees: badResponse,
  },
  {
    name: "an end before the stated length",
    answer: sendsThen((wire) => json(wire.body("hello"), { "content-length": "9999" }), "end"),
    sees: unreachable,
  },
  {
    name: "a reset in the middle of the body",
    answer: sendsThen((wire) => json(wire.body("hello"), { "content-length": "9999" }), "resetAndDestroy"),
    sees: unreachable,
  },
  { name: "a reset before the answer", answer: (socket) => void socket.resetAndDestroy(), sees: unreachable },
  { name: "an end before the answer", answer: (socket) => void socket.end(), sees: unreachable },
  {
    name: "a reset in the middle of the headers",
    answer: sendsThen(() => "HTTP/1.1 200 OK\r\ncontent-ty", "resetAndDestroy"),
    sees: unreachable,
  },
  {
    name: "silence before the headers",
    answer: () => undefined,
    timeoutMs: shortMs,
    sees: { error: "provider_timeout" },
  },
  {
    name: "silence in the middle of the headers",
    answer: sends(() => "HTTP/1.1 200 OK\r\ncontent-type: app"),
    timeoutMs: shortMs,
    sees: { error: "provider_timeout" },
  },
  {
    name: "silence after a 100 Continue",
    answer: sends(() => "HTTP/1.1 100 Continue\r\n\r\n"),
    timeoutMs: shortMs,
    sees: { error: ["provider_timeout", "provider_unreachable", "provider_bad_response"] },
  },
  {
    name: "silence in the middle of the body",
    answer: sends((wire) => json(wire.body("hello"), { "content-length": "9999" })),
    timeoutMs: shortMs,
    sees: { error: "provider_timeout" },
  },
];

const endless: readonly GarbageCase[] = [
  {
    name: "a body without end, slowly",
    answer: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n");
      writeForEver(socket, { text: " ", everyMs: 20 });
    },
    timeoutMs: shortMs,
    sees: { error: "provider_timeout" },
  },
  {
    name: "a body without end, as fast as it goes",
    answer: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"x":"');
      writeForEver(socket, { text: "x".repeat(4_000_000), everyMs: 1 });
    },
    sees: badResponse,
  },
  {
    name: "a stated length of a terabyte",
    answer: sends((wire) => json(wire.body("hello"), { "content-length": "1000000000000" })),
    sees: badResponse,
  },
  {
    name: "interim answers without end",
    answer: (socket) =>
      writeForEver(socket, { text: "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n", everyMs: 10 }),
    timeoutMs: shortMs,
    sees: { error: "provider_timeout" },
  },
  {
    name: "an error body without end",
    answer: (socket) => {
      socket.write("HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\n\r\n");
      writeForEver(socket, { text: "sorry ".repeat(10_000), everyMs: 1 });
    },
    sees: { error: "provider_unavailable" },
  },
  {
    name: "headers of a hundred kilobytes",
    answer: sends((wire) => json(wire.body("hello"), { "x-long": "x".repeat(100_000) })),
    sees: badResponse,
  },
];

const notAnAnswer: readonly GarbageCase[] = [
  {
    name: "an HTML page with 200",
    answer: sends(() => http("200 OK", { headers: { "content-type": "text/html" }, body: page })),
    sees: badResponse,
  },
  { name: "an HTML page said to be JSON", answer: sends(() => json(page)), sees: badResponse },
  {
    name: "a good answer said to be an event stream",
    answer: sends((wire) =>
      http("200 OK", { headers: { "content-type": "text/event-stream" }, body: wire.body("hello") }),
    ),
    sees: badResponse,
  },
  {
    name: "a good answer said to be plain text",
    answer: sends((wire) =>
      http("200 OK", { headers: { "content-type": "text/plain" }, body: wire.body("hello") }),
    ),
    sees: hello,
  },
  {
    name: "a good answer of no type",
    answer: sends((wire) => http("200 OK", { body: wire.body("hello") })),
    sees: hello,
  },
  { name: "an empty body", answer: sends(() => json("")), sees: badResponse },
  { name: "a 204", answer: sends(() => "HTTP/1.1 204 No Content\r\n\r\n"), sees: badResponse },
  { name: "null", answer: sends(() => json("null")), sees: badResponse },
  { name: "a number", answer: sends(() => json("42")), sees: badResponse },
  { name: "a text", answer: sends(() => json('"hello"')), sees: badResponse },
  { name: "a list", answer: sends(() => json("[]")), sees: badResponse },
  { name: "an empty object", answer: sends(() => json("{}")), sees: badResponse },
  {
    name: "an object of another kind",
    answer: sends(() => json('{"status":"ok","text":"hello"}')),
    sees: badResponse,
  },
  {
    name: "JSON twice",
    answer: sends((wire) => json(wire.body("hello") + wire.body("hello"))),
    sees: badResponse,
  },
  {
    name: "no choices",
    only: "openai",
    answer: sends((wire) => json(wire.body("", { choices: [] }))),
    sees: badResponse,
  },
  {
    name: "choices of null",
    only: "openai",
    answer: sends((wire) => json(wire.body("", { choices: null }))),
    sees: badResponse,
  },
  {
    name: "a choice without message",
    only: "openai",
    answer: sends((wire) => json(wire.body("", { choices: [{ index: 0 }] }))),
    sees: badResponse,
  },
  {
    name: "a choice that is a text",
    only: "openai",
    answer: sends((wire) => json(wire.body("", { choices: ["hello"] }))),
    sees: badResponse,
  },
  {
    name: "content of null in a message",
    only: "anthropic",
    answer: sends((wire) => json(wire.bodyWithMessage({ content: null }))),
    sees: badResponse,
  },
  { name: "no HTTP", answer: sendsThen(() => "SSH-2.0-OpenSSH_9.6\r\n", "end"), sees: badResponse },
  { name: "HTTP of another kind", answer: sendsThen(() => "ICY 200 OK\r\n\r\n", "end"), sees: badResponse },
  {
    name: "chunks that are none",
    answer: sendsThen(
      () => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
      "end",
    ),
    sees: badResponse,
  },
  {
    name: "two lengths",
    answer: sendsThen(() => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", "end"),
    sees: badResponse,
  },
  {
    name: "a compressed body nobody asked for",
    answer: sends((wire) => json(gzipSync(wire.body("hello")), { "content-encoding": "gzip" })),
    sees: badResponse,
  },
];

const errors: readonly GarbageCase[] = [
  {
    name: "an error in a 200",
    answer: sends((wire) => json(wire.error({ type: "server_error", message: "it broke" }))),
    sees: { error: "provider_error" },
  },
  {
    name: "an overload in a 200",
    answer: sends((wire) => json(wire.error({ type: "overloaded_error", message: "busy" }))),
    sees: { error: "provider_unavailable" },
  },
  {
    name: "an error of an inherited name in a 200",
    answer: sends((wire) => json(wire.error({ type: "constructor", message: "it broke" }))),
    sees: { error: "provider_error" },
  },
  {
    name: "an error that is a text, in a 200",
    answer: sends(() => json('{"error":"it broke"}')),
    sees: { error: "provider_error" },
  },
  ...["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "304 Not Modified"].map(
    (status): GarbageCase => ({
      name: `a redirect: ${status}`,
      answer: sends(() => http(status, { headers: { location: "/elsewhere" }, body: "" })),
      sees: badResponse,
    }),
  ),
  {
    name: "a 429 with an HTML page",
    answer: sends(() =>
      http("429 Too Many Requests", {
        headers: { "content-type": "text/html", "retry-after": "3600" },
        body: page,
      }),
    ),
    sees: {
      keeps: ({ status, error, raw, headers }) => ({
        "status 429": status === 429,
        "a rate limit": error?.type === "rate_limit_error",
        "no page": !raw.includes("Whoops"),
        // An hour is more than anybody is asked to believe.
        "ten minutes": headers["retry-after"] === "600",
      }),
    },
  },
  {
    name: "a 500 with an HTML page",
    answer: sends(() =>
      http("500 Internal Server Error", { headers: { "content-type": "text/html" }, body: page }),
    ),
    sees: { error: "provider_error" },
  },
  {
    name: "a 400 with an HTML page",
    answer: sends(() => http("400 Bad Request", { headers: { "content-type": "text/html" }, body: page })),
    sees: { error: "provider_bad_request" },
  },
  {
    name: "a 404 of a server that is something else",
    answer: sends(() => http("404 Not Found", { body: "404 page not found" })),
    sees: { error: "provider_error" },
  },
  {
    name: "a 503 with null",
    answer: sends(() => http("503 Service Unavailable", { body: "null" })),
    sees: { error: "provider_unavailable" },
  },
  {
    name: "a 502 that breaks off",
    answer: sendsThen(
      () => http("502 Bad Gateway", { headers: { "content-length": "999" }, body: '{"error":{"mess' }),
      "resetAndDestroy",
    ),
    sees: { error: "provider_error" },
  },
  {
    name: "a status of 999",
    answer: sends(() => http("999 Beyond", { body: "?" })),
    sees: { error: ["provider_error", "provider_bad_response"] },
  },
  {
    name: "a refusal that quotes our key",
    answer: sends((wire) =>
      http("400 Bad Request", {
        body: wire.error({ type: "invalid_request_error", message: `bad key ${upstreamKey}` }),
      }),
    ),
    sees: {
      keeps: ({ status, error }) => ({
        "status 400": status === 400,
        "no key": error?.message.includes("bad key [redacted]") === true,
      }),
    },
  },
  {
    name: "a refusal of a megabyte",
    answer: sends((wire) =>
      http("400 Bad Request", {
        body: wire.error({ type: "invalid_request_error", message: "x".repeat(1_000_000) }),
      }),
    ),
    sees: {
      keeps: ({ status, raw }) => ({ "status 400": status === 400, "a short answer": raw.length < 4_000 }),
    },
  },
];

/** A complete answer that keeps some promises more. */
function answered(
  keeps: (answer: GarbageAnswer, caller: Caller) => Readonly<Record<string, boolean>> = () => ({}),
): Outcome {
  return { keeps: (answer, caller) => ({ ...isWhole(answer), ...keeps(answer, caller) }) };
}

/** OpenAI callers get arguments as text, Anthropic callers as an object; text that is none is wrapped. */
function inputText(input: unknown): string {
  return typeof input === "string" ? input : (JSON.stringify(input) ?? "").replaceAll('\\"', '"');
}

const strangeNumbers = ['"7"', "-5", "1.5", "null", "1e400", "1e300", "{}", "[5]"];

const strangeButUsable: readonly GarbageCase[] = [
  {
    name: "bytes that are no UTF-8 in the text",
    answer: sends((wire) => {
      const [before = "", after = ""] = wire.body("a@b").split("@");
      return json(Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(after)]));
    }),
    sees: { text: "a\ufffd\ufffd(b" },
  },
  { name: "a byte order mark", answer: sends((wire) => json(`\ufeff${wire.body("hello")}`)), sees: hello },
  {
    name: "lone surrogates, NUL and line separators",
    answer: sends((wire) => json(wire.body("@").replace("@", String.raw`a\ud800b\u0000c\u2028d`))),
    sees: answered(({ text }) => ({ "all of the text": /^a.b\0c\u2028d$/s.test(text) })),
  },
  {
    name: "white space around",
    answer: sends((wire) => json(`\r\n\r\n ${wire.body("hello")} \n`)),
    sees: hello,
  },
  {
    name: "an answer that ends with its connection, as in HTTP/1.0",
    answer: sendsThen(
      (wire) => `HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n${wire.body("hello")}`,
      "end",
    ),
    sees: hello,
  },
  {
    name: "single bytes",
    answer: (socket, wire) => {
      for (const byte of json(wire.body("hello"))) socket.write(Buffer.from([byte]));
    },
    sees: hello,
  },
  {
    name: "a second answer nobody asked for",
    answer: sends((wire) => Buffer.concat([json(wire.body("hello")), json(wire.body("smuggled"))])),
    sees: hello,
  },
  {
    name: "members nested ten thousand levels",
    answer: sends((wire) =>
      json(wire.body("hello", { extra: "@" }).replace('"@"', "[".repeat(10_000) + "]".repeat(10_000))),
    ),
    sees: {
      keeps: ({ status, text, error }) => ({
        "the text, or the provider's fault":
          status === 200
            ? text === "hello"
            : status === 502 && /^(?:server|api)_error$/.test(error?.type ?? ""),
      }),
    },
  },
  {
    name: "tool call arguments nested ten thousand levels",
    answer: sends((wire) => json(wire.toolBody('{"a":'.repeat(10_000) + "1" + "}".repeat(10_000)))),
    sees: {
      keeps: ({ status, error, toolInputs }) => ({
        "a call, or the provider's fault":
          status === 200
            ? toolInputs.length === 1
            : status === 502 && /^(?:server|api)_error$/.test(error?.type ?? ""),
      }),
    },
  },
  {
    name: "prototype members",
    answer: sends((wire) =>
      json(
        wire
          .body("hello", { extra: "@" })
          .replace('"extra":"@"', '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'),
      ),
    ),
    sees: answered(({ text }) => ({ "the text": text === "hello", "no pollution": !("polluted" in {}) })),
  },
  {
    name: "no usage",
    answer: sends((wire) => json(wire.body("hello", { usage: undefined }))),
    sees: answered(({ text, usage }, caller) => ({
      "the text": text === "hello",
      // That format has no way to leave usage out; in its own format an answer is passed on as it is.
      "numbers for Anthropic callers":
        caller === "openai" || usage === null || typeof usage["input_tokens"] === "number",
    })),
  },
  { name: "usage of null", answer: sends((wire) => json(wire.body("hello", { usage: null }))), sees: hello },
  {
    name: "usage that is a text",
    answer: sends((wire) => json(wire.body("hello", { usage: "7 tokens" }))),
    sees: hello,
  },
  ...strangeNumbers.map((count): GarbageCase => ({
    name: `a usage count of ${count}`,
    answer: sends((wire) =>
      json(
        wire
          .body("hello", {
            usage: { prompt_tokens: "@", input_tokens: "@", completion_tokens: "@", output_tokens: "@" },
          })
          .replaceAll('"@"', count),
      ),
    ),
    sees: hello,
  })),
  {
    name: "content of null",
    only: "openai",
    answer: sends((wire) => json(wire.bodyWithMessage({ content: null }))),
    sees: { text: "" },
  },
  {
    name: "no content",
    only: "openai",
    answer: sends((wire) => json(wire.bodyWithMessage({}))),
    sees: { text: "" },
  },
  {
    name: "content that is a list of nothing",
    answer: sends((wire) => json(wire.bodyWithMessage({ content: [] }))),
    sees: answered(({ text }) => ({ "no text": text === "" })),
  },
  {
    name: "content of things that are no blocks",
    answer: sends((wire) =>
      json(
        wire.bodyWithMessage({
          content: [null, 5, "x", [], {}, { type: 5 }, { type: "text" }, { type: "text", text: 5 }],
        }),
      ),
    ),
    sees: answered(),
  },
  {
    name: "a finish reason nobody knows",
    answer: sends((wire) =>
      json(
        wire.format === "openai"
          ? wire.body("", {
              choices: [
                { index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "tired" },
              ],
            })
          : wire.body("hello", { stop_reason: "tired" }),
      ),
    ),
    sees: hello,
  },
  {
    name: "a finish reason that is a number",
    answer: sends((wire) =>
      json(
        wire.format === "openai"
          ? wire.body("", {
              choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: 7 }],
            })
          : wire.body("hello", { stop_reason: 7 }),
      ),
    ),
    sees: hello,
  },
  {
    name: "a model, an id and a type that are no texts",
    answer: sends((wire) => json(wire.body("hello", { model: 5, id: {}, created: "now", service_tier: [] }))),
    sees: hello,
  },
  ...['"{not json"', '""', '"[1,2]"', '"null"', '"42"', "null", "42", '{"a":1}', "[1]"].map(
    (argumentsJson): GarbageCase => ({
      name: `tool call arguments of ${argumentsJson}`,
      answer: sends((wire) => json(wire.toolBody(argumentsJson))),
      sees: answered(({ toolInputs }) => {
        const input = inputText(toolInputs[0]);
        return {
          "one call": toolInputs.length === 1,
          "text that is no JSON reaches the caller":
            argumentsJson !== '"{not json"' || input.includes("{not json"),
          "an object reaches the caller": argumentsJson !== '{"a":1}' || input === argumentsJson,
        };
      }),
    }),
  ),
];

export const wholeAnswerCases: readonly GarbageCase[] = [
  ...cutShort,
  ...endless,
  ...notAnAnswer,
  ...errors,
  ...strangeButUsable,
];
