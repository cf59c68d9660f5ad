import { z } from "zod";
import { callFailureSchema } from "./failure.ts";
import { laneSchema } from "./jobs.ts";
import { finishReasonSchema } from "./result.ts";
import { routingFeaturesSchema, routingModeSchema } from "./routing.ts";
import { usageSchema } from "./usage.ts";

/**
 * An orchestration: one request of a caller that takes several model calls. Its input never changes; its state is saved with
 * compare-and-set by the orchestrator workers. Each model call is an ordinary request of its own, whose id follows from the
 * run, the call and the attempt.
 */

/** How the model of one role is found. */
export const modelWishSchema = z.object({
  /** Model id or alias; null: the router picks. */
  modelId: z.string().nullable(),
  /** Whether the router may take another one when the pinned model cannot be used; ignored without one. */
  allowFallback: z.boolean(),
  minWeight: z.number().nonnegative().nullable(),
});
export type ModelWish = z.infer<typeof modelWishSchema>;

export const runSettingsSchema = z.object({
  /** Name and version of the mode; a run is finished by the version it began with. */
  mode: z.string(),
  modeVersion: z.number().int().positive(),
  /** Rounds of critique and refinement, or of self-improvement; 0 where a mode has none. */
  rounds: z.number().int().nonnegative(),
  /** Voters of `vote`, already capped to the models that can take part; 0 elsewhere. */
  voters: z.number().int().nonnegative(),
  /** `adversarial`: stop after the plan. */
  planOnly: z.boolean(),
  /** `adversarial`: false stops after the first critique. */
  refines: z.boolean(),
  /** `adversarial`, `refine`: stop as soon as the reviewer has nothing left to ask for. */
  stopsWhenAccepted: z.boolean(),
  /** Planner, voters, writer. */
  primary: modelWishSchema,
  /** Critic, judge. */
  review: modelWishSchema,
  /** Whatever a mode of the operator's own takes beyond these. */
  options: z.record(z.string(), z.json()),
});
export type RunSettings = z.infer<typeof runSettingsSchema>;

/** Everything a run was started with; written once. */
export const runInputSchema = z.object({
  v: z.literal(1),
  runId: z.string().regex(/^run_[0-9a-z]{16,64}$/),
  /** The caller's request that the run answers; its result is stored under this id. */
  requestId: z.string(),
  tenantId: z.string(),
  projectId: z.string().nullable(),
  keyId: z.string().nullable(),
  lane: laneSchema,
  traceparent: z.string().nullable(),
  acceptedAtMs: z.number(),
  deadlineAtMs: z.number(),
  /** Longest time one call may take, in milliseconds. */
  callTimeoutMs: z.number().positive(),
  replyTo: z.string().nullable(),
  settings: runSettingsSchema,
  /** Prompt texts by name as they were when the run began, the operator's own among them. */
  templates: z.record(z.string(), z.string()),
  /** The conversation in the OpenAI chat format, with the caller's parameters, without `model` and `stream`. */
  bodyText: z.string(),
  /** Of the caller's request; each call's features derive from them. */
  features: routingFeaturesSchema,
  /** US dollars all calls together may cost; null: no limit. */
  maxCostUsd: z.number().nonnegative().nullable(),
  /** What the calls cost at most, as it was estimated at the start; null when a price is unknown. */
  worstCaseCostUsd: z.number().nonnegative().nullable(),
  /** Calls stream, so that followers see deltas. */
  streamsCalls: z.boolean(),
});
export type RunInput = z.infer<typeof runInputSchema>;

/** A piece of text a prompt is filled with: a literal, or the answer of an earlier call. */
export const promptValueSchema = z.union([
  z.object({ text: z.string() }),
  z.object({ answerOf: z.string() }),
]);
export type PromptValue = z.infer<typeof promptValueSchema>;

