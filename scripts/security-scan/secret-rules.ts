import type { ScanRule } from "./scan-rule.ts";

const everywhere = (): boolean => true;
const isProduct = (path: string): boolean =>
  /^(?:apps|packages|scripts)\/.*\.(?:ts|tsx|mjs)$/.test(path) && !isForTests(path);

/** Files that only tests, benches and documented trials load. */
export function isForTests(path: string): boolean {
  return /\.test\.tsx?$|\.fixture\.ts$|\/testing\/|\/conformance\/|^packages\/testkit\/|^scripts\/smoke\//.test(
    path,
  );
}

const because = "is a credential; give it as a variable, and revoke it, because history keeps it";

/** Keys by the forms in which their issuers write them. */
export const secretRules: readonly ScanRule[] = [
  { id: "openai-key", pattern: /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9]{32,}\b/ },
  { id: "anthropic-key", pattern: /\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,}/ },
  { id: "aws-key", pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { id: "google-key", pattern: /\bAIza[0-9A-Za-z_-]{35}\b/ },
  { id: "github-token", pattern: /\b(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})\b/ },
  { id: "slack-token", pattern: /\bxox[abprs]-[0-9A-Za-z-]{20,}/ },
  { id: "private-key", pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/ },
  { id: "json-web-token", pattern: /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{15,}/ },
  { id: "tokenhub-key", pattern: /\btokenhub_[0-9a-f]{64}\b/ },
]
  .map((rule): ScanRule => ({ ...rule, looksAt: everywhere, because }))
  .concat({
    id: "secret-in-code",
    pattern:
      /(?:password|passphrase|secret|api_?key|token)["']?\s*[:=]\s*["'`](?=[^"'`\s]*\d)[^"'`\s${}]{16,}["'`]/i,
    looksAt: isProduct,
    because: "looks like a secret in the code; read it from the configuration",
  });
