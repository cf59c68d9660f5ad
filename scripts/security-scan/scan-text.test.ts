import { expect, test } from "vitest";
import { codeRules } from "./code-rules.ts";
import { scanText } from "./scan-text.ts";
import { secretRules } from "./secret-rules.ts";

const rules = [...secretRules, ...codeRules];
const found = (text: string, path = "packages/vault/src/x.ts"): string[] =>
  scanText({ path, text }, rules).map(({ ruleId }) => ruleId);
// Put together here, so that this file holds no key of any form.
const letters = "Ab3".repeat(20);
const dashes = "-".repeat(5);

test.each([
  ["openai-key", `sk-${letters}`],
  ["openai-key", `sk-proj-${letters}`],
  ["anthropic-key", `sk-ant-api03-${letters}`],
  ["aws-key", `AKIA${"A1B2".repeat(4)}`],
  ["google-key", `AIza${letters.slice(0, 35)}`],
  ["github-token", `ghp_${letters.slice(0, 36)}`],
  ["github-token", `github_pat_${letters}`],
  ["slack-token", `xoxb-${letters}`],
  ["private-key", `${dashes}BEGIN RSA PRIVATE KEY${dashes}`],
  ["private-key", `${dashes}BEGIN PRIVATE KEY${dashes}`],
  ["json-web-token", `eyJ${letters}.eyJ${letters}.${letters}`],
  ["tokenhub-key", `tokenhub_${"0a".repeat(32)}`],
])("S3-55, S4-40: a key in the form of %s is found in any file", (ruleId, text) => {
  for (const path of ["README.md", "test/some.test.ts", "config/some.yaml"])
    expect(found(`before ${text} after`, path)).toEqual([ruleId]);
});

test.each([`const password = "hunter2hunter2hunter2";`, `{ apiKey: 'a1b2c3d4e5f6a7b8c9' }`])(
  "S3-55: a secret written into the product's code is found: %s",
  (text) => {
    expect(found(text)).toEqual(["secret-in-code"]);
    expect(found(text, "packages/vault/src/x.test.ts")).toEqual([]);
  },
);

test.each([
  ["code-from-text", `const f = ${"ev"}al(text);`],
  ["code-from-text", `new ${"Func"}tion("return 1");`],
  ["shell-from-text", "execSync(`rm ${file}`)"],
  ["shell-from-text", `spawn(a, { shell: ${String(true)} })`],
  ["unchecked-certificate", `{ rejectUnauthorized: ${String(false)} }`],
  ["weak-cipher", `createCipheriv("${"aes-256"}-ecb", key, null)`],
  ["weak-hash", `${"create"}Hash("md5")`],
  ["guessable-random", `${"Math"}.random()`],
  ["markup-from-text", `element.${"inner"}HTML = text`],
  ["statement-from-text", `${"sql"}.raw(text)`],
])("S3-47: %s is found: %s", (ruleId, text) => {
  expect(found(text)).toEqual([ruleId]);
});

test("what only looks similar is left alone", () => {
  for (const text of [
    "await redis.eval(script, 1, key)",
    `wrong_password: "wrong_password",`,
    `const apiKey = "your-openai-key";`,
    `token: "\${TOKENHUB_ADMIN_TOKEN_1234567890}"`,
    `{ api_key_env: "OPENAI_API_KEY" }`,
    "sk-sealed-key-0123456789",
    "randomBytes(32)",
  ]) {
    expect([text, found(text)]).toEqual([text, []]);
  }
});

test("an excuse names its rule and a reason, on the line or the one before it", () => {
  const call = `${"sql"}.raw(direction)`;
  expect(found(`// security-scan: statement-from-text one of two words\n${call}`)).toEqual([]);
  expect(found(`${call} // security-scan: statement-from-text one of two words`)).toEqual([]);
  expect(found(`// security-scan: statement-from-text\n${call}`)).toEqual(["statement-from-text"]);
  expect(found(`// security-scan: weak-hash a name only\n${call}`)).toEqual(["statement-from-text"]);
});
