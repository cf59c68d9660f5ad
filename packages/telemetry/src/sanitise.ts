import { redactText, Secret } from "@tokenhub/config";

const redacted = "[secret]";
/** Deep enough for any record of ours; what lies deeper is cut off rather than let through unchecked. */
const maxDepth = 8;
const secretNames = new Set([
  "authorization",
  "proxyauthorization",
  "xapikey",
  "apikey",
  "cookie",
  "setcookie",
  "password",
  "secret",
  "adminpassword",
  "admintoken",
  "encryptionkey",
]);

/**
 * A copy of a log record without secrets, at any depth: values of credential headers and of keys named like secrets,
 * instances of {@link Secret}, and whatever looks like a credential inside text. Errors become plain records of type,
 * message, code, stack and cause, because libraries hang requests with their headers on them.
 */
export function sanitise(value: unknown): unknown {
  return copy(value, { depth: 0, seen: new Set() });
}

interface Walk {
  readonly depth: number;
  /** Objects on the way here, so that a cycle ends. */
  readonly seen: ReadonlySet<object>;
}

function copy(value: unknown, walk: Walk): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Secret) return redacted;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (walk.seen.has(value)) return "[circular]";
  if (walk.depth >= maxDepth) return "[too deep]";
  const inner: Walk = { depth: walk.depth + 1, seen: new Set(walk.seen).add(value) };
  if (value instanceof Error) return copyError(value, inner);
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, inner));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  const entries = value instanceof Map || value instanceof Headers ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.map(([name, item]) => [
      String(name),
      isSecretName(String(name)) ? hide(item) : copy(item, inner),
    ]),
  );
}

function copyError(error: Error, walk: Walk): Record<string, unknown> {
  const { cause } = error;
  const code =
    "code" in error && ["string", "number"].includes(typeof error.code) ? { code: error.code } : {};
  const errors = error instanceof AggregateError ? { errors: copy(error.errors, walk) } : {};
  return {
    type: error.name,
    message: redactText(error.message),
    ...code,
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...errors,
    ...(cause === undefined ? {} : { cause: copy(cause, walk) }),
  };
}

function isSecretName(name: string): boolean {
  return secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ""));
}

/** An absent value stays visible: that a header was missing is worth knowing. */
function hide(value: unknown): unknown {
  return value === null || value === undefined || value === "" ? value : redacted;
}
