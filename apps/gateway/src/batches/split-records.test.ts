import { describe, expect, test } from "vitest";
import { createRecordSplitter, type FileRecord } from "./file-record.ts";
import type { BatchSurface } from "./read-batch-line.ts";

/** Cuts a text that arrives in parts of a size; the outcome must not depend on it. */
function split(
  surface: BatchSurface,
  text: string | Buffer,
  { fromByte = 0, limitBytes = 100 }: { readonly fromByte?: number; readonly limitBytes?: number } = {},
): FileRecord[] {
  const bytes = Buffer.from(text).subarray(fromByte);
  const outcomes = [1, 3, 7, 1_000].map((size) => {
    const splitter = createRecordSplitter(surface, { fromByte, limitBytes });
    const records: FileRecord[] = [];
    for (let at = 0; at < bytes.length; at += size)
      records.push(...splitter.push(bytes.subarray(at, at + size)));
    records.push(...splitter.end());
    return records;
  });
  for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
  return outcomes[0] ?? [];
}

const shown = (records: readonly FileRecord[]) =>
  records.map(({ content }) => (content.kind === "text" ? content.text : content.kind));

describe("lines of a file", () => {
  test("are cut at line ends; empty ones are counted only, the last needs no end", () => {
    const records = split("openai", 'one\r\n\n  \ntwö\n{"a":\t1}');
    expect(shown(records)).toEqual(["one\r", "twö", '{"a":\t1}']);
    expect(records.map(({ number }) => number)).toEqual([1, 4, 5]);
  });

  test("can be read on from the end of each", () => {
    const text = "one\ntwö\n\nthree";
    for (const { endOffsetBytes, number } of split("openai", text))
      expect(shown(split("openai", text, { fromByte: endOffsetBytes }))).toEqual(
        ["one", "twö", "three"].slice(number === 4 ? 3 : number),
      );
  });

  test("that are too large or not UTF-8 are told apart, and the next ones are read", () => {
    const bytes = Buffer.concat([
      Buffer.from(`${"x".repeat(101)}\n`),
      Buffer.from([0xff, 10]),
      Buffer.from("ok"),
    ]);
    expect(shown(split("openai", bytes))).toEqual(["too_large", "not_utf8", "ok"]);
  });

  test("of a file that begins with a byte order mark are read without it", () => {
    expect(shown(split("openai", "\uFEFF{}\n"))).toEqual(["{}"]);
  });
});

describe("requests of a message batch", () => {
  const body =
    '{"other":{"requests":[9]}, "requests" : [ {"a":"]}\\"[{"},\n{"b":[{}]} ,{"ü":1}] , "last":"\\u0041"}';
  const requests = ['{"a":"]}\\"[{"}', '{"b":[{}]}', '{"ü":1}'];

  test("are cut out of their list whatever surrounds it", () => {
    expect(shown(split("anthropic", body))).toEqual(requests);
  });

  test("can be read on from the end of each", () => {
    for (const { endOffsetBytes, number } of split("anthropic", body))
      expect(shown(split("anthropic", body, { fromByte: endOffsetBytes }))).toEqual(requests.slice(number));
  });

  test("need not be objects to be cut", () => {
    expect(shown(split("anthropic", '{"requests":[]}'))).toEqual([]);
    expect(shown(split("anthropic", '{"requests":[1, "a,]", null]}'))).toEqual(["1", '"a,]"', "null"]);
  });

  test("that are too large are told apart, and the next ones are read", () => {
    expect(shown(split("anthropic", `{"requests":[{"a":"${"x".repeat(100)}"},{}]}`))).toEqual([
      "too_large",
      "{}",
    ]);
  });

  test.each([
    ["", "not valid JSON"],
    ["nothing", "not valid JSON"],
    ["[{}]", 'one list "requests"'],
    ["{}", 'one list "requests"'],
    ['{"requests":{"a":[{}]}}', 'one list "requests"'],
    ['{"requests":[{}', "in the middle of `requests`"],
    ['{"requests":[{}]', "not valid JSON"],
    ['{"requests":[{}]}}', "not valid JSON"],
    ['{"requests":[{}] "a":1}', "not valid JSON"],
    ['{"requests":[{}],"requests":[{}]}', 'one list "requests"'],
    ['{"requests":[{} {}]}', "misses a comma"],
    ['{"requests":[{},,{}]}', "a comma where a request should be"],
    ['{"requests":[{},]}', "ends with a comma"],
    [`{"a":"${"x".repeat(70_000)}","requests":[]}`, "too much beside"],
  ])("in a body like %.40s are refused", (text, message) => {
    const broken = split("anthropic", text).at(-1)?.content;
    expect(broken).toMatchObject({ kind: "broken", message: expect.stringContaining(message) });
  });
});
