import { describe, expect, test } from "vitest";
import { buildFact, buildIncident, requestIdOf } from "../testing/build-fact.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createCallIncidentRepository } from "./call-incident-repository.ts";
import { createRequestLogRepository, type RequestLogFilters } from "./request-log-repository.ts";

describeDatabases(({ openMigrated }) => {
  async function setUp() {
    const { db } = await openMigrated();
    return { db, log: createRequestLogRepository(db), incidents: createCallIncidentRepository(db) };
  }

  describe("request log", () => {
    test("S2-58, S2-59, S2-60, S2-61, S2-62, S2-63: a finished request is kept with everything that is known of it", async () => {
      const { log } = await setUp();
      const fact = buildFact(1, { result: { costUsd: 1_234.567_890_123 } });
      expect(await log.insertFinished([fact])).toBe(1);
      expect(await log.get(requestIdOf(1))).toEqual({
        requestId: requestIdOf(1),
        eventId: fact.eventId,
        tenantId: "tenant-a",
        projectId: "prj_search",
        keyId: "key_one",
        lane: "interactive",
        operation: "chat",
        callerFormat: "openai-chat",
        eventType: "chat_completion",
        outcome: "succeeded",
        errorCode: null,
        failureClass: null,
        modelId: "gpt-4",
        providerId: "openai",
        upstreamModel: "gpt-4-0613",
        requestedModel: "fast",
        aliasId: "fast",
        strategy: "objective",
        routingMode: "normal",
        stream: false,
        acceptedAtMs: fact.acceptedAtMs,
        finishedAtMs: fact.finishedAtMs,
        durationMs: 1_500,
        timeToFirstTokenMs: 250,
        usage: fact.result.usage,
        attemptCount: 1,
        ambiguousCalls: 0,
        estimatedInputTokens: 12,
        costNanoUsd: 1_234_567_890_123,
        estimatedCostNanoUsd: 2_000_000,
        orchestrationMode: "simple",
        runId: null,
        decision: fact.result.decision,
        refusal: null,
        attempts: fact.result.attempts,
        warnings: fact.result.warnings,
      });
    });

    test("a request that failed before a model was chosen is kept too, with unknown cost", async () => {
      const { log } = await setUp();
      const failure = {
        class: "bad_request",
        code: "no_eligible_model",
        message: "No model fits.",
        providerStatus: null,
        providerMessage: null,
        providerCode: null,
        retryAfterMs: null,
      } as const;
      const nothing = {
        modelId: null,
        providerId: null,
        upstreamModel: null,
        finishReason: null,
        usage: null,
      };
      await log.insertFinished([
        buildFact(1, {
          operation: "embeddings",
          requestedModel: null,
          result: {
            ...nothing,
            outcome: "failed",
            failure,
            decision: null,
            costUsd: null,
            attempts: [],
            warnings: [],
            timeToFirstTokenMs: null,
            stream: true,
            durationMs: 1.6,
          },
        }),
      ]);
      expect(await log.get(requestIdOf(1))).toMatchObject({
        eventType: "embedding",
        outcome: "failed",
        errorCode: "no_eligible_model",
        failureClass: "bad_request",
        modelId: null,
        usage: null,
        costNanoUsd: null,
        stream: true,
        durationMs: 2,
        decision: null,
        attempts: [],
      });
      expect(await log.get(requestIdOf(2))).toBeNull();
    });

    test("a repeated batch writes nothing twice, also when it overlaps with new facts", async () => {
      const { log } = await setUp();
      const facts = [buildFact(1), buildFact(2), buildFact(3)];
      expect(await log.insertFinished(facts.slice(0, 2))).toBe(2);
      expect(await log.insertFinished(facts)).toBe(1);
      expect(await log.insertFinished([...facts, buildFact(4), buildFact(4)])).toBe(1);
      expect(await log.insertFinished([])).toBe(0);
      expect(await log.list({ tenantId: null, limit: 10 })).toHaveLength(4);
    });

    test("a request has one row, whatever event reports it: the first one counts", async () => {
      const { log } = await setUp();
      await log.insertFinished([buildFact(1)]);
      expect(await log.insertFinished([buildFact(1, { eventId: "evt_other", tenantId: "other" })])).toBe(0);
      expect((await log.get(requestIdOf(1)))?.tenantId).toBe("tenant-a");
    });

    test("two recorders with the same batch at once write it once", async () => {
      const { log } = await setUp();
      const facts = Array.from({ length: 250 }, (_, index) => buildFact(index));
      const counts = await Promise.all([log.insertFinished(facts), log.insertFinished(facts)]);
      expect(counts[0] + counts[1]).toBe(250);
      expect(await log.list({ tenantId: null, limit: 1_000 })).toHaveLength(250);
    });

    test("hostile text cannot hold up the recorder", async () => {
      const { log } = await setUp();
      const requestedModel = `a\0b\uD800${"x".repeat(5_000)}`;
      const warnings = ["nul \0 and half a pair \uDC00", "'; drop table request_log; --"];
      expect(await log.insertFinished([buildFact(1, { requestedModel, result: { warnings } })])).toBe(1);
      const entry = await log.get(requestIdOf(1));
      expect(entry?.requestedModel?.startsWith("a\uFFFDb\uFFFDxxx")).toBe(true);
      expect(entry?.requestedModel).toHaveLength(1_000);
      expect(entry?.warnings).toEqual(warnings);
    });

    test("pages run from the newest to the oldest without gap or repetition, ties included", async () => {
      const { log } = await setUp();
      const facts = Array.from({ length: 25 }, (_, index) =>
        buildFact(index, {
          acceptedAtMs: 1_000 + Math.floor(index / 5),
          tenantId: index % 2 === 0 ? "tenant-a" : "tenant-b",
        }),
      );
      await log.insertFinished(facts);
      const walk = async (tenantId: string | null): Promise<string[]> => {
        const ids: string[] = [];
        let page = await log.list({ tenantId, limit: 4 });
        while (page.length > 0) {
          ids.push(...page.map(({ requestId }) => requestId));
          page = await log.list({ tenantId, limit: 4, before: page.at(-1) ?? null });
        }
        return ids;
      };
      const newestFirst = facts.map(({ result }) => result.requestId).toReversed();
      expect(await walk(null)).toEqual(newestFirst);
      expect(await walk("tenant-b")).toEqual(newestFirst.filter((_, index) => index % 2 === 1));
      expect(await walk("nobody")).toEqual([]);
    });

    test("S1-5: a page has the rows that pass all filters, newest first, and their number", async () => {
      const { log } = await setUp();
      const failure = {
        class: "transient",
        code: "provider_timeout",
        message: "No answer in time.",
        providerStatus: null,
        providerMessage: null,
        providerCode: null,
        retryAfterMs: null,
      } as const;
      await log.insertFinished([
        buildFact(1, { tenantId: "a", keyId: "key_1" }),
        buildFact(2, { tenantId: "a", keyId: null, result: { modelId: "m", providerId: "p" } }),
        buildFact(3, { tenantId: "b", requestedModel: "Org/Model", operation: "embeddings" }),
        buildFact(4, { result: { outcome: "failed", failure } }),
      ]);
      const numbers = async (filters: RequestLogFilters): Promise<number[]> => {
        const { items, total } = await log.page({ filters, limit: 10 });
        expect(total).toBe(items.length);
        return items.map(({ requestId }) => Number(requestId.slice(4)));
      };
      expect(await numbers({})).toEqual([4, 3, 2, 1]);
      expect(await numbers({ tenantId: "a" })).toEqual([2, 1]);
      expect(await numbers({ tenantId: "a", keyId: "key_1" })).toEqual([1]);
      expect(await numbers({ projectId: "prj_search", aliasId: "fast", routingMode: "normal" })).toHaveLength(
        4,
      );
      expect(await numbers({ modelId: "m" })).toEqual([2]);
      expect(await numbers({ providerId: "p" })).toEqual([2]);
      expect(await numbers({ outcome: "failed" })).toEqual([4]);
      expect(await numbers({ errorCode: "provider_timeout" })).toEqual([4]);
      expect(await numbers({ operation: "embeddings" })).toEqual([3]);
      expect(await numbers({ text: "org/m" })).toEqual([3]);
      expect(await numbers({ text: requestIdOf(2).slice(4) })).toEqual([2]);
      const { acceptedAtMs } = buildFact(2);
      expect(await numbers({ fromMs: acceptedAtMs, toMs: acceptedAtMs + 2 })).toEqual([3, 2]);
      const second = await log.page({ limit: 1, offset: 1, direction: "asc" });
      expect([second.total, second.items[0]?.requestId]).toEqual([4, requestIdOf(2)]);
    });

    test("why no model was found is kept with the request, and which key it came from", async () => {
      const { log } = await setUp();
      const refusal = {
        strategy: "cheapest",
        mode: "planning",
        catalogueVersion: 3,
        considered: [
          {
            modelId: "m",
            providerId: "p",
            outcome: "skipped",
            score: null,
            estimatedCostUsd: null,
            skipReason: "budget_exceeded",
            detail: "0.06 of 0.05 USD",
          },
        ],
        skippedByReason: { budget_exceeded: 1 },
      } as const;
      const fact = buildFact(1, {
        result: {
          decision: null,
          refusal: { ...refusal, considered: [...refusal.considered] },
          costUsd: null,
        },
      });
      await log.insertFinished([fact]);
      expect(await log.get(requestIdOf(1))).toMatchObject({
        refusal,
        decision: null,
        strategy: "cheapest",
        routingMode: "planning",
        aliasId: null,
        estimatedCostNanoUsd: null,
        costNanoUsd: null,
        keyId: "key_one",
        projectId: "prj_search",
      });
    });

    test("a transaction that is rolled back leaves no row", async () => {
      const { db, log } = await setUp();
      const work = db.transaction().execute(async (transaction) => {
        await createRequestLogRepository(transaction).insertFinished([buildFact(1)]);
        throw new Error("changed my mind");
      });
      await expect(work).rejects.toThrow("changed my mind");
      expect(await log.get(requestIdOf(1))).toBeNull();
    });
  });

  describe("call incidents", () => {
    test("an incident is kept once, with its usage", async () => {
      const { incidents } = await setUp();
      const usage = buildFact(1).result.usage;
      const facts = [buildIncident(2, { kind: "duplicate", usage }), buildIncident(1)];
      expect(await incidents.insertIncidents(facts)).toBe(2);
      expect(await incidents.insertIncidents(facts)).toBe(0);
      expect(await incidents.insertIncidents([])).toBe(0);
      expect(await incidents.listForRequest(requestIdOf(1))).toEqual([buildIncident(1), facts[0]]);
      expect(await incidents.listForRequest(requestIdOf(2))).toEqual([]);
    });
  });
});
