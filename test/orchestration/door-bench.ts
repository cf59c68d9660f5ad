import type { TestNetwork } from "@tokenhub/testkit";
import { postJson, type JsonAnswer } from "../doors/post-json.ts";

/** What an upstream was asked, as far as the doors' tests look at it. */
export interface UpstreamCall {
  readonly model: string;
  readonly maxTokens: unknown;
  readonly temperature: unknown;
  /** Everything in it that a model reads. */
  readonly text: string;
}

/** The calls that the upstreams got, in the order in which they came. */
export function upstreamCalls({ mock }: Pick<TestNetwork, "mock">): UpstreamCall[] {
  return mock.calls().map(({ body }) => {
    const { model, max_tokens, max_completion_tokens, temperature, system, messages } = body as Record<
      string,
      unknown
    >;
    return {
      model: String(model),
      maxTokens: max_tokens ?? max_completion_tokens,
      temperature,
      text: JSON.stringify([system, messages]),
    };
  });
}

/** Names of the upstream models that were called, in order. */
export const calledModels = (network: Pick<TestNetwork, "mock">): string[] =>
  upstreamCalls(network).map(({ model }) => model);

export interface NativeRun {
  readonly content?: string;
  readonly request?: Record<string, unknown>;
  readonly orchestration?: Record<string, unknown>;
  readonly rest?: Record<string, unknown>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks `/v1/plan`. */
export function plan(
  network: Pick<TestNetwork, "url">,
  { content = "Design a system", request = {}, orchestration, rest = {}, headers = {} }: NativeRun,
): Promise<JsonAnswer> {
  return postJson(network, "/v1/plan", {
    body: {
      request: { messages: [{ role: "user", content }], ...request },
      ...(orchestration === undefined ? {} : { orchestration }),
      ...rest,
    },
    headers,
  });
}

export interface ShownPhase {
  readonly id: string;
  readonly role: string;
  readonly status: string;
  readonly model: string | null;
  readonly output: string | null;
  readonly error: { readonly code: string } | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
}

/** The phases of the run that an error or an answer shows. */
export function phasesOf(holder: unknown): readonly ShownPhase[] {
  return (holder as { readonly run: { readonly phases: readonly ShownPhase[] } }).run.phases;
}

/** The part of each model in a run whose parts are all named. */
export const cast = { primary_model_id: "gpt-test", review_model_id: "claude-test" } as const;
