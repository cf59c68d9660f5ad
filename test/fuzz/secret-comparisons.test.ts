import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { leakyComparisons } from "./secret-comparisons.ts";

const root = join(import.meta.dirname, "../..");
const folders = [
  "apps/gateway/src/access",
  "apps/gateway/src/admission",
  "apps/gateway/src/admin",
  "apps/gateway/src/vault",
  "packages/config/src",
  "packages/vault/src",
];
/** Where secrets meet what somebody sent: texts by their digests, and the vault's own seals and verifiers. */
const comparers = [
  "apps/gateway/src/admission/secret-hasher.ts",
  "packages/config/src/secret.ts",
  "packages/vault/src/cryptography/password-keys.ts",
  "packages/vault/src/vault-export.ts",
];

async function sources(): Promise<{ readonly path: string; readonly text: string }[]> {
  const lists = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true });
      return entries
        .filter(
          (name) =>
            name.endsWith(".ts") && !/\.(?:test|fixture)\.ts$/.test(name) && !name.startsWith("testing"),
        )
        .map((name) => join(root, folder, name));
    }),
  );
  return Promise.all(
    lists.flat().map(async (path) => ({ path: relative(root, path), text: await readFile(path, "utf8") })),
  );
}

describe("C7: secrets are compared in constant time:", () => {
  it("no source of admission, administration or vault compares one with an operator or a search", async () => {
    const leaks = (await sources()).flatMap(({ path, text }) =>
      leakyComparisons(text).map((line) => `${path}: ${line}`),
    );
    expect(leaks).toEqual([]);
  });

  it("the comparison itself is in four places and nowhere else", async () => {
    const using = (await sources())
      .filter(({ text }) => /timingSafeEqual\(/.test(text))
      .map(({ path }) => path);
    expect(using.toSorted()).toEqual(comparers.toSorted());
  });

  it.each([
    "if (bearer === token) return true;",
    "return presented !== key.secret;",
    "const isOwn = own.candidates().includes(change.oldPassword);",
    "const match = secrets.find(({ password }) => password === given);",
    "if (request.headers.cookie == session.cookie) allow();",
    "if (adminToken.startsWith(presented)) return;",
  ])("a source with `%s` would be found", (line) => {
    expect(leakyComparisons(line)).toEqual([line]);
  });

  it.each([
    "if (bearer === null) return;",
    'if (typeof password === "string") return;',
    "const isToken = token !== null && hasher.isEqual(bearer, token);",
    "return tokens.length === 0;",
    "// bearer === token",
    "const found = pairs.find(([name]) => name === cookieName);",
  ])("a source with `%s` would not", (line) => {
    expect(leakyComparisons(line)).toEqual([]);
  });
});
