import type { SentRequest } from "./request-sender.ts";

/** Whether a request still has the fault. */
export type StillFails = (request: SentRequest) => Promise<boolean>;

/**
 * The smallest request found that still fails: without headers, query and members of the body it does not need.
 * @param tries requests it may cost.
 */
export async function shrinkRequest(
  failing: SentRequest,
  { stillFails, tries }: { readonly stillFails: StillFails; readonly tries: number },
): Promise<SentRequest> {
  let smallest = failing;
  let left = tries;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const candidate of smallerOnes(smallest)) {
      if (left === 0) return smallest;
      left -= 1;
      if (!(await stillFails(candidate))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerOnes(request: SentRequest): Iterable<SentRequest> {
  const { path, headers, body } = request;
  if (headers.length > 0) yield { ...request, headers: [] };
  for (const index of headers.keys()) yield { ...request, headers: headers.toSpliced(index, 1) };
  const [plain = "", query] = path.split("?");
  if (query !== undefined) {
    yield { ...request, path: plain };
    const pairs = query.split("&");
    if (pairs.length > 1)
      for (const index of pairs.keys())
        yield { ...request, path: `${plain}?${pairs.toSpliced(index, 1).join("&")}` };
  }
  if (body === null) return;
  yield { ...request, body: null };
  const value = parsed(body);
  if (value !== undefined)
    for (const smaller of smallerValues(value))
      yield { ...request, body: Buffer.from(JSON.stringify(smaller)) };
  else if (body.length > 1) {
    yield { ...request, body: body.subarray(0, body.length >> 1) };
    yield { ...request, body: body.subarray(body.length >> 1) };
  }
}

/** Every value with one part less. */
function* smallerValues(value: unknown): Iterable<unknown> {
  if (typeof value === "string") {
    if (value.length > 8) yield value.slice(0, value.length >> 1);
    return;
  }
  if (Array.isArray(value)) {
    for (const index of value.keys()) yield value.toSpliced(index, 1);
    for (const [index, inner] of value.entries())
      for (const smaller of smallerValues(inner)) yield value.with(index, smaller);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  for (const index of entries.keys()) yield Object.fromEntries(entries.toSpliced(index, 1));
  for (const [index, [name, inner]] of entries.entries())
    for (const smaller of smallerValues(inner))
      yield Object.fromEntries(entries.with(index, [name, smaller]));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** A request as text, without the secrets of whoever asks. */
export function showRequest({ caller, method, path, headers, body, address }: SentRequest): string {
  const lines = [`${method} ${path.slice(0, 500)}`, `as ${caller} from ${address}`];
  for (const [name, value] of headers) lines.push(`${name}: ${JSON.stringify(value.slice(0, 200))}`);
  if (body !== null) lines.push(JSON.stringify(body.toString("latin1")).slice(0, 1_500));
  return lines.join("\n    ");
}
