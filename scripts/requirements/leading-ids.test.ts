import { expect, test } from "vitest";
import { readLeadingIds } from "./leading-ids.ts";

test.each<[title: string, ids: string[], guarantee: string]>([
  ["S0-23: refuses it", ["S0-23"], "refuses it"],
  ["S0-3, S2-43, S3-52: seals keys: all of them", ["S0-3", "S2-43", "S3-52"], "seals keys: all of them"],
  ["S1d-14, S1-15: reads the block", ["S1d-14", "S1-15"], "reads the block"],
  ["C10, D8, S2-29: order", ["S2-29"], "order"],
  ["S2-29, C10, Backoff: order", ["S2-29"], "order"],
  ["S3-17, S4-38: weight %d scores %d", ["S3-17", "S4-38"], "weight %d scores %d"],
  ["S0-3, S0-3: twice", ["S0-3"], "twice"],
  ["S9-999: unknown rows are for the check to find", ["S9-999"], "unknown rows are for the check to find"],
  ["S0-3:", ["S0-3"], ""],
])("%j begins with the ids %j", (title, ids, guarantee) => {
  expect(readLeadingIds(title)).toEqual({ kind: "ids", ids, guarantee });
});

test.each([
  "refuses a title without ids",
  "C12: weights of 0 are accepted",
  "S3: uploads are no row",
  "proves S0-3: not at the beginning",
  "redis: reconnects",
  "",
])("%j names no row", (title) => {
  expect(readLeadingIds(title)).toEqual({ kind: "none" });
});

test.each([
  "S0-3 seals keys",
  "S0-3 : seals keys",
  "S0-3,S2-43: seals keys",
  "S0-3 and S2-43: seals keys",
  "D8, S2-29 - order",
  "S2-58..S2-63: the columns",
])("%j is no list that ends in a colon", (title) => {
  expect(readLeadingIds(title)).toEqual({ kind: "malformed" });
});
