import { startTestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  bodyWith,
  bodyWithText,
  endpointNames,
  endpoints,
  prompt,
  startRefusalBench,
  unlessOneOf,
  wrongKey,
  type RefusalBench,
} from "./refusal-bench.ts";
import { wrongFields } from "./wrong-fields.ts";

let bench: RefusalBench;
beforeAll(async () => {
  bench = await startRefusalBench({ redisUrl: inject("redisUrl") });
});
afterAll(() => bench[Symbol.asyncDispose]());

const brokenJson: readonly { readonly kind: string; readonly text: string }[] = [
  { kind: "that is empty", text: "" },
  { kind: "of white space", text: " \n\t " },
  { kind: "cut off in a text", text: `{"model":"gpt-test","messages":[{"role":"user","content":"${prompt}` },
  { kind: "cut off after a comma", text: `{"user":"${prompt}",` },
  { kind: "with a comma before the closing brace", text: `{"user":"${prompt}",}` },
  { kind: "with a comma before the closing bracket", text: `{"user":"${prompt}","messages":[1,]}` },
  { kind: "with single quotes", text: `{'user':'${prompt}'}` },
  { kind: "with a comment", text: `{"user":"${prompt}" /* why */}` },
  { kind: "with something behind it", text: `{"user":"${prompt}"} ${prompt}` },
  { kind: "with a raw line break in a text", text: `{"user":"${prompt}\n"}` },
  { kind: "with a wrong escape", text: `{"user":"${prompt}\\x41"}` },
  { kind: "with NaN", text: `{"user":"${prompt}","temperature":NaN}` },
  { kind: "with a number that has a leading zero", text: `{"user":"${prompt}","n":01}` },
  { kind: "that is a form", text: `model=gpt-test&prompt=${prompt}` },
  { kind: "that is a bare word", text: prompt },
  { kind: "that is a list", text: `[{"role":"user","content":"${prompt}"}]` },
  { kind: "that is a text", text: `"${prompt}"` },
  { kind: "that is a number", text: "42" },
  { kind: "that is null", text: "null" },
  { kind: "that is true", text: "true" },
];

