import { describe, expect, test } from "vitest";
import { BodyBuffer } from "./body-buffer.ts";

describe("BodyBuffer", () => {
  test("puts a character together that is cut between pieces", () => {
    const bytes = Buffer.from("grüße 🙂");
    const buffer = new BodyBuffer(1_000);
    for (const byte of bytes) buffer.push(Buffer.from([byte]));
    expect(buffer.text()).toBe("grüße 🙂");
  });

  test("keeps what fits and tells when something did not", () => {
    const buffer = new BodyBuffer(5);
    expect(buffer.push(Buffer.from("abc"))).toBe(true);
    expect(buffer.push(Buffer.from("de"))).toBe(true);
    expect(buffer.push(Buffer.from("f"))).toBe(false);
    expect(buffer.text()).toBe("abcde");
  });

  test("drops a byte order mark, which JSON does not allow", () => {
    const buffer = new BodyBuffer(10);
    buffer.push(Buffer.from("\uFEFF{}"));
    expect(buffer.text()).toBe("{}");
    expect(new BodyBuffer(10).text()).toBe("");
  });
});
