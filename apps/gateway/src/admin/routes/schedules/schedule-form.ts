import { z } from "zod";
import { chosenIdField, nameField, truthQuery } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";

const cronField = z.string().trim().min(1).max(200).meta({
  description:
    "Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.",
});
const timeZoneField = z.string().min(1).max(64).meta({ description: "IANA name, e.g. `Europe/Berlin`." });
const ownerIdField = z.string().min(1).max(128);

const changeable = {
  name: nameField,
  cron: cronField,
  time_zone: timeZoneField,
  template: z
    .record(z.string(), z.unknown())
    .meta({ description: "What `POST /v1/jobs` takes, without `deadline` and `not_before`." }),
  deadline_seconds: z.int().min(1).max(604_800).nullable().meta({
    description:
      "How long after an occurrence its job is still begun; null: as long as any job that states no deadline.",
  }),
  enabled: z.boolean(),
};

export const createScheduleSchema = z.strictObject({
  ...changeable,
  id: chosenIdField.optional(),
  time_zone: timeZoneField.default("UTC"),
  deadline_seconds: changeable.deadline_seconds.optional(),
  enabled: z.boolean().default(true),
  key_id: ownerIdField.nullish().meta({
    description: "As whose key the jobs run, within its models and budgets; null: as the tenant itself.",
  }),
  tenant_id: ownerIdField.optional().meta({ description: "Default: the key's, or the built-in tenant." }),
  project_id: ownerIdField.nullish().meta({ description: "Default: the key's, or none." }),
});
export type CreateSchedule = z.infer<typeof createScheduleSchema>;

export const updateScheduleSchema = z.strictObject(changeable).partial();
export type UpdateSchedule = z.infer<typeof updateScheduleSchema>;

export const previewSchema = z.strictObject({
  cron: cronField,
  time_zone: timeZoneField.default("UTC"),
  count: z.int().min(1).max(50).default(5),
});
export type Preview = z.infer<typeof previewSchema>;

export const scheduleQuerySchema = z.object({
  ...pageQueryShape,
  tenant_id: ownerIdField.optional(),
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of id or name." }),
});
export type ScheduleQuery = z.infer<typeof scheduleQuerySchema>;
