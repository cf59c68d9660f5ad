import { envelopeSchema } from "@tokenhub/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { callRequestId } from "./call-request-id.ts";

it("a call has the same id in every process and every release", () => {
  expect(callRequestId("run_00112233445566778899aabbccddeeff", "critique.2", 1)).toBe(
    "req_4f61a472f987b908ee2c11df37ed311e",
  );
});

it("other runs, calls or attempts have other ids, and every id is one of a request", () => {
  const call = fc.tuple(
    fc.stringMatching(/^run_[0-9a-z]{16,20}$/),
    fc.stringMatching(/^[a-z]+\.\d$/),
    fc.nat(9),
  );
  fc.assert(
    fc.property(call, call, (one, other) => {
      const [id, otherId] = [callRequestId(...one), callRequestId(...other)];
      expect(envelopeSchema.shape.requestId.safeParse(id).success).toBe(true);
      expect(id === otherId).toBe(one.join("\n") === other.join("\n"));
    }),
  );
});
