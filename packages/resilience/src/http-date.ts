const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dayMs = 86_400_000;

const time = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const forms = [
  new RegExp(String.raw`^[a-z]{3}, (?<day>\d\d) (?<month>[a-z]{3}) (?<year>\d{4}) ${time} (?:gmt|utc)$`, "i"),
  new RegExp(String.raw`^[a-z]{6,9}, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) ${time} gmt$`, "i"),
  new RegExp(String.raw`^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) ${time} (?<year>\d{4})$`, "i"),
];

/**
 * Unix milliseconds of an HTTP date, in the current form (`Sun, 06 Nov 1994 08:49:37 GMT`) or one of the two obsolete
 * ones that HTTP still obliges recipients to read; null for anything else. A two-digit year is taken for 20xx.
 */
export function parseHttpDate(text: string): number | null {
  for (const form of forms) {
    const groups = form.exec(text.trim())?.groups;
    if (groups !== undefined) return unixMs(groups);
  }
  return null;
}

function unixMs(groups: Record<string, string>): number | null {
  const field = (name: string): number => Number(groups[name]);
  const month = months.indexOf((groups["month"] ?? "").toLowerCase()) + 1;
  const year = field("year") < 100 ? 2000 + field("year") : field("year");
  const day = field("day");
  if (month === 0 || day < 1 || day > daysIn(month, year)) return null;
  if (field("hour") > 23 || field("minute") > 59 || field("second") > 60) return null;
  const secondOfDay = (field("hour") * 60 + field("minute")) * 60 + field("second");
  return daysSinceEpoch({ year, month, day }) * dayMs + secondOfDay * 1000;
}

function daysIn(month: number, year: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/** Days from 1970-01-01, counting years from March so that the leap day ends them. */
function daysSinceEpoch(date: { year: number; month: number; day: number }): number {
  const year = date.month <= 2 ? date.year - 1 : date.year;
  const monthFromMarch = (date.month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + date.day - 1;
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return 365 * year + leapDays + dayOfYear - 719_468;
}
