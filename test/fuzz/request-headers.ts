import fc from "fast-check";

const headerText = fc.oneof(
  fc.constantFrom(
    "",
    "true",
    "false",
    "0",
    "1",
    "-5",
    "1e999",
    "NaN",
    "cheap",
    "normal",
    "objective",
    "off",
    "a,b",
    "é",
    "__proto__",
    "x".repeat(2_000),
  ),
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }),
);

const versionTag = fc.constantFrom(
  '"v1"',
  '"v2"',
  "*",
  'W/"v1"',
  '"v999999999999999"',
  '"v1", "v2"',
  "v1",
  "garbage",
);
const address = fc.constantFrom(
  "10.9.9.9",
  "10.9.9.9, 10.8.8.8",
  "::1",
  "not an address",
  ",,,",
  "1.2.3.4:80",
);

const valuesByName: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "x-tokenhub-strategy": headerText,
  "x-tokenhub-mode": headerText,
  "x-tokenhub-max-budget-usd": headerText,
  "x-tokenhub-max-latency-ms": headerText,
  "x-tokenhub-max-cost": headerText,
  "x-tokenhub-max-cost-per-1k": headerText,
  "x-tokenhub-min-context": headerText,
  "x-tokenhub-min-weight": headerText,
  "x-tokenhub-allow-fallback": headerText,
  "x-tokenhub-allow-escalation": headerText,
  "x-tokenhub-allow-exploration": headerText,
  "x-tokenhub-cache": headerText,
  "x-tokenhub-timeout-ms": fc.constantFrom("", "-1", "0", "NaN", "1e99", "60000", "5s"),
  "x-stainless-timeout": fc.constantFrom("", "-1", "0", "abc", "600", "1e99"),
  "x-stainless-retry-count": headerText,
  "idempotency-key": headerText,
  "if-match": versionTag,
  "if-none-match": versionTag,
  "content-type": fc.constantFrom(
    "application/json; charset=utf-16",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, text/html",
    "a",
    "",
  ),
  "content-encoding": fc.constantFrom("gzip", "br", "identity", "x"),
  accept: fc.constantFrom("text/event-stream", "text/html", "*/*;q=0", "application/xml"),
  "anthropic-version": fc.constantFrom("2023-06-01", "1", ""),
  "anthropic-beta": headerText,
  prefer: fc.constantFrom("respond-async", "wait=0", "x"),
  traceparent: fc.constantFrom(`00-${"a".repeat(32)}-${"b".repeat(16)}-01`, "00-0-0-0", "x".repeat(300)),
  "x-request-id": headerText,
  "last-event-id": fc.constantFrom("0", "1", "-1", "999999999999", "x"),
  origin: fc.constantFrom("null", "http://evil.example", "http://127.0.0.1"),
  "access-control-request-method": fc.constantFrom("POST", "x"),
  "x-forwarded-proto": fc.constantFrom("https", "x"),
  "x-forwarded-for": address,
  cookie: fc.constantFrom(
    "th_admin_session=",
    `th_admin_session=${"0".repeat(64)}`,
    "a=b; ;;=",
    "__proto__=1",
  ),
  range: fc.constant("bytes=0-1"),
  host: fc.constantFrom("evil.example", "[::1]", "x:99999", '"><script>'),
  referer: headerText,
};

/** Headers of every kind the product reads, and some it does not; names and values that a client can send. */
export const strangeHeaders: fc.Arbitrary<readonly (readonly [name: string, value: string])[]> =
  fc.uniqueArray(
    fc
      .constantFrom(...Object.entries(valuesByName))
      .chain(([name, values]) => values.map((value) => [name, sendable(value)] as const)),
    { minLength: 1, maxLength: 3, selector: ([name]) => name },
  );

/** Clients refuse to send control characters. */
function sendable(value: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return value.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f]/g, "").trim();
}
