import { callIncidentFactSchema, type CallIncidentFact } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { transaction } from "../transaction.ts";
import { parseContent, parseJsonColumn } from "../read-row.ts";
import type { Schema } from "../schema/schema.ts";
import { storableText } from "../storable-text.ts";

const chunkSize = 500;

export interface CallIncidentRepository {
  /** Writes one row per fact and gives the number of new rows; a fact that is already there is ignored. */
  readonly insertIncidents: (facts: readonly CallIncidentFact[]) => Promise<number>;
  /** Oldest first. */
  readonly listForRequest: (requestId: string) => Promise<CallIncidentFact[]>;
}

/** @param db a database, or a transaction to take part in. */
export function createCallIncidentRepository(db: Kysely<Schema>): CallIncidentRepository {
  return {
    insertIncidents(facts) {
      if (facts.length === 0) return Promise.resolve(0);
      const rows = facts.map((fact) => ({
        event_id: fact.eventId,
        kind: fact.kind,
        request_id: fact.requestId,
        tenant_id: storableText(fact.tenantId),
        model_id: storableText(fact.modelId),
        provider_id: storableText(fact.providerId),
        occurred_at_ms: Math.round(fact.occurredAtMs),
        usage_json: fact.usage === null ? null : JSON.stringify(fact.usage),
      }));
      return transaction(db, async (begun) => {
        let inserted = 0;
        for (let start = 0; start < rows.length; start += chunkSize) {
          const { numInsertedOrUpdatedRows = 0n } = await begun
            .insertInto("call_incidents")
            .values(rows.slice(start, start + chunkSize))
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          inserted += Number(numInsertedOrUpdatedRows);
        }
        return inserted;
      });
    },
    async listForRequest(requestId) {
      const rows = await db
        .selectFrom("call_incidents")
        .selectAll()
        .where("request_id", "=", requestId)
        .orderBy("occurred_at_ms")
        .orderBy("event_id")
        .execute();
      return rows.map((row) =>
        parseContent(callIncidentFactSchema, {
          table: "call_incidents",
          id: row.event_id,
          value: {
            v: 1,
            type: "call-incident",
            eventId: row.event_id,
            kind: row.kind,
            requestId: row.request_id,
            tenantId: row.tenant_id,
            modelId: row.model_id,
            providerId: row.provider_id,
            occurredAtMs: row.occurred_at_ms,
            usage: parseJsonColumn(row.usage_json),
          },
        }),
      );
    },
  };
}
