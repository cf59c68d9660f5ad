import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI, { APIError, toFile } from "openai";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { chatBody, createBatch, lineOf, untilBatchEnds, uploadInput } from "./batch-clients.ts";

let network: TestNetwork;
let client: OpenAI;

beforeAll(async () => {
  network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    env: { TOKENHUB_MAX_BODY_BYTES: "20000" },
  });
  client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
});
afterAll(() => network[Symbol.asyncDispose]());

async function problemsOf(text: string): Promise<OpenAI.BatchError[]> {
  const { id } = await createBatch(client, text);
  const batch = await untilBatchEnds(client, id);
  expect(batch.status).toBe("failed");
  expect(batch.failed_at).toBeGreaterThan(0);
  expect([batch.output_file_id, batch.error_file_id]).toEqual([undefined, undefined]);
  expect(batch.errors?.object).toBe("list");
  return batch.errors?.data ?? [];
}

async function refusalOf(work: Promise<unknown>): Promise<APIError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof APIError) return outcome;
  throw new Error(`expected a refusal, got ${String(outcome)}`);
}

describe("a batch whose file has bad lines fails before any of them is carried out", () => {
  it("and names each with its line, its code and its member", async () => {
    const bad: readonly (readonly [line: string, code: string, param: string | null])[] = [
      ["nothing", "invalid_json_line", null],
      ["[]", "invalid_json_line", null],
      [`{"a":${"[".repeat(300)}${"]".repeat(300)}}`, "invalid_json_line", null],
      ['{"method":"POST"}', "missing_required_parameter", "custom_id"],
      [lineOf(""), "invalid_custom_id", "custom_id"],
      [lineOf("x".repeat(513)), "invalid_custom_id", "custom_id"],
      [lineOf("nul\0"), "invalid_custom_id", "custom_id"],
      [lineOf("get", { method: "GET" }), "invalid_method", "method"],
      [lineOf("url", { url: "/v1/embeddings" }), "mismatched_url", "url"],
      [lineOf("none", { body: undefined }), "missing_required_parameter", "body"],
      [lineOf("list", { body: [] }), "invalid_type", "body"],
      [lineOf("model", { body: { messages: [] } }), "missing_required_parameter", "body.model"],
      [
        lineOf("stream", { body: { ...chatBody("a"), stream: true } }),
        "unsupported_parameter",
        "body.stream",
      ],
      [lineOf("large", { body: chatBody("x".repeat(30_000)) }), "line_too_large", null],
      [lineOf("good"), "duplicate_custom_id", "custom_id"],
    ];
    const text = [lineOf("good"), "", ...bad.map(([line]) => line)].join("\n");
    const problems = await problemsOf(text);
    expect(problems.map(({ code, param, line }) => [line, code, param])).toEqual(
      bad.map(([, code, param], at) => [at + 3, code, param]),
    );
    expect(problems.at(-1)?.message).toContain("line 1");
    expect(network.mock.calls()).toHaveLength(0);
  });

  it("and lists a hundred problems at most, and counts the others", async () => {
    const problems = await problemsOf("nothing\n".repeat(250));
    expect(problems).toHaveLength(101);
    expect(problems[99]).toMatchObject({ code: "invalid_json_line", line: 100 });
    expect(problems[100]).toMatchObject({ code: "too_many_problems", line: null });
    expect(problems[100]?.message).toContain("150 more");
  });

  it.each([
    ["an empty file", "", "empty_file"],
    ["a file of blanks", "\n \n", "empty_file"],
    [
      "more requests than a batch may have",
      Array.from(
        { length: 50_001 },
        (_, at) => `{"custom_id":"${at}","method":"POST","url":"/v1/chat/completions","body":{"model":"m"}}`,
      ).join("\n"),
      "too_many_tasks",
    ],
  ])("also for %s", async (_title, text, code) => {
    const problems = await problemsOf(text);
    expect(problems.map((problem) => [problem.code, problem.line])).toEqual([[code, null]]);
  });
});

describe("a batch that cannot be is refused at once", () => {
  it.each([
    ["an endpoint that is none for batches", { endpoint: "/v1/moderations" as const }, 400, "endpoint"],
    ["another window", { completion_window: "48h" as "24h" }, 400, "completion_window"],
    ["an unknown file", { input_file_id: `file-${"0".repeat(32)}` }, 404, "input_file_id"],
    ["metadata of something else", { metadata: { a: 1 } as never }, 400, "metadata.a"],
    [
      "a time that is too short",
      { output_expires_after: { anchor: "created_at" as const, seconds: 60 } },
      400,
      "output_expires_after.seconds",
    ],
  ])("with %s", async (_title, params, status, param) => {
    expect(await refusalOf(createBatch(client, lineOf("a"), params))).toMatchObject({ status, param });
  });

  it("with a file for something else", async () => {
    const file = await toFile(Buffer.from(lineOf("a")), "a.jsonl");
    const { id } = await client.files.create({ file, purpose: "user_data" });
    const refusal = await refusalOf(createBatch(client, "", { input_file_id: id }));
    expect(refusal).toMatchObject({ status: 400, param: "input_file_id" });
    expect(refusal.message).toContain("purpose batch");
  });
});

describe("an upload that is none", () => {
  const post = (init: { readonly body: string | FormData; readonly headers?: Record<string, string> }) =>
    fetch(`${network.url}/v1/files`, {
      method: "POST",
      ...init,
      headers: { authorization: `Bearer ${network.apiKey}`, ...init.headers },
    });
  const errorOf = async (response: Response) =>
    [response.status, ((await response.json()) as { error: { code: string } }).error.code] as const;
  const form = (...parts: readonly (readonly [name: string, value: string | Blob])[]) => {
    const data = new FormData();
    for (const [name, value] of parts) data.append(name, value);
    return { body: data };
  };
  const file = new Blob(["{}"]);

  it.each([
    [
      "JSON",
      () => ({ body: "{}", headers: { "content-type": "application/json" } }),
      415,
      "unsupported_media_type",
    ],
    [
      "a form without boundary",
      () => ({ body: "x", headers: { "content-type": "multipart/form-data" } }),
      415,
      "unsupported_media_type",
    ],
    [
      "a form that breaks off",
      () => ({
        body: '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc',
        headers: { "content-type": "multipart/form-data; boundary=x" },
      }),
      400,
      "invalid_request",
    ],
    ["a form without file", () => form(["purpose", "batch"]), 400, "invalid_request"],
    ["a form without purpose", () => form(["file", file]), 400, "invalid_request"],
    ["two files", () => form(["purpose", "batch"], ["file", file], ["file", file]), 400, "invalid_request"],
    ["a file under another name", () => form(["purpose", "batch"], ["data", file]), 400, "invalid_request"],
    [
      "a time that is no number",
      () => form(["purpose", "batch"], ["file", file], ["expires_after[seconds]", "soon"]),
      400,
      "invalid_request",
    ],
  ])("is refused with what is wrong with it, and leaves nothing: %s", async (_title, init, status, code) => {
    expect(await errorOf(await post(init()))).toEqual([status, code]);
    expect(
      (await client.files.list({ order: "desc", limit: 1 })).data.every(
        ({ purpose }) => purpose !== ("" as never),
      ),
    ).toBe(true);
  });

  it("is refused when it is larger than 200 MB, and the connection goes on to serve", async () => {
    const response = await post({
      ...form(["purpose", "batch"], ["file", new Blob([new Uint8Array(210_000_000)])]),
    });
    expect(await errorOf(response)).toEqual([413, "body_too_large"]);
    expect(await uploadInput(client, "{}")).toMatch(/^file-/);
  });
});
