/** Who asks. Each has its secrets at the site; `wrong` and `malformed` have none that fit. */
export const callers = [
  "admin",
  "password",
  "operator",
  "viewer",
  "session",
  "consumer",
  "chat-only",
  "embeddings-only",
  "one-model",
  "poor",
  "disabled",
  "expired",
  "nobody",
  "wrong",
  "malformed",
] as const;
export type CallerName = (typeof callers)[number];

/** A request before its placeholders (`~kind.number~`) are filled in with ids that live at the site. */
export interface FuzzRequest {
  /** Of the operation it was made from: `GET /admin/v1/models/{id}`. */
  readonly operation: string;
  readonly method: string;
  /** As it stands in the request line. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | null;
  readonly caller: CallerName;
  /** Of the caller, as a trusted proxy tells it. */
  readonly address: string;
}

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly durationMs: number;
}
