import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import type { FuzzAnswer, FuzzRequest } from "./fuzz-request.ts";
import { answerLimitMs } from "./request-sender.ts";
import { plantedKey, upstreamPrompt, vaultedValue } from "./watched-texts.ts";

/** What of the bodies belongs to a surface's errors; `code` is what they carry of our own. */
type Surface = "openai" | "anthropic" | "native" | "legacy";

export interface Judgement {
  readonly faults: readonly string[];
  /** Of an error in a shape that has one. */
  readonly code: string | null;
}

/** Answers of these operations are where a new secret is shown, once. */
const showsSecret = new Set([
  "POST /admin/v1/apikeys",
  "POST /admin/v1/apikeys/{id}/rotate",
  "POST /admin/v1/admin-tokens",
  "POST /admin/v1/admin-token/rotate",
]);
const secretShape = /(?:tokenhub_|thadmin_)[0-9a-f]{64}/;
const tracesOfCode =
  /\n\s+at |node_modules|\/src\/|SqliteError|SQLITE_|ReplyError|ZodError|TypeError|\[object Object\]/;

/** What is wrong with an answer, of all that holds for every answer of the product. */
export function judgeAnswer(
  request: Pick<FuzzRequest, "operation" | "method" | "path">,
  answer: FuzzAnswer,
  secrets: readonly string[],
): Judgement {
  const { status, durationMs } = answer;
  const faults = [...secrecyFaults(request, answer, secrets)];
  if (durationMs > answerLimitMs) faults.push(`took more than ${answerLimitMs} ms`);
  if (status < 200 || status > 599) faults.push("a status that is none");
  if (request.method === "HEAD") return { faults, code: null };
  if (status < 400) return { faults: [...faults, ...successFaults(request, answer)], code: null };
  const { faults: errorFaults, code } = judgeError(request, answer);
  return { faults: [...faults, ...errorFaults], code };
}

function secrecyFaults(
  { operation, method, path }: Pick<FuzzRequest, "operation" | "method" | "path">,
  { status, headers, text }: FuzzAnswer,
  secrets: readonly string[],
): string[] {
  const all = `${JSON.stringify(headers)}\n${text}`;
  const faults: string[] = [];
  if (secrets.some((secret) => all.includes(secret))) faults.push("a secret of the installation is shown");
  if (all.includes(plantedKey)) faults.push("the key of a provider is shown");
  if (!showsSecret.has(operation) && secretShape.test(all))
    faults.push("a new secret is shown where none is made");
  const isSecretRead = method === "GET" && path.startsWith("/admin/v1/vault/secrets/");
  if (all.includes(vaultedValue) && !isSecretRead) faults.push("a value of the vault is shown");
  if (status >= 400 && withoutRun(text).includes(upstreamPrompt)) faults.push("an error shows the prompt");
  return faults;
}

const pages = new Set(["/admin", "/docs"]);

function successFaults(
  { path, method }: Pick<FuzzRequest, "path" | "method">,
  { status, headers, text }: FuzzAnswer,
): string[] {
  const type = String(headers["content-type"] ?? "");
  if (status === 204) return text === "" ? [] : ["a 204 with a body"];
  if (status >= 300) return text === "" || method === "GET" ? [] : ["a redirection of a change"];
  const plain = path.split("?")[0]?.replace(/(?<=.)\/+$/, "") ?? "";
  if (pages.has(plain.toLowerCase())) return type.startsWith("text/html") ? [] : [`a page as ${type}`];
  if (plain === "/metrics") return type.startsWith("text/plain") ? [] : [`metrics as ${type}`];
  if (type.startsWith("text/event-stream")) return eventFaults(text);
  if (!type.startsWith("application/json")) return [`${status} with the type ${type || "nothing"}`];
  return parsed(text) === undefined ? ["JSON that cannot be parsed"] : [];
}

/** Streams consist of fields; nothing of an HTML page or a bare object strays in. */
function eventFaults(text: string): string[] {
  const strays = text
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== "" && !/^(?:data|event|id|retry)?:/.test(line));
  return strays.length === 0 ? [] : [`a stream with the line ${strays[0]?.slice(0, 80)}`];
}

function judgeError(request: Pick<FuzzRequest, "path">, { status, headers, text }: FuzzAnswer): Judgement {
  const faults: string[] = [];
  const type = String(headers["content-type"] ?? "");
  if (!type.startsWith("application/json")) faults.push(`an error of the type ${type || "nothing"}`);
  if (tracesOfCode.test(text)) faults.push("an error that tells of the code");
  const body = parsed(text);
  const error = typeof body === "object" && body !== null ? (body as ErrorBody).error : undefined;
  if (error === undefined) return { faults: [...faults, "an error without `error`"], code: null };
  // What the HTTP parser refuses never had a path.
  const surfaces =
    /[^!-~]/.test(request.path) && status === 400
      ? [...surfacesOf(request.path), "openai" as const]
      : surfacesOf(request.path);
  if (!surfaces.some((surface) => hasShape(body as ErrorBody, surface)))
    faults.push(`no error of ${surfaces.join(" or ")}`);
  if (!String(headers["x-request-id"]).startsWith("req_")) faults.push("an error without a request id");
  const code = typeof error === "object" && typeof error.code === "string" ? error.code : null;
  if (
    code !== null &&
    code in errorTable &&
    errorTable[code as ErrorCode].status !== status &&
    status !== 431
  )
    faults.push(`${code} with the status ${status}`);
  if (code === "internal_error") faults.push("an internal error");
  if (status >= 500 && code === null && (surfaces[0] !== "anthropic" || status === 500)) {
    const message = typeof error === "string" ? error : error.message;
    if (status === 500 || !surfaces.includes("legacy"))
      faults.push(`${status} without a code: ${String(message)}`);
  }
  return { faults, code };
}

interface ErrorBody {
  readonly type?: unknown;
  readonly request_id?: unknown;
  readonly error?:
    | string
    | {
        readonly message?: unknown;
        readonly type?: unknown;
        readonly code?: unknown;
        readonly param?: unknown;
        readonly request_id?: unknown;
      };
}

function hasShape({ error, ...rest }: ErrorBody, surface: Surface): boolean {
  if (surface === "legacy") return typeof error === "string" && error !== "";
  if (typeof error !== "object" || typeof error.message !== "string" || typeof error.type !== "string")
    return false;
  if (surface === "anthropic") return rest.type === "error" && typeof rest.request_id === "string";
  if (typeof error.code !== "string" || !("param" in error)) return false;
  return surface === "native" ? typeof error.request_id === "string" : error.request_id === undefined;
}

/** The shapes that an error at this path may have. */
function surfacesOf(target: string): readonly Surface[] {
  const path = target.split("?")[0] ?? "";
  const isBelow = (start: string): boolean => path === start || path.startsWith(`${start}/`);
  if (isBelow("/v1/messages")) return ["anthropic"];
  if (isBelow("/v1/models")) return ["openai", "anthropic"];
  if (isBelow("/v1/chat/completions")) return ["openai"];
  if (isBelow("/v1/chat") || isBelow("/v1/plan")) return ["native", "legacy"];
  if (isBelow("/admin/v1")) return ["native"];
  if (isBelow("/admin/providers") || isBelow("/admin/models")) return ["legacy"];
  return ["openai", "native"];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** An error without what an orchestration has paid for: its caller's own words, which are told on purpose. */
function withoutRun(text: string): string {
  if (!text.includes('"run":{"id":"run_')) return text;
  const { run: _paidFor, ...error } = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(error);
}
