import { TokenHubError } from "@tokenhub/contracts";
import { Router, type Request, type RequestHandler, type Response } from "express";
import type { z } from "zod";
import { describeIssue } from "../http/describe-issue.ts";
import { allowOnly } from "../http/error-handler.ts";
import { requestIdOf } from "../http/assign-request-id.ts";
import { parseJsonObject } from "../http/parse-json-object.ts";
import { readBodyText } from "../http/read-body.ts";
import { includesRole, type AdminPrincipal } from "./admin-principal.ts";
import type { AdminCall, AdminReply, AdminRoute } from "./admin-route.ts";
import type { AuditNote, AuditTrail, AuditWriter } from "./audit-trail.ts";
import { formatVersionTag, readExpectedVersion } from "./version-tag.ts";

export interface AdminMountDeps {
  /** @throws TokenHubError `admin_unauthorized`, `too_many_attempts`, `rate_limited` */
  readonly authenticate: (request: Request) => Promise<AdminPrincipal>;
  readonly writeAudit: AuditWriter;
  /** The caller's address, forwarded headers believed only from trusted proxies. */
  readonly addressOf: (request: Request) => string;
  readonly now: () => number;
}

/** Admin bodies are small. */
const maxBodyBytes = 4_194_304;

/** Serves a table of admin routes; a path answers 405 for the methods it has no route for. */
export function mountAdminRoutes(deps: AdminMountDeps, routes: readonly AdminRoute[]): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, siblings] of Map.groupBy(routes, (route) => route.path)) {
    const mounted = router.route(path);
    for (const route of siblings) mounted[route.method](handlerOf(deps, route));
    mounted.all(allowOnly(...siblings.map(({ method }) => method.toUpperCase())));
  }
  return router;
}

function handlerOf(deps: AdminMountDeps, route: AdminRoute): RequestHandler {
  return async (request, response) => {
    const principal = await deps.authenticate(request);
    const context = { deps, route, request, response, principal };
    const trail = trailOf(context);
    if (!includesRole(principal.role, route.role)) {
      await note(context, "denied", { resourceKind: route.tag, resourceId: null });
      throw new TokenHubError(
        "admin_forbidden",
        `This needs the role ${route.role}; yours is ${principal.role}. Use a token of that role.`,
      );
    }
    const call = await readCall(context, trail);
    try {
      const answer = await route.handle(call);
      if (route.action !== null && !trail.isRecorded)
        await trail.record({ resourceKind: route.tag, resourceId: resourceIdOf(call) });
      send(response, answer);
    } catch (error) {
      if (route.action !== null)
        await note(context, "failed", {
          resourceKind: route.tag,
          resourceId: resourceIdOf(call),
          detail: { code: error instanceof TokenHubError ? error.code : "internal_error" },
        });
      throw error;
    }
  };
}

interface CallContext {
  readonly deps: AdminMountDeps;
  readonly route: AdminRoute;
  readonly request: Request;
  readonly response: Response;
  readonly principal: AdminPrincipal;
}

function trailOf(context: CallContext): AuditTrail {
  let isRecorded = false;
  return {
    async record(what, transaction) {
      await note(context, "ok", what, transaction);
      isRecorded = true;
    },
    get isRecorded() {
      return isRecorded;
    },
  };
}

function note(
  { deps, route, request, response, principal }: CallContext,
  outcome: "ok" | "denied" | "failed",
  what: AuditNote,
  transaction?: unknown,
): Promise<void> {
  return deps.writeAudit(
    {
      ...what,
      timestampMs: deps.now(),
      action: route.action ?? `${route.tag}.read`,
      outcome,
      principal,
      ip: deps.addressOf(request),
      requestId: requestIdOf(response),
    },
    transaction,
  );
}

async function readCall(context: CallContext, audit: AuditTrail): Promise<AdminCall> {
  const { deps, route, request, response, principal } = context;
  const bodyText =
    route.bodySchema === undefined ? "" : await readBodyText(request, { response, limitBytes: maxBodyBytes });
  return {
    principal,
    body:
      route.bodySchema === undefined
        ? undefined
        : parsed(route.bodySchema, bodyText.trim() === "" ? {} : parseJsonObject(bodyText)),
    query: route.querySchema === undefined ? undefined : parsed(route.querySchema, request.query),
    params: paramsOf(request),
    expectedVersion: readExpectedVersion(request.headers["if-match"]),
    requestId: requestIdOf(response),
    ip: deps.addressOf(request),
    audit,
    request,
    response,
  };
}

/** @throws TokenHubError `invalid_request` naming the member at fault, without its value. */
function parsed(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, problem } = describeIssue(result.error.issues[0]);
  throw new TokenHubError(
    "invalid_request",
    `${path === "" ? "The request" : `\`${path}\``} is not valid: ${problem}.`,
    {
      param: path === "" ? null : path,
    },
  );
}

function paramsOf(request: Request): Record<string, string> {
  const params: Record<string, unknown> = request.params;
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join("/") : String(value),
    ]),
  );
}

function resourceIdOf({ params }: AdminCall): string | null {
  return Object.values(params)[0] ?? null;
}

function send(response: Response, answer: AdminReply): void {
  if (answer.kind === "streamed") return;
  response.setHeader("cache-control", "no-store");
  if (answer.version !== undefined) response.setHeader("etag", formatVersionTag(answer.version));
  response.status(answer.status).json(answer.body);
}
