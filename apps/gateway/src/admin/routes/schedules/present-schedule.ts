import type { StoredSchedule } from "@tokenhub/persistence";
import { timesAfter } from "../../../schedules/cron-times.ts";
import { storedTemplateOf } from "../../../schedules/schedule-template.ts";
import { timeText } from "../../fields.ts";

/** @param showsTexts whether the body of its requests, and where their ends are told, are part of it. */
export function presentSchedule(stored: StoredSchedule, { showsTexts }: { readonly showsTexts: boolean }) {
  const { entry } = stored;
  return {
    id: entry.id,
    object: "schedule",
    name: entry.name,
    tenant_id: entry.tenantId,
    project_id: entry.projectId,
    key_id: entry.keyId,
    cron: entry.cron,
    time_zone: entry.timeZone,
    enabled: entry.enabled,
    deadline_seconds: entry.deadlineSeconds,
    template: presentTemplate(entry.templateJson, { showsTexts }),
    next_at: timeText(entry.nextAtMs),
    last_at: timeText(stored.lastAtMs),
    last_job_id: stored.lastJobId,
    last_problem: stored.lastProblem,
    version: stored.version,
    created_at: timeText(stored.createdAtMs),
    updated_at: timeText(stored.updatedAtMs),
  };
}

/** The next occurrences, as they come by what is set now. */
export function presentTimes(
  times: { readonly cron: string; readonly timeZone: string },
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
) {
  return timesAfter(times, afterMs, count).map(timeText);
}

/** The webhook's secret is never shown, not even sealed. */
function presentTemplate(templateJson: string, { showsTexts }: { readonly showsTexts: boolean }) {
  const { endpoint, bodyText, priority, metadata, tags, webhook } = storedTemplateOf(templateJson);
  return {
    endpoint,
    body: showsTexts ? (JSON.parse(bodyText) as unknown) : null,
    priority,
    metadata,
    tags,
    webhook:
      webhook === null
        ? null
        : {
            url: showsTexts ? webhook.url : null,
            events: webhook.eventTypes,
            has_secret: webhook.sealedSecret !== null,
          },
  };
}
