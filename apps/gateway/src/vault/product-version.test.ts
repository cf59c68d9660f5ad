import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { productVersion } from "./product-version.ts";

test("the version that the admin API states is that of the package", () => {
  const text = readFileSync(new URL("../../../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(text)).toMatchObject({ version: productVersion });
});
