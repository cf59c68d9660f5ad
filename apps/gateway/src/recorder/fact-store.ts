import type { Catalogue, RequestFinishedFact } from "@tokenhub/contracts";
import {
  createCallIncidentRepository,
  createRequestLogRepository,
  type Database,
} from "@tokenhub/persistence";
import type { FactStore } from "./recorder.ts";

/** Writes facts to the request log, with what each request cost at the catalogue's present prices. */
export function createFactStore(db: Database["db"], catalogue: () => Catalogue): FactStore {
  const requestLog = createRequestLogRepository(db);
  const incidents = createCallIncidentRepository(db);
  return {
    async insertFinished(facts) {
      await requestLog.insertFinished(facts, { costNanoUsd: (fact) => costNanoUsd(fact, catalogue()) });
    },
    async insertIncidents(facts) {
      await incidents.insertIncidents(facts);
    },
  };
}

/** Billionths of a US dollar; null when price or usage is unknown, never 0 instead. */
function costNanoUsd({ result }: RequestFinishedFact, catalogue: Catalogue): number | null {
  const price = catalogue.models.find((model) => model.id === result.modelId)?.price ?? null;
  if (price === null || result.usage === null) return null;
  const { inputTokens, outputTokens } = result.usage;
  return Math.round((inputTokens * price.inputPer1kUsd + outputTokens * price.outputPer1kUsd) * 1e6);
}
