import { describe, expect, it } from "vitest";
import type { FuzzAnswer, FuzzRequest } from "./fuzz-request.ts";
import { judgeAnswer } from "./judge-answer.ts";
import type { SentRequest } from "./request-sender.ts";
import { shrinkRequest } from "./shrink-request.ts";
import { plantedKey, upstreamPrompt, vaultedValue } from "./watched-texts.ts";

const secret = "a-secret-of-the-installation";
const requestId = "req_0123456789abcdef";
const native = (members: object): string =>
  JSON.stringify({
    error: {
      code: "invalid_request",
      message: "No.",
      type: "invalid_request_error",
      param: null,
      request_id: requestId,
      ...members,
    },
  });

function faultsOf(answer: Partial<FuzzAnswer>, request: Partial<FuzzRequest> = {}): readonly string[] {
  return judgeAnswer(
    { operation: "GET /admin/v1/models", method: "GET", path: "/admin/v1/models", ...request },
    {
      status: 200,
      headers: { "content-type": "application/json", "x-request-id": requestId },
      text: "{}",
      durationMs: 5,
      ...answer,
    },
    [secret],
  ).faults;
}

describe("the judge of the fuzz", () => {
  it.each([
    ["an internal error", { status: 500, text: native({ code: "internal_error" }) }, /internal error/],
    ["a 500 without a code", { status: 500, text: '{"error":"broken"}' }, /500 without a code/],
    [
      "a status that is not the code's",
      { status: 404, text: native({}) },
      /invalid_request with the status 404/,
    ],
    ["another surface's error", { status: 400, text: '{"error":"text"}' }, /no error of native/],
    [
      "an error without a request id",
      { status: 400, text: native({}), headers: { "content-type": "application/json" } },
      /request id/,
    ],
    [
      "an error page",
      { status: 404, text: "<html>", headers: { "content-type": "text/html" } },
      /type text\/html/,
    ],
    [
      "a stack",
      { status: 400, text: native({ message: "Oh\n    at x (/app/src/y.ts:1:2)" }).replace("\\n", "\n") },
      /tells of the code/,
    ],
    [
      "an error of the database",
      { status: 400, text: native({ message: "SqliteError: no such column" }) },
      /tells of the code/,
    ],
    ["a slow answer", { durationMs: 10_001 }, /took more/],
    ["broken JSON", { text: "{" }, /cannot be parsed/],
    ["a success of no type", { headers: {} }, /with the type nothing/],
    ["a secret in the body", { text: `{"a":"${secret}"}` }, /secret of the installation/],
    [
      "a secret in a header",
      { headers: { "content-type": "application/json", "x-a": secret } },
      /secret of the installation/,
    ],
    ["a provider's key", { text: `{"a":"${plantedKey}"}` }, /key of a provider/],
    ["a new key out of place", { text: `{"a":"tokenhub_${"a".repeat(64)}"}` }, /new secret/],
    ["a sealed value out of place", { text: `{"a":"${vaultedValue}"}` }, /value of the vault/],
    [
      "a prompt in an error beside what was paid for",
      { status: 400, text: `{"error":{"message":"${upstreamPrompt}"},"run":{"id":"run_1"}}` },
      /shows the prompt/,
    ],
    ["a prompt in an error", { status: 400, text: native({ message: upstreamPrompt }) }, /shows the prompt/],
  ] as const)("finds %s", (_name, answer, fault) => {
    expect(faultsOf(answer).join()).toMatch(fault);
  });

  it.each([
    ["a list", {}, {}],
    ["a refusal", { status: 400, text: native({}) }, {}],
    ["a provider's fault", { status: 502, text: native({ code: "provider_error" }) }, {}],
    ["an answer to HEAD", { status: 500, text: "" }, { method: "HEAD" }],
    [
      "the new key where it is made",
      { text: `{"key":"tokenhub_${"a".repeat(64)}"}` },
      { operation: "POST /admin/v1/apikeys" },
    ],
    [
      "a secret where it is asked for",
      { text: `{"value":"${vaultedValue}"}` },
      { path: "/admin/v1/vault/secrets/a" },
    ],
  ] as const)("has nothing against %s", (_name, answer, request) => {
    expect(faultsOf(answer, request)).toEqual([]);
  });
});

it("a failing request is made as small as it can be and still fails", async () => {
  const failing: SentRequest = {
    operation: "POST /v1/chat",
    method: "POST",
    path: "/v1/chat?a=1&b=2",
    headers: [
      ["accept", "x"],
      ["prefer", "y"],
    ],
    body: Buffer.from('{"a":[1,{"bad":"long text that goes on"},3],"b":{"c":1}}'),
    caller: "admin",
    address: "10.0.0.1",
    credentials: [],
  };
  const smallest = await shrinkRequest(failing, {
    tries: 200,
    stillFails: async ({ path, headers, body }) =>
      path.includes("b=2") &&
      headers.some(([name]) => name === "prefer") &&
      body?.includes('"bad":"l') === true,
  });
  expect(smallest.path).toBe("/v1/chat?b=2");
  expect(smallest.headers).toEqual([["prefer", "y"]]);
  expect(smallest.body?.toString()).toMatch(/^\{"a":\[\{"bad":"l[^"]{0,7}"\}\]\}$/);
});
