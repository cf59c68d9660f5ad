/** A W3C trace context, version 00. Ids are lower-case hexadecimal: 32 digits for the trace, 16 for the span. */
export interface TraceContext {
  readonly traceId: string;
  /** The span of the caller. */
  readonly parentId: string;
  readonly sampled: boolean;
}

/** Gives that many random bytes, e.g. `randomBytes` of `node:crypto`. */
export type RandomBytes = (size: number) => Uint8Array;

/** Starts a trace: `00-<trace id>-<span id>-01`. */
export function newTraceparent(randomBytes: RandomBytes): string {
  return format({ traceId: randomId(16, randomBytes), parentId: randomId(8, randomBytes), sampled: true });
}

/** Continues a trace with a span of its own; starts one when `traceparent` is absent or malformed. */
export function childTraceparent(traceparent: string | null | undefined, randomBytes: RandomBytes): string {
  const parent = parseTraceparent(traceparent);
  return parent === null
    ? newTraceparent(randomBytes)
    : format({ ...parent, parentId: randomId(8, randomBytes) });
}

/** Reads a `traceparent` header; null when it is absent or malformed, as the specification wants it to be ignored then. */
export function parseTraceparent(header: string | null | undefined): TraceContext | null {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(
    header?.trim() ?? "",
  );
  const [, version, traceId, parentId, flags, rest] = match ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined || flags === undefined)
    return null;
  const hasUnknownTail = version === "00" && rest !== undefined;
  if (version === "ff" || hasUnknownTail || isZero(traceId) || isZero(parentId)) return null;
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

function format({ traceId, parentId, sampled }: TraceContext): string {
  return `00-${traceId}-${parentId}-${sampled ? "01" : "00"}`;
}

/** An id of zeros is invalid, so the last digit becomes 1 then. */
function randomId(size: number, randomBytes: RandomBytes): string {
  let id = "";
  for (const byte of randomBytes(size)) id += byte.toString(16).padStart(2, "0");
  return isZero(id) ? `${id.slice(0, -1)}1` : id;
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
