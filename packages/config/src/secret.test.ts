import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

const secret = new Secret("sk-very-secret");

test("a secret never shows its value when printed, joined, serialised or inspected", () => {
  const shown = [
    "".concat(secret.toString()),
    [secret].join(),
    String(secret),
    JSON.stringify({ key: secret, list: [secret] }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    Object.values(secret).join(),
  ];
  for (const text of shown) expect(text).not.toContain("very");
  expect(JSON.stringify(secret)).toBe('"[secret]"');
});

test("reveal gives the value and equals compares by value", () => {
  expect(secret.reveal()).toBe("sk-very-secret");
  expect(secret.equals("sk-very-secret")).toBe(true);
  expect(secret.equals(new Secret("sk-very-secret"))).toBe(true);
  expect(secret.equals("sk-very-secres")).toBe(false);
  expect(secret.equals("")).toBe(false);
});
