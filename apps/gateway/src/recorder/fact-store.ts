import {
  createCallIncidentRepository,
  createRequestLogRepository,
  type Database,
} from "@tokenhub/persistence";
import type { FactStore } from "./recorder.ts";

/** Writes facts to the request log. */
export function createFactStore(db: Database["db"]): FactStore {
  const requestLog = createRequestLogRepository(db);
  const incidents = createCallIncidentRepository(db);
  return {
    async insertFinished(facts) {
      await requestLog.insertFinished(facts);
    },
    async insertIncidents(facts) {
      await incidents.insertIncidents(facts);
    },
  };
}
