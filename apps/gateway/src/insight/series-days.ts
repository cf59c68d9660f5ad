import { createSettingsRepository, type Database } from "@tokenhub/persistence";
import { z } from "zod";

const settingName = "insight.series_retention_days";
const defaultSeriesDays = 7;
export const mostSeriesDays = 3_650;

/** How many days the finest points of the time series are kept. */
export async function readSeriesDays(db: Database["db"]): Promise<number> {
  const contract = z.number().int().min(1).max(mostSeriesDays);
  return (await createSettingsRepository(db).get(settingName, contract)) ?? defaultSeriesDays;
}

export async function saveSeriesDays(
  db: Database["db"],
  { days, nowMs }: { readonly days: number; readonly nowMs: number },
): Promise<void> {
  await createSettingsRepository(db).set(settingName, days, { nowMs });
}
