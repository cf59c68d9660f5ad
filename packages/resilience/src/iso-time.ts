import { parseHttpDate } from "./http-date.ts";

const form =
  /^(?<date>\d{4}-\d\d-\d\d)[Tt ](?<time>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,9}))?(?<zone>[Zz]|[+-]\d\d:?\d\d)$/;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Unix milliseconds of a time such as `2026-08-01T12:00:30Z` or `2026-08-01T14:00:30.5+02:00`; null for anything else. */
export function parseIsoTime(text: string): number | null {
  const groups = form.exec(text.trim())?.groups;
  if (groups === undefined) return null;
  const [year, month, day] = (groups["date"] ?? "").split("-");
  const name = months[Number(month) - 1];
  if (name === undefined) return null;
  const utcMs = parseHttpDate(`Xxx, ${day} ${name} ${year} ${groups["time"]} GMT`);
  if (utcMs === null) return null;
  const fractionMs = Math.floor(Number(`0.${groups["fraction"] ?? "0"}`) * 1_000);
  return utcMs + fractionMs - zoneMs(groups["zone"] ?? "Z");
}

function zoneMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const digits = zone.replaceAll(/\D/g, "");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
