import { expect, test } from "vitest";
import { formatKeyNotice, readKeyNotice, type KeyNotice } from "./key-notice.ts";

test.each<KeyNotice>([
  { from: "gw_1", kind: "entry-changed", name: "provider:openai:api_key" },
  { from: "gw_1", kind: "keys-replaced" },
  { from: "gw_1", kind: "lease-ended" },
  { from: "gw_1", kind: "locked" },
  { from: "gw_1", kind: "unlocked" },
])("the notice $kind is read back as it was written", (notice) => {
  expect(readKeyNotice(formatKeyNotice(notice))).toEqual(notice);
});

test.each([
  "",
  "{",
  "null",
  "7",
  '{"v":2,"from":"gw_1","kind":"locked"}',
  '{"v":1,"kind":"locked"}',
  '{"v":1,"from":"gw_1","kind":"exploded"}',
  '{"v":1,"from":"gw_1","kind":"entry-changed"}',
])("a message that is no notice of this version is ignored: %s", (text) => {
  expect(readKeyNotice(text)).toBeNull();
});
