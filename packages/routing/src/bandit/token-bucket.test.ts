import { expect, test } from "vitest";
import { tokenBucketOf } from "./token-bucket.ts";

test.each([
  [0, "small"],
  [999, "small"],
  [1_000, "medium"],
  [10_000, "medium"],
  [10_001, "large"],
])("Token buckets: %d tokens are %s", (tokens, bucket) => {
  expect(tokenBucketOf(tokens)).toBe(bucket);
});
