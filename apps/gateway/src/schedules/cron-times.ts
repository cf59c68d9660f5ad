import { TokenHubError } from "@tokenhub/contracts";
import { CronExpressionParser } from "cron-parser";

/** When a schedule falls due. */
export interface CronTimes {
  readonly cron: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  readonly timeZone: string;
}

const howToWrite =
  "Write five fields (minute, hour, day of month, month, day of week), e.g. `30 6 * * 1-5`, or @hourly, @daily, @weekly, @monthly or @yearly";
const names: ReadonlySet<string> = new Set([
  "@hourly",
  "@daily",
  "@weekly",
  "@monthly",
  "@yearly",
  "@annually",
]);
/** Looking further would take long; leap days are eight years apart at most. */
const horizonMs = 10 * 366 * 86_400_000;
/** Five of them; `H` is left out, because it means another minute each time it is read. */
const field = /^(?!.*(?:^|[,/-])h)[\da-z*?,/#-]{1,200}$/i;

/**
 * The occurrences within ten years after a time, in Unix milliseconds, earliest first. What the clocks skip in spring falls due an
 * hour later by the clock; what they show twice in autumn falls due once, unless it recurs every hour or oftener.
 * @throws TokenHubError `invalid_request` for an expression or a time zone that cannot be read, or without any occurrence.
 */
export function timesAfter({ cron, timeZone }: CronTimes, afterMs: number, count: number): number[] {
  requireTimeZone(timeZone);
  const isRead = names.has(cron) || isFiveFields(cron);
  if (!isRead) throw badCron(`\`cron\` is not valid. ${howToWrite}.`);
  const found: number[] = [];
  try {
    const currentDate = new Date(afterMs);
    const endDate = new Date(afterMs + horizonMs);
    const times = CronExpressionParser.parse(cron, { tz: timeZone, currentDate, endDate });
    while (found.length < count) found.push(times.next().getTime());
  } catch (error) {
    // Beyond the horizon; what lies before it has been found.
    if (found.length > 0) return found;
    const why = error instanceof Error ? error.message : String(error);
    throw badCron(`\`cron\` is not valid, or does not fall due within ten years (${why}). ${howToWrite}.`);
  }
  return found;
}

/** The first occurrence after a time. @throws TokenHubError see `timesAfter` */
export function timeAfter(times: CronTimes, afterMs: number): number {
  const [atMs] = timesAfter(times, afterMs, 1);
  if (atMs === undefined) throw badCron("`cron` never falls due.");
  return atMs;
}

function isFiveFields(cron: string): boolean {
  const fields = cron.trim().split(/\s+/);
  return fields.length === 5 && fields.every((text) => field.test(text));
}

function requireTimeZone(timeZone: string): void {
  try {
    // Offsets are no zones: they know no summer time, which is why somebody would name a zone.
    if (/^[a-z]/i.test(timeZone)) return void new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    // Not known; said below.
  }
  throw new TokenHubError(
    "invalid_request",
    "`time_zone` is not known. Write an IANA name such as `Europe/Berlin`, or `UTC`.",
    { param: "time_zone" },
  );
}

function badCron(message: string): TokenHubError {
  return new TokenHubError("invalid_request", message, { param: "cron" });
}
