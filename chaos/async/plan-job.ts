/** How one client submits one job. */
export interface JobPlan {
  /** From 0; the text of the request carries it. */
  readonly number: number;
  /** A generation endpoint with `Prefer: respond-async`, or `POST /v1/jobs`. */
  readonly door: "chat" | "messages" | "jobs";
  readonly model: string;
  readonly isStream: boolean;
  /** Seconds that its caller waits for the answer at the door. */
  readonly waitSeconds: number;
  /** Milliseconds from its submission until it may begin. */
  readonly notBeforeMs: number;
  /** The path at the receiver that the job itself names; null: only the managed endpoint hears of it. */
  readonly webhookPath: string | null;
  /** Cancelled as soon as it is accepted. */
  readonly isCancelled: boolean;
  /** Sent with an Idempotency-Key, so that it may be sent again whatever became of it. */
  readonly hasKey: boolean;
  /** Submitted a second time on purpose, with the same key. */
  readonly isDoubled: boolean;
}

const modelIds = ["first-model", "second-model", "third-model"] as const;
/** Paths that jobs name with a secret of their own, and without one. */
const ownPaths = ["/own/1", "/own/2", "/own/3"] as const;
const tenantPaths = ["/tenant/1", "/tenant/2"] as const;
/** Where the managed endpoint listens. */
export const managedPath = "/managed";

/** @param random uniform in [0, 1). */
export function planJob(number: number, random: () => number): JobPlan {
  const chosen = <Choice>(choices: readonly [Choice, ...Choice[]]): Choice =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];
  const happens = (share: number): boolean => random() < share;
  const door = chosen(["chat", "messages", "jobs", "jobs"] as const);
  const isOfJobs = door === "jobs";
  const hasKey = happens(0.25);
  return {
    number,
    door,
    model: chosen(modelIds),
    isStream: happens(0.15),
    waitSeconds: !isOfJobs && happens(0.15) ? 2 : 0,
    notBeforeMs: isOfJobs && happens(0.15) ? 1_000 : 0,
    webhookPath: isOfJobs ? chosen([null, chosen(ownPaths), chosen(tenantPaths)]) : null,
    isCancelled: happens(0.04),
    hasKey,
    isDoubled: hasKey && happens(0.4),
  };
}

/** What the job asks its model; the mock's answer repeats it. */
export function questionOf(number: number): string {
  return `chaos job ${number}.`;
}

/** The number of the job that a request's body asks for; null: it is none of these. */
export function numberIn(text: string): number | null {
  const digits = /chaos job (\d+)\./.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}