describe.each(endpointNames)("a bad request for %s", (endpoint) => {
  const { path, body } = endpoints[endpoint];
  const valid = JSON.stringify(body);

  it.each(brokenJson)("is refused for a body $kind", async ({ text }) => {
    expect(await bench.faultsOf({ path, body: text }, { code: "invalid_json", says: /JSON/ })).toEqual([]);
  });

  it("is refused for bytes that are no UTF-8, wherever they stand", async () => {
    const [before = "", after = ""] = valid.split(prompt);
    const broken = [
      [0xff],
      [0xc3, 0x28],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xc0, 0xaf],
    ];
    for (const bytes of broken) {
      const bodyBytes = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      expect(
        await bench.faultsOf({ path, body: bodyBytes }, { code: "invalid_utf8", says: /UTF-8/ }),
      ).toEqual([]);
    }
    const utf16 = Buffer.from(`\ufeff${valid}`, "utf16le");
    expect(await bench.faultsOf({ path, body: utf16 }, { code: "invalid_utf8", says: /UTF-8/ })).toEqual([]);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"])(
    "is refused for the content type %s",
    async (contentType) => {
      expect(
        await bench.faultsOf(
          { path, body: valid, headers: { "content-type": contentType } },
          { code: "unsupported_media_type", says: /application\/json/ },
        ),
      ).toEqual([]);
    },
  );

  it.each(["gzip", "br", "identity, deflate"])(
    "is refused for a body in content encoding %s",
    async (encoding) => {
      expect(
        await bench.faultsOf(
          { path, body: valid, headers: { "content-encoding": encoding } },
          { code: "unsupported_media_type", says: /without `content-encoding`/ },
        ),
      ).toEqual([]);
    },
  );

  it("is refused for a name no model has, with the closest ones", async () => {
    const name = body.model.slice(0, -1);
    expect(
      await bench.faultsOf(
        { path, body: bodyWith(endpoint, { model: name }) },
        { code: "model_not_found", param: "model", says: new RegExp(`Did you mean ${body.model}`) },
      ),
    ).toEqual([]);
  });

  it.each([
    { kind: "a header in it", model: "gpt-test\r\nx-evil: 1" },
    { kind: "a header in it, escaped once more", model: "gpt-test%0d%0ax-evil:%201" },
    { kind: "control characters", model: "\u0000\u0007\u001b[31m\u007f" },
    { kind: "letters beyond Latin-1", model: "模型-🙂-\u2028\u202e" },
    { kind: "lone surrogates", model: "\ud800\udc00\ud800" },
    { kind: "a path", model: "../../etc/passwd" },
    { kind: "a Redis key", model: "{test}:queue:route" },
    { kind: "a prototype's member", model: "__proto__" },
    { kind: "another prototype's member", model: "constructor" },
    { kind: "a megabyte", model: "m".repeat(1_000_000) },
  ])(
    "is refused for a model name with $kind, and its answer stays short and in one piece",
    async ({ model }) => {
      expect(
        await bench.faultsOf(
          { path, body: bodyWith(endpoint, { model }) },
          { code: "model_not_found", param: "model" },
        ),
      ).toEqual([]);
    },
  );

  it("is refused without a key, with a wrong one and with half a credential", async () => {
    const without = { authorization: undefined };
    const bad = (headers: Record<string, string | undefined>) => ({ path, body: valid, headers });
    const missing = { code: "missing_api_key", says: /Authorization: Bearer/ } as const;
    const invalid = { code: "invalid_api_key" } as const;
    // A right key makes the gateway forget wrong ones, which would slow this address down.
    const forget = (): Promise<unknown> =>
      fetch(`${bench.network.url}/v1/models`, {
        headers: { authorization: `Bearer ${bench.network.apiKey}` },
      });
    await forget();
    expect(await bench.faultsOf(bad(without), missing)).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: "" }), missing)).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: "Bearer" }), missing)).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: "Bearer   " }), missing)).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: `Basic ${wrongKey}` }), missing)).toEqual([]);
    expect(await bench.faultsOf(bad({ ...without, "x-api-key": "" }), missing)).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: `Bearer ${wrongKey}` }), invalid)).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: `bearer  ${wrongKey}` }), invalid)).toEqual([]);
    expect(
      await bench.faultsOf(bad({ authorization: `Bearer ${bench.network.apiKey.slice(0, -1)}` }), invalid),
    ).toEqual([]);
    expect(await bench.faultsOf(bad({ authorization: `Bearer ${bench.network.apiKey} x` }), invalid)).toEqual(
      [],
    );
    await forget();
    expect(await bench.faultsOf(bad({ ...without, "x-api-key": wrongKey }), invalid)).toEqual([]);
    expect(await bench.faultsOf(bad({ ...without, "api-key": wrongKey }), invalid)).toEqual([]);
    expect(await bench.faultsOf(bad({ ...without, "x-api-key": "k".repeat(10_000) }), invalid)).toEqual([]);
  });

  it.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])("is refused for the method %s", async (method) => {
    const bad = { path, method, ...(method === "GET" ? {} : { body: valid }) };
    expect(await bench.faultsOf(bad, { code: "method_not_allowed", says: /Use POST/ })).toEqual([]);
    expect((await bench.send(bad)).headers["allow"]).toBe("POST");
  });

  it("is refused for the method HEAD, without a body as that method wants it", async () => {
    const answer = await bench.send({ path, method: "HEAD" });
    expect([answer.status, answer.headers["allow"], answer.text]).toEqual([405, "POST", ""]);
  });

  it.each(["0", "-1", "abc", "NaN", "Infinity", "1e400", "5 minutes", "1,000", "10, 20"])(
    "is refused for x-tokenhub-timeout-ms: %s",
    async (timeout) => {
      expect(
        await bench.faultsOf(
          { path, body: valid, headers: { "x-tokenhub-timeout-ms": timeout } },
          {
            code: "invalid_request",
            param: "x-tokenhub-timeout-ms",
            says: /positive number of milliseconds/,
          },
        ),
      ).toEqual([]);
    },
  );

  it.each([
    ["x-tokenhub-strategy", "best", "strategy"],
    ["x-tokenhub-strategy", "5", "strategy"],
    ["x-tokenhub-mode", "fast", "mode"],
    ["x-tokenhub-max-cost-per-1k", "-1", "max_cost_per_1k"],
    ["x-tokenhub-max-cost-per-1k", "cheap", "max_cost_per_1k"],
    ["x-tokenhub-min-context", "1.5", "min_context"],
    ["x-tokenhub-min-context", "-1", "min_context"],
    ["x-tokenhub-min-context", "Infinity", "min_context"],
    ["x-tokenhub-min-weight", "heavy", "min_weight"],
    ["x-tokenhub-allow-fallback", "yes", "allow_fallback"],
    ["x-tokenhub-allow-fallback", "1", "allow_fallback"],
    ["x-tokenhub-allow-escalation", "no", "allow_escalation"],
  ])("is refused for the hint %s: %s", async (header, value, name) => {
    expect(
      await bench.faultsOf(
        { path, body: valid, headers: { [header]: value } },
        { code: "invalid_request", param: `tokenhub.${name}`, says: new RegExp(name) },
      ),
    ).toEqual([]);
  });

  it.each([
    [{ strategy: "best" }, "tokenhub.strategy"],
    [{ mode: 5 }, "tokenhub.mode"],
    [{ max_cost_per_1k: "1" }, "tokenhub.max_cost_per_1k"],
    [{ max_cost_per_1k: -1 }, "tokenhub.max_cost_per_1k"],
    [{ min_context: 1.5 }, "tokenhub.min_context"],
    [{ min_context: null }, "tokenhub.min_context"],
    [{ min_weight: -1 }, "tokenhub.min_weight"],
    [{ allow_fallback: "true" }, "tokenhub.allow_fallback"],
    [{ allow_escalation: 0 }, "tokenhub.allow_escalation"],
    [{ fallback: true }, "tokenhub"],
    [{ allow_fallback: true, allowFallback: true }, "tokenhub"],
    [{ ["k".repeat(100_000)]: 1 }, "tokenhub"],
  ])("is refused for the wishes %#: $1", async (tokenhub, param) => {
    expect(
      await bench.faultsOf(
        { path, body: bodyWith(endpoint, { tokenhub }) },
        { code: "invalid_request", param },
      ),
    ).toEqual([]);
  });

  it("is refused for prototype members among the wishes, and changes no prototype", async () => {
    for (const wishes of ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}']) {
      expect(
        await bench.faultsOf(
          { path, body: bodyWithText(endpoint, `"tokenhub":${wishes}`) },
          { code: "invalid_request", param: "tokenhub" },
        ),
      ).toEqual([]);
    }
    expect("polluted" in {}).toBe(false);
  });
});

