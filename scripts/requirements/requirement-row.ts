/** What a row is about, for readers who look for a subject. */
type Area =
  | "admin api"
  | "admin ui"
  | "api"
  | "chat"
  | "configuration"
  | "deployment"
  | "design"
  | "documents"
  | "extending"
  | "metrics"
  | "models"
  | "orchestration"
  | "providers"
  | "resilience"
  | "routing"
  | "security"
  | "speed"
  | "storage"
  | "tests"
  | "vault";

/** One numbered promise. Ids never change and are never given out again. */
export interface RequirementRow {
  /** Section and running number: `S1d-14`. */
  readonly id: string;
  readonly area: Area;
  readonly title: string;
  /** Rows that say the same: one test proves them together, and its title carries all the ids. */
  readonly sameAs?: readonly string[];
  /** Why the row waits. A passing test for it is an error until this mark is removed. */
  readonly later?: string;
  /** Why a part of the row waits. The other part needs a passing test now. */
  readonly laterInPart?: string;
}

/** The section of a row's id, for example `S1d` of `S1d-14`. */
export function sectionOf(id: string): string {
  return id.slice(0, id.lastIndexOf("-"));
}
