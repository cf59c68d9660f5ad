/** How the upstream answers: at once, or as slowly as a fast model does. */
export type UpstreamPace = "0ms" | "60ms";

/** One load shape: this many callers, each asking again as soon as it has its answer. */
export interface Scenario {
  /** E.g. `chat-c16-0ms`. */
  readonly id: string;
  readonly stream: boolean;
  readonly connections: number;
  readonly pace: UpstreamPace;
  /** The model to ask for; the upstream has a plan for each. */
  readonly model: string;
}

/** What the upstream does for a model, in the words of the mock's control API. */
export type UpstreamPlan = Readonly<Record<string, number>>;

/** Tokens of every answer; `questionsFor` makes questions whose echo has this length. */
export const answerTokens = 30;

/** A streamed answer at 60 ms also has a pace: 60 ms to the first token, then a token every 10 ms, 350 ms in all. */
export const upstreamPlans: Readonly<Record<string, UpstreamPlan>> = {
  "bench-chat-0ms": {},
  "bench-chat-60ms": { latencyMs: 60 },
  /** Longer than anything is watched: for runs that wait. */
  "bench-chat-60s": { latencyMs: 60_000 },
  "bench-stream-0ms": {},
  "bench-stream-60ms": { latencyMs: 60, tokensPerSecond: 100 },
};

const connectionCounts = [1, 16, 32, 64];
const paces: readonly UpstreamPace[] = ["0ms", "60ms"];

/** The whole matrix: streaming or not, upstream latency, callers. */
export const scenarios: readonly Scenario[] = [false, true].flatMap((stream) =>
  paces.flatMap((pace) => connectionCounts.map((connections) => scenarioOf({ stream, connections, pace }))),
);

/** The scenarios that a goal is about. */
export const goalScenarioIds = [
  "chat-c1-0ms",
  "chat-c16-0ms",
  "chat-c64-0ms",
  "chat-c32-60ms",
  "stream-c16-0ms",
] as const;

export type FoundScenarios =
  | { readonly kind: "found"; readonly scenarios: Scenario[] }
  | { readonly kind: "unknown"; readonly id: string };

/** The scenarios of these ids in the order of the matrix, or the first id that is none. */
export function findScenarios(ids: readonly string[]): FoundScenarios {
  const unknown = ids.find((id) => !scenarios.some((scenario) => scenario.id === id));
  if (unknown !== undefined) return { kind: "unknown", id: unknown };
  return { kind: "found", scenarios: scenarios.filter(({ id }) => ids.includes(id)) };
}

function scenarioOf(shape: Pick<Scenario, "stream" | "connections" | "pace">): Scenario {
  const kind = shape.stream ? "stream" : "chat";
  return {
    ...shape,
    id: `${kind}-c${shape.connections}-${shape.pace}`,
    model: `bench-${kind}-${shape.pace}`,
  };
}