describe("a field of the wrong form", () => {
  it.each(wrongFields)(
    "$endpoint: `$member` is refused with its path",
    async ({ endpoint, member, values }) => {
      const { path } = endpoints[endpoint];
      for (const value of values) {
        const text = value === 1e300 ? "1e300" : null;
        const body =
          text === null
            ? bodyWith(endpoint, { [member]: value })
            : bodyWithText(endpoint, `"${member}":${text}`);
        expect(
          await bench.faultsOf(
            { path, body },
            { code: "invalid_request", param: member, says: new RegExp(`\`${member}`) },
          ),
        ).toEqual([]);
      }
    },
  );

  it.each(["1e400", "-1e400", "123456789012345678901234567890", "1e-400"])(
    "refuses or takes the number %s without failing on it",
    async (number) => {
      for (const endpoint of ["chat", "messages"] as const) {
        for (const member of ["max_tokens", "temperature", "top_p"]) {
          const body = bodyWithText(endpoint, `"${member}":${number}`);
          const answer = await bench.send({ path: endpoints[endpoint].path, body });
          expect(unlessOneOf([200, 400], answer)).toBeNull();
        }
      }
    },
  );

  it("an empty list of messages has a code of its own", async () => {
    for (const endpoint of ["chat", "messages"] as const) {
      expect(
        await bench.faultsOf(
          { path: endpoints[endpoint].path, body: bodyWith(endpoint, { messages: [] }) },
          { code: "empty_messages", param: "messages", says: /at least one message/ },
        ),
      ).toEqual([]);
    }
  });

  it("a member name of a hundred kilobytes makes no long message", async () => {
    const name = "k".repeat(100_000);
    for (const members of [{ metadata: { [name]: 5 } }, { logit_bias: { [name]: "x" } }]) {
      expect(
        await bench.faultsOf(
          { path: endpoints.chat.path, body: bodyWith("chat", members) },
          { code: "invalid_request" },
        ),
      ).toEqual([]);
    }
  });
});

describe("a path nobody serves", () => {
  it.each([
    "/",
    "/v1",
    "/v1/chats",
    "/v1/completion",
    "/chat/completions",
    "/v1/chat/completions/extra",
    "/v2/messages",
    "/v1/messages/nothing",
    "/v1/%E0%A4%A",
    "/v1/models/%ZZ",
    "/..%2f..%2fetc/passwd",
    `/${"a".repeat(5_000)}`,
  ])("is answered with 404: %s", async (path) => {
    expect(
      await bench.faultsOf(
        {
          path,
          body: JSON.stringify(endpoints.chat.body),
          method: path.includes("/models/") ? "GET" : "POST",
        },
        { code: "unknown_path" },
      ),
    ).toEqual([]);
  });

  it("does not care how it is asked", async () => {
    for (const method of ["GET", "PUT", "DELETE"])
      expect(await bench.faultsOf({ path: "/v1/nothing", method }, { code: "unknown_path" })).toEqual([]);
  });
});

