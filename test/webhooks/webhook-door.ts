import type { WebhookRetryPolicy } from "@tokenhub/webhooks";
import { begin, call, type Asked, type DoorAnswer, type Json } from "../orchestration/native-door.ts";

/** Three attempts within half a second; an endpoint that fails for a minute is disabled. */
export const quickPolicy: WebhookRetryPolicy = {
  delaysMs: [0, 50, 100],
  jitter: 0,
  slowDownMs: 50,
  disableAfterMs: 60_000,
};

/** A delivery as the log shows it. */
export interface LoggedDelivery {
  readonly id: string;
  readonly state: string;
  readonly trigger: string;
  readonly event_type: string;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly outcome: string;
    readonly status_code: number | null;
    readonly response_text: string | null;
    readonly problem: string | null;
  }[];
}

/** An endpoint that hears of ends of orchestrations, unless told otherwise. */
export async function createEndpoint(
  asked: Asked,
  url: string,
  eventTypes: readonly string[] = ["orchestration.completed"],
): Promise<{ readonly id: string; readonly secret: string }> {
  const { status, json } = await send(asked, "", { name: "a receiver", url, event_types: eventTypes });
  if (status !== 200) throw new Error(`the endpoint was not created: ${JSON.stringify(json)}`);
  return { id: String(json["id"]), secret: String(json["signing_secret"]) };
}

/** POSTs below `/v1/webhook_endpoints`. */
export function send(asked: Asked, path: string, body?: unknown): Promise<DoorAnswer> {
  return call(asked, `/v1/webhook_endpoints${path}`, {
    method: "POST",
    ...(body === undefined ? {} : { body }),
  });
}

/** Newest first. */
export async function deliveriesOf(asked: Asked, endpointId: string, query = ""): Promise<LoggedDelivery[]> {
  const { json } = await call(asked, `/v1/webhook_endpoints/${endpointId}/deliveries${query}`);
  return json["data"] as LoggedDelivery[];
}

export async function endpointOf(asked: Asked, id: string): Promise<Json> {
  return (await call(asked, `/v1/webhook_endpoints/${id}`)).json;
}

/** Something that is told: one short orchestration. Gives its id. */
export async function causeEvent(asked: Asked): Promise<string> {
  const { status, json } = await begin(asked, { mode: "planning", models: { primary: "gpt-test" } });
  if (status !== 200) throw new Error(`the orchestration failed: ${JSON.stringify(json)}`);
  return String(json["id"]);
}
