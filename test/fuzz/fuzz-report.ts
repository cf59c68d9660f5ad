/** A kind of failure: the requests that showed it, the first of them as small as it could be made. */
export interface FuzzFailure {
  readonly kind: string;
  count: number;
  example: string;
}

/** What a run has seen. */
export class FuzzReport {
  readonly statuses = new Map<number, number>();
  /** Of answers with 500 and more. */
  readonly serverErrorCodes = new Map<string, number>();
  /** By operation: requests, successes, refusals, server errors. */
  readonly operations = new Map<
    string,
    { sent: number; succeeded: number; refused: number; failed: number }
  >();
  readonly failures = new Map<string, FuzzFailure>();
  /** The longest answer of each operation. */
  readonly longest = new Map<string, number>();
  sent = 0;

  countAnswer(
    operation: string,
    { status, durationMs }: { readonly status: number; readonly durationMs: number },
  ): void {
    this.sent += 1;
    this.longest.set(operation, Math.max(this.longest.get(operation) ?? 0, durationMs));
    addOne(this.statuses, status);
    const row = this.operations.get(operation) ?? { sent: 0, succeeded: 0, refused: 0, failed: 0 };
    row.sent += 1;
    if (status < 400) row.succeeded += 1;
    else if (status < 500) row.refused += 1;
    else row.failed += 1;
    this.operations.set(operation, row);
  }

  countServerError(code: string): void {
    addOne(this.serverErrorCodes, code);
  }

  /** @returns true for the first failure of its kind. */
  fail(kind: string, example: string): boolean {
    const known = this.failures.get(kind);
    if (known !== undefined) {
      known.count += 1;
      return false;
    }
    this.failures.set(kind, { kind, count: 1, example });
    return true;
  }

  /** The failures as texts, for a test to compare with none. */
  get failureTexts(): string[] {
    return [...this.failures.values()].map(
      ({ kind, count, example }) => `${kind} (${count} times)\n    ${example}`,
    );
  }

  get succeeded(): number {
    return [...this.statuses].reduce((sum, [status, count]) => (status < 400 ? sum + count : sum), 0);
  }

  /** A table of everything that was counted. */
  describe(): string {
    const statuses = [...this.statuses].toSorted(([a], [b]) => a - b);
    const codes = [...this.serverErrorCodes].toSorted(([, a], [, b]) => b - a);
    const slowest = [...this.longest].toSorted(([, a], [, b]) => b - a).slice(0, 6);
    const rows = [...this.operations].toSorted(([a], [b]) => a.localeCompare(b));
    return [
      `statuses: ${statuses.map(([status, count]) => `${status}: ${count}`).join(", ")}`,
      `codes of server errors: ${codes.map(([code, count]) => `${code}: ${count}`).join(", ") || "none"}`,
      `longest answers: ${slowest.map(([operation, ms]) => `${operation} ${Math.round(ms)} ms`).join(", ")}`,
      "",
      `${"operation".padEnd(48)} ${["sent", "2xx", "4xx", "5xx"].map((name) => name.padStart(7)).join("")}`,
      ...rows.map(
        ([operation, { sent, succeeded, refused, failed }]) =>
          `${operation.padEnd(48)} ${[sent, succeeded, refused, failed].map((count) => String(count).padStart(7)).join("")}`,
      ),
    ].join("\n");
  }
}

function addOne<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
