export interface DatabaseProblem {
  /** What could not be done, e.g. `The database /data/tokenhub.db cannot be opened`. */
  readonly what: string;
  readonly why: string;
  /** What the operator can do. */
  readonly next: string;
}

/** A database that cannot be used as it is: one sentence for the operator, without any password of its address. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";

  constructor({ what, why, next }: DatabaseProblem, options: { readonly cause?: unknown } = {}) {
    super(`${what} because ${why}; ${next}.`, options);
  }
}

/** The code that a driver or the operating system put on an error; empty when there is none. */
export function errorCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
