import type { Request, Response } from "express";
import type { z } from "zod";
import type { AdminPrincipal, AdminRole } from "./admin-principal.ts";
import type { AuditTrail } from "./audit-trail.ts";

/** One admin endpoint as data: the table of them is mounted, checked, audited and documented by the same code. */
export interface AdminRoute<Body = unknown, Query = unknown> {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Express path below `/admin/v1`, e.g. `/providers/:id`; `*id` takes ids with slashes. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  /** The least role that may call it. */
  readonly role: AdminRole;
  readonly bodySchema?: z.ZodType<Body>;
  readonly querySchema?: z.ZodType<Query>;
  /** What an audit row says was done, e.g. `provider.create`; null for reads. */
  readonly action: string | null;
  readonly handle: (call: AdminCall<Body, Query>) => Promise<AdminReply>;
}

/** A call that has passed authentication, role and form. */
export interface AdminCall<Body = unknown, Query = unknown> {
  readonly principal: AdminPrincipal;
  readonly body: Body;
  readonly query: Query;
  /** Path parameters; a `*` parameter has its slashes. */
  readonly params: Readonly<Record<string, string>>;
  /** The version named by `If-Match`; null when the header is absent or `*`. */
  readonly expectedVersion: number | null;
  readonly requestId: string;
  readonly ip: string;
  /** Writes this call's audit row, in the transaction that changes something. A mutating route that writes none gets a plain one. */
  readonly audit: AuditTrail;
  readonly request: Request;
  /** For event streams only; everything else is returned. */
  readonly response: Response;
}

/** Null body: nothing is sent but the status. `streamed`: the handler has taken over the response. */
export type AdminReply =
  | {
      readonly kind: "json";
      readonly status: number;
      readonly body: unknown;
      /** Version of the entity in the body; sent as ETag. */
      readonly version?: number;
    }
  | { readonly kind: "streamed" };

/** A 200 with a body, or the given status. */
export function reply(body: unknown, options: { status?: number; version?: number } = {}): AdminReply {
  const { status = 200, version } = options;
  return { kind: "json", status, body, ...(version === undefined ? {} : { version }) };
}

/** Defines a route with its body and query types bound together. */
export function adminRoute<Body = undefined, Query = undefined>(route: AdminRoute<Body, Query>): AdminRoute {
  // The mounting code parses with the route's own schemas before it calls the handler, so the types hold there.
  return route as unknown as AdminRoute;
}
