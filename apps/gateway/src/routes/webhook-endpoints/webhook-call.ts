import { TokenHubError } from "@tokenhub/contracts";
import type { WebhookScope } from "@tokenhub/persistence";
import type { Request, RequestHandler, Response } from "express";
import type { z } from "zod";
import type { Caller } from "../../admission/caller.ts";
import { describeIssue } from "../../http/describe-issue.ts";
import { parseJsonObject } from "../../http/parse-json-object.ts";
import { readBodyText } from "../../http/read-body.ts";
import { requireJson } from "../../http/require-json.ts";
import type { WebhookEndpointDeps } from "./webhook-endpoint-deps.ts";

/** A request that has passed authentication and rate limits. */
export interface WebhookCall {
  readonly caller: Caller;
  /** What the caller may see: its tenant's, and of a key with a project that project's. */
  readonly scope: WebhookScope & { readonly tenantId: string };
  readonly request: Request;
  readonly response: Response;
  /** A path parameter. */
  readonly id: (name: "id" | "delivery") => string;
}

/** Bodies here are a few lines. */
const maxBodyBytes = 65_536;

/** A handler that answers with what `answer` gives. @throws TokenHubError with a 401, `rate_limited` */
export function webhookHandler(
  { admission }: Pick<WebhookEndpointDeps, "admission">,
  answer: (call: WebhookCall) => Promise<unknown>,
): RequestHandler {
  return async (request, response) => {
    const caller = admission.authenticate(request);
    const permit = admission.admit(caller);
    if (permit !== null) await permit;
    const { tenantId, projectId } = caller;
    const scope = { tenantId, ...(projectId === null ? {} : { projectId }) };
    const body = await answer({
      caller,
      scope,
      request,
      response,
      id: (name) => String(request.params[name]),
    });
    response.setHeader("cache-control", "no-store");
    response.json(body);
  };
}

/** @throws TokenHubError `invalid_request` naming the member at fault, `invalid_json`, `body_too_large`. */
export async function readWebhookBody<Body>(
  { request, response }: WebhookCall,
  schema: z.ZodType<Body>,
): Promise<Body> {
  const bodyText = await readBodyText(request, { response, limitBytes: maxBodyBytes });
  if (bodyText.trim() === "") return parsed(schema, {}, "body");
  requireJson(request);
  return parsed(schema, parseJsonObject(bodyText), "body");
}

/** @throws TokenHubError `invalid_request` */
export function readWebhookQuery<Query>({ request }: WebhookCall, schema: z.ZodType<Query>): Query {
  return parsed(schema, request.query, "query");
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, what: "body" | "query"): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, problem } = describeIssue(result.error.issues[0]);
  throw new TokenHubError(
    "invalid_request",
    `${path === "" ? `The ${what}` : `\`${path}\``} is not valid: ${problem}.`,
    { param: path === "" ? null : path },
  );
}
