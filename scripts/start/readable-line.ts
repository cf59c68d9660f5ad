type Level = "debug" | "info" | "warn" | "error";

const levels: Readonly<Record<string, Level>> = {
  10: "debug",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "error",
  trace: "debug",
  debug: "debug",
  info: "info",
  warn: "warn",
  error: "error",
  fatal: "error",
};
const hiddenFields = new Set([
  "level",
  "time",
  "msg",
  "pid",
  "hostname",
  "service",
  "name",
  "v",
  "err",
  "error",
]);
const mostFields = 6;

/** Whether a line of a service's log is worth a look at the terminal: a warning, an error, or no JSON at all. */
export function isWorthShowing(line: string): boolean {
  if (line.trim() === "") return false;
  if (!line.startsWith("{")) return true;
  const level = /"level":\s*"?([a-z]+|\d+)/.exec(line)?.[1];
  return level === undefined || levels[level] === "warn" || levels[level] === "error";
}

/** A JSON log line as a person reads it: `warn  the breaker is open (providerId=openai, error: connect ECONNREFUSED)`. */
export function readableLine(line: string): string {
  const record = parseRecord(line);
  if (record === null) return line;
  const level = levels[String(record["level"])] ?? "info";
  const message = typeof record["msg"] === "string" ? record["msg"] : "";
  const details = [...scalarFields(record), ...errorMessage({ record, message })];
  return `${level.padEnd(5)} ${message}${details.length === 0 ? "" : ` (${details.join(", ")})`}`;
}

function parseRecord(line: string): Record<string, unknown> | null {
  if (!line.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    // Not JSON after all (a stack that starts with a brace): shown as it is.
    return null;
  }
}

function scalarFields(record: Record<string, unknown>): string[] {
  return Object.entries(record)
    .filter(
      ([name, value]) => !hiddenFields.has(name) && ["string", "number", "boolean"].includes(typeof value),
    )
    .slice(0, mostFields)
    .map(([name, value]) => `${name}=${String(value)}`);
}

function errorMessage({ record, message }: { record: Record<string, unknown>; message: string }): string[] {
  const error = record["err"] ?? record["error"];
  const text: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "message") : error;
  return typeof text === "string" && text !== "" && text !== message ? [`error: ${text}`] : [];
}
