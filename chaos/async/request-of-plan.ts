import { questionOf, type JobPlan } from "./plan-job.ts";

export interface RequestSettings {
  readonly receiverUrl: string;
  /** By the beginning of the path: the secret that jobs state for receivers there. */
  readonly ownSecrets: ReadonlyMap<string, string>;
  /** A prefix of every Idempotency-Key. */
  readonly keyPrefix: string;
}

export type PlannedRequest = readonly [path: string, init: RequestInit];

const chatPath = "/v1/chat/completions";

/** How a job is submitted. Made once for each: a key stands for one body, whose `not_before` is a time. */
export function requestOfPlan(
  { receiverUrl, ownSecrets, keyPrefix }: RequestSettings,
  plan: JobPlan,
): PlannedRequest {
  const { door, model, isStream, number, waitSeconds, webhookPath, notBeforeMs, hasKey } = plan;
  const endpoint = door === "messages" || (door === "jobs" && number % 2 === 0) ? "/v1/messages" : chatPath;
  const body = {
    model,
    max_tokens: 100,
    messages: [{ role: "user", content: questionOf(number) }],
    ...(isStream ? { stream: true } : {}),
  };
  const key = hasKey ? { "idempotency-key": `${keyPrefix}-${number}` } : {};
  if (door !== "jobs") {
    const prefer = `respond-async${waitSeconds > 0 ? `, wait=${waitSeconds}` : ""}`;
    return [endpoint, { method: "POST", headers: { prefer, ...key }, body: JSON.stringify(body) }];
  }
  const secret = [...ownSecrets].find(([prefix]) => webhookPath?.startsWith(prefix))?.[1];
  const job = {
    endpoint,
    body,
    ...(webhookPath === null
      ? {}
      : { webhook: { url: receiverUrl + webhookPath, ...(secret === undefined ? {} : { secret }) } }),
    ...(notBeforeMs > 0 ? { not_before: (Date.now() + notBeforeMs) / 1_000 } : {}),
  };
  return ["/v1/jobs", { method: "POST", headers: key, body: JSON.stringify(job) }];
}
