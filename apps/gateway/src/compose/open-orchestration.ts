import { ConfigError, useOperatorModules } from "@tokenhub/config";
import { createRunStore } from "@tokenhub/ledger";
import { collectModes, resolveTemplates, type RunMode } from "@tokenhub/orchestration";
import { createRunRepository } from "@tokenhub/persistence";
import type { JobProducer } from "@tokenhub/queue";
import type { Admission } from "../admission/admission.ts";
import type { GatewayConfig } from "../config.ts";
import { createRunChannels } from "../orchestration/follow-channels.ts";
import { createFollowers } from "../orchestration/follow-stream.ts";
import { cancelRun } from "../orchestration/run-control.ts";
import type { Canceller } from "../sync/cancel-request.ts";
import type { CatalogueParts } from "./open-catalogue.ts";
import type { Foundation } from "./open-foundation.ts";

export interface OrchestrationParts {
  readonly foundation: Foundation;
  readonly config: Pick<GatewayConfig, "modeModules" | "callTimeoutMs" | "templates">;
  readonly catalogue: CatalogueParts["catalogue"];
  readonly admission: Pick<Admission, "permittedModels">;
  readonly producer: Pick<JobProducer, "addOrchestrate">;
  readonly cancel: Canceller;
}

/** A call that says nothing for so long is given up, whatever its provider's own time-outs add up to. */
const defaultCallTimeoutMs = 300_000;

/**
 * What begins orchestrations, looks at them, follows and cancels them.
 * @throws ConfigError for a module that is no mode, and for an operator's prompt that does not fit its mode.
 */
export async function openOrchestration(stack: AsyncDisposableStack, parts: OrchestrationParts) {
  const { foundation, config, catalogue, admission, producer, cancel } = parts;
  const { redis, subscriber, keyspace, db, now, events } = foundation;
  const onError = events.redisTrouble;
  const collection = collectModes();
  await useOperatorModules(config.modeModules ?? [], {
    setting: "TOKENHUB_ORCHESTRATION_MODES",
    baseDirectory: ".",
    use: collection.add,
  });
  const modes = collection.registry();
  const templatesOf = createTemplates(modes.latest(), config.templates ?? {});
  const runs = createRunStore(redis, keyspace);
  const records = createRunRepository(db);
  const channels = stack.use(createRunChannels({ subscriber, keyspace, onError }));
  const control = { runs, records, modes, producer, redis, keyspace, now };
  return {
    modes,
    runs,
    records,
    planning: {
      modes,
      templatesOf,
      index: catalogue.index,
      requireModel: catalogue.requireModel,
      admission,
      callTimeoutMs: config.callTimeoutMs ?? defaultCallTimeoutMs,
      now,
    },
    submit: { runs, producer, cancel, now },
    followers: stack.use(createFollowers({ runs, records, channels, reader: redis, keyspace, onError })),
    cancelRun: (runId: string) => cancelRun(control, runId),
  };
}

/** @param overrides the operator's own prompts, by mode and name. */
function createTemplates(
  modes: readonly RunMode[],
  overrides: Readonly<Record<string, Readonly<Record<string, string>>>>,
): (mode: RunMode) => Record<string, string> {
  const resolved = new Map<string, Record<string, string>>();
  for (const mode of modes) {
    const resolution = resolveTemplates(mode, overrides[mode.name]);
    if (resolution.kind === "invalid") throw new ConfigError(resolution.message);
    resolved.set(mode.name, resolution.templates);
  }
  return (mode) => ({ ...resolved.get(mode.name) });
}