/** What one model call is to do. */
export const callSpecSchema = z.object({
  /** `<phase>.<number>`, e.g. `critique.2`; unique in the run. */
  callId: z.string().regex(/^[a-z][a-z0-9-]{0,30}\.\d{1,3}$/),
  phase: z.string(),
  /** `planner`, `critic`, `voter`, `judge`, `writer` or a mode's own. */
  role: z.string(),
  /** Name of the template put in front as a system message; null: none. */
  system: z.string().nullable(),
  /** What is asked after the conversation, as a user message; null: nothing, the conversation as it is. */
  ask: z.object({ template: z.string(), values: z.record(z.string(), promptValueSchema) }).nullable(),
  /** Whether the caller's tools, `response_format` and the like reach this call. */
  carriesTools: z.boolean(),
  carriesParameters: z.boolean(),
  model: modelWishSchema.extend({
    /** Models and providers of calls this one is to differ from where there is a choice. */
    avoidModelIds: z.array(z.string()),
    avoidProviderIds: z.array(z.string()),
    /** Takes the n-th of the models that differ from each other, 0 the best: for calls that run side by side. */
    rank: z.number().int().nonnegative(),
    /** How many run side by side; absent: this one alone. */
    ranks: z.number().int().positive().optional(),
  }),
  routingMode: routingModeSchema,
  maxOutputTokens: z.number().int().positive().nullable(),
  temperature: z.number().nonnegative().nullable(),
});
export type CallSpec = z.infer<typeof callSpecSchema>;

export const callOutcomeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("answered"),
    text: z.string(),
    /** The answer's tool calls in the OpenAI chat format; null: none. */
    toolCalls: z.array(z.json()).nullable(),
    finishReason: finishReasonSchema,
    modelId: z.string(),
    providerId: z.string(),
    usage: usageSchema.nullable(),
    costUsd: z.number().nonnegative().nullable(),
    finishedAtMs: z.number(),
  }),
  z.object({
    kind: z.literal("failed"),
    failure: callFailureSchema,
    modelId: z.string().nullable(),
    providerId: z.string().nullable(),
    usage: usageSchema.nullable(),
    costUsd: z.number().nonnegative().nullable(),
    finishedAtMs: z.number(),
  }),
]);
export type CallOutcome = z.infer<typeof callOutcomeSchema>;

export const runCallSchema = z.object({
  spec: callSpecSchema,
  /** 1, one more for each retry of the run. */
  attempt: z.number().int().positive(),
  requestId: z.string(),
  startedAtMs: z.number(),
  deadlineAtMs: z.number(),
  outcome: callOutcomeSchema.nullable(),
});
export type RunCall = z.infer<typeof runCallSchema>;

/** How a run ended. `artefacts` is what the mode shows of its phases, in the public names. */
export const runOutcomeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("succeeded"),
    text: z.string(),
    toolCalls: z.array(z.json()).nullable(),
    /** The call whose answer is the final one. */
    callId: z.string(),
    /** Header-safe, e.g. `adversarial-orchestration`. */
    reason: z.string(),
    artefacts: z.record(z.string(), z.json()),
  }),
  z.object({
    kind: z.literal("failed"),
    failure: callFailureSchema,
    /** The call that could not be done without; null when none is to blame. */
    callId: z.string().nullable(),
    artefacts: z.record(z.string(), z.json()),
  }),
  z.object({ kind: z.literal("cancelled"), artefacts: z.record(z.string(), z.json()) }),
]);
export type RunOutcome = z.infer<typeof runOutcomeSchema>;

export const runStateSchema = z.object({
  v: z.literal(1),
  /** 1 at the start, one more for every retry of the run. */
  attempt: z.number().int().positive(),
  /** In the order in which they were begun; those of earlier attempts that failed are kept in `pastCalls`. */
  calls: z.array(runCallSchema),
  pastCalls: z.array(runCallSchema),
  outcome: runOutcomeSchema.nullable(),
  finishedAtMs: z.number().nullable(),
});
export type RunState = z.infer<typeof runStateSchema>;

/** What a run tells those who follow it, in order, numbered by the store from 1. */
export const runEventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("phase_started"),
    atMs: z.number(),
    callId: z.string(),
    phase: z.string(),
    role: z.string(),
    attempt: z.number().int(),
    requestId: z.string(),
  }),
  z.object({
    type: z.literal("phase_finished"),
    atMs: z.number(),
    callId: z.string(),
    phase: z.string(),
    role: z.string(),
    attempt: z.number().int(),
    requestId: z.string(),
    outcome: callOutcomeSchema,
  }),
  /** Something the mode settled, e.g. which vote won or that the critic accepted. */
  z.object({
    type: z.literal("decision"),
    atMs: z.number(),
    decision: z.record(z.string(), z.json()),
  }),
  z.object({ type: z.literal("done"), atMs: z.number(), outcome: runOutcomeSchema }),
]);
export type RunEvent = z.infer<typeof runEventSchema>;
