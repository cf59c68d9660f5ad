import fc from "fast-check";
import { expect, test } from "vitest";
import { cutText } from "../testing/cut-text.ts";
import { createJsonProgress } from "./json-progress.ts";

test("an object is complete with its last character and not before", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.nat()), (value, places) => {
      const text = JSON.stringify(value);
      const progress = createJsonProgress();
      for (const piece of cutText(text.slice(0, -1), places)) progress.push(piece);
      expect(progress.isComplete).toBe(false);
      progress.push(text.slice(-1));
      expect(progress.isComplete).toBe(true);
    }),
  );
});
