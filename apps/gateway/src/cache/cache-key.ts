import type { JsonObject } from "../sync/generation-endpoint.ts";
import type { Submission } from "../sync/submit-request.ts";
import { hash } from "node:crypto";

/** Members of a body that change how an answer is delivered or accounted, not what it says. */
const deliveryMembers = new Set(["stream", "stream_options", "user", "metadata"]);

export interface CacheQuestion {
  readonly submission: Pick<Submission, "tenantId" | "features" | "formatHeaders">;
  /** The body as it is forwarded, in the format of `features.wireFormat`. */
  readonly body: JsonObject;
  /** The JSON Schema the answer must fit; undefined: none. */
  readonly schema: unknown;
  /** A catalogue that changed may give other answers, and forgets those of models that are gone. */
  readonly catalogueVersion: number;
}

/**
 * SHA-256 (hexadecimal) over everything that decides what the answer to a request is: the tenant, so that no answer ever
 * crosses to another one; the body; and what routing heeds. Requests with the same key may share an answer.
 */
export function cacheKeyOf({ submission, body, schema, catalogueVersion }: CacheQuestion): string {
  const { operation, wireFormat, needs, policy, allowedModelIds } = submission.features;
  const question = {
    v: 1,
    tenant: submission.tenantId,
    operation,
    wireFormat,
    body: Object.fromEntries(Object.entries(body).filter(([name]) => !deliveryMembers.has(name))),
    formatHeaders: submission.formatHeaders,
    needs: needs.toSorted(),
    policy,
    allowedModelIds: allowedModelIds?.toSorted() ?? null,
    schema: schema ?? null,
    catalogueVersion,
  };
  return hash("sha256", canonicalJson(question), "hex");
}

/** JSON with the members of every object in the order of their names; undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}