describe("a request with strange but valid members", () => {
  it.each(endpointNames)("%s: prototype members change no prototype", async (endpoint) => {
    const { path } = endpoints[endpoint];
    const members = '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}';
    const nested = `"metadata":{${members.replaceAll(/\{"polluted":1\}/g, '"x"').replace(/\{"prototype":"x"\}/, '"x"')}}`;
    for (const text of [members, nested]) {
      const answer = await bench.send({ path, body: bodyWithText(endpoint, text) });
      expect(unlessOneOf([200, 400], answer)).toBeNull();
      expect("polluted" in {}).toBe(false);
    }
    expect(await bench.isHealthy()).toBe(true);
  });

  const inherited = ["toString", "constructor", "__proto__", "hasOwnProperty", "valueOf"];
  const user = { role: "user", content: "x" };
  it.each([
    { place: "a part's type", endpoint: "chat", members: (name: string) => ({ messages: [partOf(name)] }) },
    {
      place: "an earlier part's type",
      endpoint: "chat",
      members: (name: string) => ({ messages: [user, { ...partOf(name), role: "assistant" }, user] }),
    },
    { place: "a tool's type", endpoint: "chat", members: (name: string) => ({ tools: [{ type: name }] }) },
    { place: "a choice", endpoint: "chat", members: (name: string) => ({ tool_choice: { type: name } }) },
    { place: "a format", endpoint: "chat", members: (name: string) => ({ response_format: { type: name } }) },
    { place: "an effort", endpoint: "chat", members: (name: string) => ({ reasoning_effort: name }) },
    {
      place: "a block's type",
      endpoint: "messages",
      members: (name: string) => ({ messages: [partOf(name)] }),
    },
    { place: "thinking", endpoint: "messages", members: (name: string) => ({ thinking: { type: name } }) },
    { place: "a choice", endpoint: "messages", members: (name: string) => ({ tool_choice: { type: name } }) },
    {
      place: "a tool's type",
      endpoint: "messages",
      members: (name: string) => ({ tools: [{ type: name, name: "f" }] }),
    },
  ] as const)(
    "$endpoint: the name of an inherited member as $place is a name like any other",
    async ({ endpoint, members }) => {
      for (const name of inherited) {
        for (const model of ["gpt-test", "claude-test"]) {
          const body = bodyWith(endpoint, { model, ...members(name) });
          const answer = await bench.send({ path: endpoints[endpoint].path, body });
          expect(unlessOneOf([200, 400], answer)).toBeNull();
        }
      }
    },
  );

  it.each(["chat", "messages"] as const)(
    "%s: of a member that stands twice the last one counts, for us and for the provider",
    async (endpoint) => {
      const { path, body } = endpoints[endpoint];
      bench.network.mock.clearCalls();
      const twice = `{"model":"spare-test","stream":true,"tokenhub":{"nonsense":1},${bodyWithText(
        endpoint,
        '"stream":false,"tokenhub":{}',
      ).slice(1)}`;
      const answer = await bench.send({ path, body: twice });
      expect(unlessOneOf([200], answer)).toBeNull();
      expect(answer.headers["x-tokenhub-model"]).toBe(body.model);
      const sent = bench.network.mock.calls().map((call) => call.body);
      expect(sent).toHaveLength(1);
      expect(JSON.stringify(sent[0])).not.toContain("tokenhub");
      expect(sent[0]).not.toMatchObject({ stream: true });
    },
  );

  it("a last duplicate that is wrong is refused", async () => {
    expect(
      await bench.faultsOf(
        { path: endpoints.chat.path, body: bodyWithText("chat", '"model":"no-such-model"') },
        { code: "model_not_found", param: "model" },
      ),
    ).toEqual([]);
  });
});

describe("in open mode", () => {
  it("no key is let in, a wrong one is still refused", async () => {
    await using open = await startTestNetwork({
      redisUrl: inject("redisUrl"),
      env: { TOKENHUB_AUTH: "open" },
    });
    for (const endpoint of endpointNames) {
      const { path, body } = endpoints[endpoint];
      const ask = (headers: Record<string, string>): Promise<Response> =>
        fetch(open.url + path, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(body),
        });
      expect((await ask({})).status).toBe(200);
      // A right key makes the gateway forget wrong ones, which would slow this address down.
      expect((await ask({ "x-api-key": open.apiKey })).status).toBe(200);
      open.mock.clearCalls();
      const wrong: Record<string, string>[] = [
        { authorization: `Bearer ${wrongKey}` },
        { "x-api-key": wrongKey },
        { "api-key": wrongKey },
      ];
      for (const headers of wrong) {
        const answer = await ask(headers);
        const refused = {
          status: answer.status,
          headers: Object.fromEntries(answer.headers),
          text: await answer.text(),
        };
        expect(bench.faultsOfAnswer(refused, path, { code: "invalid_api_key" })).toEqual([]);
      }
      expect(open.mock.calls()).toHaveLength(0);
    }
  });
});

function partOf(type: string): object {
  return {
    role: "user",
    content: [
      { type: "text", text: "x" },
      { type, text: "x" },
    ],
  };
}
