/** What a provider's own words say about a failure, for classification only. All texts are lower case. */
export interface FailureWords {
  /** The machine-readable code and type. */
  readonly names: readonly string[];
  readonly message: string;
}

/** More than any provider's message; a plain-text body may be far longer. */
const readLength = 4_000;

const overflowNames = new Set([
  "context_length_exceeded",
  "context_window_exceeded",
  "model_context_window_exceeded",
  "exceed_context_size_error",
  "context_overflow",
  "prompt_too_long",
  "tokens_limit_reached",
]);

const overflowPhrases = [
  "context_length",
  "context length",
  "context window",
  "context_window",
  "context size",
  "context limit",
  "maximum context",
  "prompt is too long",
  "prompt_too_long",
  "prompt too long",
  "input is too long",
  "too many tokens",
  "token limit",
  "maximum number of tokens",
  "reduce the length of the messages",
  "`inputs` must have less than",
  "`inputs` tokens + `max_new_tokens`",
];

const quotaNames = new Set([
  "insufficient_quota",
  "billing_error",
  "billing_not_active",
  "billing_hard_limit_reached",
  "budget_exceeded",
]);

const quotaPhrases = [
  "exceeded your current quota",
  "insufficient_quota",
  "insufficient quota",
  "credit balance is too low",
  "insufficient credit",
  "insufficient balance",
  "insufficient funds",
  "budget has been exceeded",
  "budget_exceeded",
  "billing hard limit",
];

/** Words of limits that refill by themselves; some providers print the quota sentence for those as well. */
const refillNames = new Set(["rate_limit_exceeded", "rate_limit_error", "requests", "tokens"]);
const refillPhrases = [
  "per minute",
  "per second",
  "per day",
  "perminute",
  "perday",
  "try again in",
  "retry in",
];

/** Gathers the words of an answer. */
export function failureWords(answer: {
  code: string | null;
  type: string | null;
  message: string | null;
}): FailureWords {
  const names = [answer.code, answer.type].flatMap((name) => (name === null ? [] : [name.toLowerCase()]));
  return { names, message: (answer.message ?? "").slice(0, readLength).toLowerCase() };
}

/** True when the provider names a context overflow by code. */
export function namesOverflow(words: FailureWords): boolean {
  return words.names.some((name) => overflowNames.has(name));
}

/** True when the provider's sentence describes a context overflow. */
export function tellsOverflow({ message }: FailureWords): boolean {
  if (overflowPhrases.some((phrase) => message.includes(phrase))) return true;
  return message.includes("max_tokens") && message.includes("too large");
}

/** True when the provider's code or type says that the account has nothing left to spend. */
export function namesQuota(words: FailureWords): boolean {
  return words.names.some((name) => quotaNames.has(name));
}

/** True when the sentence says so, and neither code nor sentence speaks of a limit that refills. */
export function tellsQuota({ names, message }: FailureWords): boolean {
  if (names.some((name) => refillNames.has(name))) return false;
  if (refillPhrases.some((phrase) => message.includes(phrase))) return false;
  return quotaPhrases.some((phrase) => message.includes(phrase));
}

/** True when the provider does not know the model, or does not let this account use it. */
export function namesUnknownModel(words: FailureWords): boolean {
  return words.names.includes("model_not_found");
}
