/**
 * Names of OpenTelemetry's GenAI conventions, kept here because the constants of its own package are deprecated. Attributes
 * that hold messages are left out on purpose: a trace shows what a request was, never what it said.
 */
export const genAi = {
  operationName: "gen_ai.operation.name",
  providerName: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  requestMaxTokens: "gen_ai.request.max_tokens",
  requestStream: "gen_ai.request.stream",
  responseModel: "gen_ai.response.model",
  responseFinishReasons: "gen_ai.response.finish_reasons",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  cacheReadInputTokens: "gen_ai.usage.cache_read.input_tokens",
  cacheCreationInputTokens: "gen_ai.usage.cache_creation.input_tokens",
  reasoningOutputTokens: "gen_ai.usage.reasoning.output_tokens",
} as const;

/** Names of TokenHub's own. */
export const spanFacts = {
  requestId: "tokenhub.request_id",
  round: "tokenhub.round",
  attempts: "tokenhub.attempts",
  mode: "tokenhub.mode",
  strategy: "tokenhub.strategy",
  provider: "tokenhub.provider",
  model: "tokenhub.model",
  reason: "tokenhub.reason",
  jobOutcome: "tokenhub.job.outcome",
  reaction: "tokenhub.reaction",
  timeToFirstTokenMs: "tokenhub.time_to_first_token_ms",
  errorType: "error.type",
  httpMethod: "http.request.method",
  httpStatus: "http.response.status_code",
  urlPath: "url.path",
} as const;
