import type { IncomingMessage, ServerResponse } from "node:http";
import type { CallLog } from "../calls/call-log.ts";
import type { RecordedCall } from "../calls/recorded-call.ts";
import { PlanError, parsePlan } from "../plans/plan.ts";
import type { PlanBook } from "../plans/plan-book.ts";
import { readBody } from "./read-body.ts";
import { decode } from "./route.ts";
import { sendJson, sendNothing } from "./send-json.ts";

export interface ControlDeps {
  readonly plans: PlanBook;
  readonly log: CallLog;
}

export interface ControlRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The path after `/__mock/`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

const plansPrefix = "plans/";

/** Answers the mock's own API: plans and recorded calls. */
export async function serveControl(control: ControlRequest, deps: ControlDeps): Promise<void> {
  const { request, response, path } = control;
  const action = `${request.method} ${path}`;
  if (action === "GET health") {
    sendJson(response, { status: 200, body: healthOf(deps) });
  } else if (action === "GET calls") {
    sendJson(response, { status: 200, body: { calls: filterCalls(deps.log.all(), control.query) } });
  } else if (action === "DELETE calls") {
    deps.log.clear();
    sendNothing(response);
  } else if (action === "GET plans") {
    sendJson(response, { status: 200, body: Object.fromEntries(deps.plans.all()) });
  } else if (action === "DELETE plans") {
    deps.plans.clear();
    sendNothing(response);
  } else if (path.startsWith(plansPrefix)) {
    await servePlan(control, { name: decode(path.slice(plansPrefix.length)), plans: deps.plans });
  } else {
    sendJson(response, { status: 404, body: { error: "The mock's own API has no such path or method." } });
  }
}

async function servePlan(
  { request, response }: ControlRequest,
  { name, plans }: { readonly name: string; readonly plans: PlanBook },
): Promise<void> {
  const known = plans.get(name);
  if (request.method === "PUT") return setPlan({ request, response }, { name, plans });
  if (request.method === "GET" && known !== undefined)
    return sendJson(response, { status: 200, body: known });
  if (request.method === "DELETE" && plans.delete(name)) return sendNothing(response);
  sendJson(response, { status: 404, body: { error: "There is no plan of this name." } });
}

async function setPlan(
  { request, response }: Pick<ControlRequest, "request" | "response">,
  { name, plans }: { readonly name: string; readonly plans: PlanBook },
): Promise<void> {
  const text = await readBody(request);
  if (text === null) return;
  try {
    const plan = parsePlan(JSON.parse(text));
    plans.set(name, plan);
    sendJson(response, { status: 200, body: plan });
  } catch (error) {
    const reason = error instanceof PlanError ? error.message : "it is not JSON";
    sendJson(response, { status: 400, body: { error: `The plan cannot be used: ${reason}.` } });
  }
}

function healthOf({ log }: ControlDeps): unknown {
  return { status: "ok", calls: log.nextIndex, inFlight: log.inFlight };
}

/** `model`: exact name; `since`: started at or after this Unix millisecond; `after`: a greater index than this. */
function filterCalls(
  calls: readonly RecordedCall[],
  { model, since, after }: Readonly<Record<string, string>>,
): readonly RecordedCall[] {
  return calls.filter(
    (call) =>
      (model === undefined || call.model === model) &&
      (since === undefined || call.startedAtMs >= Number(since)) &&
      (after === undefined || call.index > Number(after)),
  );
}
