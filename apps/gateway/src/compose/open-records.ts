import { openInsight } from "../insight/open-insight.ts";
import { startRecorder } from "../recorder/recorder.ts";
import type { CatalogueParts } from "./open-catalogue.ts";
import type { Foundation } from "./open-foundation.ts";
import type { Webhooks } from "./open-webhooks.ts";

/** Starts what turns facts into rows and rows into insight. */
export async function openRecords(
  stack: AsyncDisposableStack,
  {
    foundation,
    catalogue,
    routingSettings,
    webhooks,
    keptAnswerBytes,
    halfLifeMs,
  }: {
    readonly foundation: Foundation;
    readonly catalogue: CatalogueParts["catalogue"];
    readonly routingSettings: CatalogueParts["routingSettings"];
    readonly webhooks: Pick<Webhooks, "recording">;
    /** Of all jobs together. */
    readonly keptAnswerBytes: number;
    readonly halfLifeMs: number | undefined;
  },
) {
  const { product, db, redis, subscriber, factReader, keyspace, gatewayId, events, logger, now } = foundation;
  const insight = stack.use(
    await openInsight({
      db,
      redis,
      subscriber,
      keyspace,
      gatewayId,
      catalogue,
      retention: () => product.retention,
      keptAnswerBytes,
      routing: () => routingSettings.current().values,
      now,
      random: Math.random,
      webhooks: webhooks.recording,
      onCleaned: events.cleaned,
      onError: events.insightTrouble,
      ...(halfLifeMs === undefined ? {} : { halfLifeMs }),
    }),
  );
  stack.use(
    await startRecorder({
      redis: factReader,
      keyspace,
      store: events.watchFacts(insight.facts),
      consumerName: gatewayId,
      onRecorded: events.recorded,
      onSetAside: events.setAside,
      onError: (error) =>
        logger.error({ err: error }, "facts could not be recorded; they stay in Redis and are tried again"),
    }),
  );
  return insight;
}
