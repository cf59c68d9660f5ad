import fc from "fast-check";
import { expect, test } from "vitest";
import { createKeyIndex } from "./key-index.ts";
import { buildKeyRecord } from "./key-record.fixture.ts";

test("finds a key by the hash of its secret, and nothing by any other", () => {
  const index = createKeyIndex();
  const key = buildKeyRecord("key_1");
  index.put(key);
  expect(index.find("hash of key_1", 0)).toEqual({ key, matched: "current" });
  expect(index.find("hash of key_2", 0)).toBeNull();
  expect(index.find("", 0)).toBeNull();
});

test("S3-92: the secret before a rotation is known until its grace ends, to the millisecond", () => {
  const index = createKeyIndex();
  const key = buildKeyRecord("key_1", { previousKeyHash: "old", previousValidUntilMs: 1_000 });
  index.put(key);
  expect(index.find("old", 999)).toEqual({ key, matched: "previous" });
  expect(index.find("old", 1_000)).toBeNull();
  expect(index.find("hash of key_1", 1_000)?.matched).toBe("current");
});

test("S3-92: a rotated or removed key leaves no hash behind", () => {
  const index = createKeyIndex();
  index.put(buildKeyRecord("key_1", { keyHash: "a" }));
  index.put(buildKeyRecord("key_1", { keyHash: "b" }));
  expect(index.find("a", 0)).toBeNull();
  index.remove("key_1");
  index.remove("key_1");
  expect(index.find("b", 0)).toBeNull();
  expect(index.size).toBe(0);
});

test("whatever is put, rotated and removed, exactly the present hashes are found", () => {
  const step = fc.record({
    id: fc.constantFrom("key_1", "key_2", "key_3"),
    isRemoval: fc.boolean(),
    hash: fc.integer({ min: 0, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(step, { selector: ({ hash }) => hash, maxLength: 30 }), (steps) => {
      const index = createKeyIndex();
      const present = new Map<string, string>();
      for (const { id, isRemoval, hash } of steps) {
        if (isRemoval) {
          index.remove(id);
          present.delete(id);
        } else {
          const previous = present.get(id) ?? null;
          index.put(
            buildKeyRecord(id, { keyHash: `${hash}`, previousKeyHash: previous, previousValidUntilMs: 0 }),
          );
          present.set(id, `${hash}`);
        }
      }
      expect(index.size).toBe(present.size);
      for (const { hash } of steps) {
        const holder = [...present].find(([, held]) => held === `${hash}`)?.[0];
        expect(index.find(`${hash}`, 1)?.key.id).toBe(holder);
      }
    }),
  );
});
