import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createAnswerSeal } from "./answer-seal.ts";

const ours = createAnswerSeal({ clusterSecret: Buffer.alloc(32, 1), random: randomBytes });
const theirs = createAnswerSeal({ clusterSecret: Buffer.alloc(32, 2), random: randomBytes });

test("what is sealed is opened by the same cluster secret, and by no other, and does not show itself", () => {
  for (const text of ["", '{"secret":"whsec_1"}', "ü".repeat(10_000)]) {
    const sealed = ours.seal(text);
    expect(ours.open(sealed)).toBe(text);
    expect(theirs.open(sealed)).toBeNull();
    expect(Buffer.from(sealed.slice(3), "base64url").toString("latin1")).not.toContain("whsec");
  }
});

test("what was changed, or was never sealed, stays closed", () => {
  const sealed = ours.seal("text");
  for (const text of ["", "v1.", "text", sealed.slice(0, -2), `v2${sealed.slice(2)}`, `${sealed}AA`])
    expect(ours.open(text)).toBeNull();
});
