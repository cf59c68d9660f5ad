import { routingPolicySchema, type RunInput, type RunSettings } from "@tokenhub/contracts";
import { defaultSettings, modeRegistry, type RunMode } from "@tokenhub/orchestration";
import { randomUUID } from "node:crypto";

export interface RunOptions {
  readonly mode: string;
  readonly settings?: Partial<RunSettings>;
  readonly input?: Partial<RunInput>;
  readonly question?: string;
  /** The models that may be used; default: all. */
  readonly allowedModelIds?: readonly string[];
  /** Modes of the operator's own, among which the mode is looked for too. */
  readonly customModes?: readonly RunMode[];
}

/** What a door would begin a run with; its ids are new each time. */
export function buildRunInput(options: RunOptions): RunInput {
  const { mode, settings = {}, input = {}, question = "How?", allowedModelIds, customModes } = options;
  const known = modeRegistry(customModes).find(mode);
  if (known === null) throw new Error(`there is no mode ${mode}`);
  const normal = known.normalise({ ...defaultSettings(known), ...settings });
  if (normal.kind === "invalid") throw new Error(normal.message);
  const id = randomUUID().replaceAll("-", "");
  const nowMs = Date.now();
  return {
    v: 1,
    runId: `run_${id}`,
    requestId: `req_${id}`,
    tenantId: "tenant",
    projectId: null,
    keyId: null,
    lane: "interactive",
    traceparent: null,
    acceptedAtMs: nowMs,
    deadlineAtMs: nowMs + 60_000,
    callTimeoutMs: 20_000,
    replyTo: null,
    settings: normal.settings,
    templates: { ...known.templates },
    bodyText: JSON.stringify({ messages: [{ role: "user", content: question }] }),
    features: {
      operation: "chat",
      wireFormat: "openai-chat",
      stream: false,
      requestedModel: null,
      estimatedInputTokens: 10,
      maxOutputTokens: null,
      needs: [],
      allowedModelIds: allowedModelIds === undefined ? null : [...allowedModelIds],
      policy: routingPolicySchema.parse({}),
    },
    maxCostUsd: null,
    worstCaseCostUsd: null,
    streamsCalls: false,
    ...input,
  };
}
