import type { ScanRule } from "./scan-rule.ts";
import { isForTests } from "./secret-rules.ts";

/** The rules themselves and their tests spell what they look for. */
const isCode = (path: string): boolean =>
  /\.(?:ts|tsx|mjs|js)$/.test(path) && !path.startsWith("scripts/security-scan/");
const isProductCode = (path: string): boolean =>
  /^(?:apps|packages)\//.test(path) && isCode(path) && !isForTests(path);
const isOurProgram = (path: string): boolean =>
  isProductCode(path) || (path.startsWith("scripts/") && isCode(path) && !isForTests(path));
const keepsSecrets = (path: string): boolean =>
  /^packages\/vault\/|^apps\/gateway\/src\/(?:access|admin|admission|vault)\//.test(path) &&
  isProductCode(path);

/** Calls that turn data into code, weaken what protects secrets, or trust whoever answers. */
export const codeRules: readonly ScanRule[] = [
  {
    id: "code-from-text",
    // `redis.eval` runs a script of ours in Redis.
    pattern: /(?<![.\w])eval\(|\bnew Function\(|\bfrom "node:vm"/,
    looksAt: isOurProgram,
    because: "runs text as code",
  },
  {
    id: "shell-from-text",
    pattern: /(?<![.\w])exec(?:Sync)?\(\s*`|\bshell: true\b/,
    looksAt: isOurProgram,
    because: "puts values into a shell command; pass them as arguments",
  },
  {
    id: "unchecked-certificate",
    pattern: /\brejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/,
    looksAt: isCode,
    because: "accepts any certificate",
  },
  {
    id: "weak-cipher",
    pattern:
      /\bcreateCipher\(|["'`](?:aes-?\d+-ecb|des(?:3|-[a-z0-9-]+)?|rc[24](?:-[a-z0-9-]+)?|bf-[a-z]+)["'`]/,
    looksAt: isCode,
    because: "protects nothing",
  },
  {
    id: "weak-hash",
    pattern: /\bcreateHash\(["'`](?:md5|sha1)["'`]\)/,
    looksAt: isProductCode,
    because: "can be made to collide",
  },
  {
    id: "guessable-random",
    pattern: /\bMath\.random\(/,
    looksAt: keepsSecrets,
    because: "can be predicted; use node:crypto",
  },
  {
    id: "markup-from-text",
    pattern: /\bdangerouslySetInnerHTML\b|\.(?:inner|outer)HTML\s*=|\bdocument\.write\(/,
    looksAt: isProductCode,
    because: "turns data into markup",
  },
  {
    id: "statement-from-text",
    pattern: /\bsql\.raw\(/,
    looksAt: isProductCode,
    because: "puts text into an SQL statement unescaped",
  },
];
