import { TokenHubError, webhookEventTypes, type JobWebhook } from "@tokenhub/contracts";
import { checkWebhookSecret, sealWebhookSecret, type AddressAllowList } from "@tokenhub/webhooks";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { describeIssue } from "../http/describe-issue.ts";
import { readWebhookUrl } from "./read-webhook-url.ts";

/** What a job can be told of. */
const jobEventTypes = webhookEventTypes.filter(
  (type) => type.startsWith("job.") || type.startsWith("response."),
);

/** The member `webhook` of a job. */
const jobWebhookRequestSchema = z.union([
  z.string().meta({ description: "Where the job's end is told." }),
  z.strictObject({
    url: z.string(),
    secret: z
      .string()
      .optional()
      .meta({ description: "`whsec_...`; absent: the tenant's own, see `/v1/webhook_signing_secret`." }),
    events: z
      .array(z.enum(jobEventTypes))
      .min(1)
      .max(jobEventTypes.length)
      .optional()
      .meta({ description: "What is told; absent: the job's end, however it ends." }),
  }),
]);

export interface JobWebhookReading {
  readonly clusterSecret: Buffer;
  /** Addresses that the operator opened for webhooks. */
  readonly allow: AddressAllowList;
}

/**
 * Reads the member `webhook` of a job: a URL, or `{url, secret?, events?}`. The secret is sealed.
 * @throws TokenHubError `invalid_request` naming `webhook` or a member of it.
 */
export function readJobWebhook(value: unknown, { clusterSecret, allow }: JobWebhookReading): JobWebhook {
  const stated = typeof value === "string" ? { url: value } : membersOf(value);
  const param = typeof value === "string" ? "webhook" : "webhook.url";
  return {
    url: readWebhookUrl(stated.url, { allow, param }),
    sealedSecret:
      stated.secret === undefined
        ? null
        : sealWebhookSecret(checkedSecret(stated.secret), { clusterSecret, random: randomBytes }),
    eventTypes: stated.events === undefined ? null : [...new Set(stated.events)],
  };
}

const objectSchema = jobWebhookRequestSchema.options[1];

function membersOf(value: unknown): z.infer<typeof objectSchema> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TokenHubError("invalid_request", "`webhook` must be a URL, or an object with a `url`.", {
      param: "webhook",
    });
  const parsed = objectSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  const param = path === "" ? "webhook" : `webhook.${path}`;
  throw new TokenHubError("invalid_request", `\`${param}\` is not valid: ${problem}.`, { param });
}

function checkedSecret(secret: string): string {
  const verdict = checkWebhookSecret(secret);
  if (verdict.kind === "ok") return verdict.secret;
  throw new TokenHubError("invalid_request", verdict.problem, { param: "webhook.secret" });
}
