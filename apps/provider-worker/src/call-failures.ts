import type { CallFailure, CallJob, ErrorCode, FailureClass } from "@tokenhub/contracts";

type LocalFailure =
  | "candidate_gone"
  | "cancelled"
  | "deadline"
  | "body_lost"
  | "breaker_open"
  | "throttled"
  | "stream_interrupted"
  | "missing_key"
  | "vault_locked"
  | "unreadable_key"
  | "no_answer"
  | "untranslatable"
  | "translation_broke"
  | "given_up";

const rows: Record<
  LocalFailure,
  { class: FailureClass; code: ErrorCode; message: (providerId: string, modelId: string) => string }
> = {
  candidate_gone: {
    class: "fatal",
    code: "provider_unavailable",
    message: (providerId, modelId) =>
      `Model ${modelId} of provider ${providerId} was removed or disabled while the request was queued.`,
  },
  cancelled: { class: "cancelled", code: "cancelled", message: () => "The request was cancelled." },
  deadline: {
    class: "deadline",
    code: "deadline_exceeded",
    message: (providerId) =>
      `The request's deadline passed while provider ${providerId} was working on it. Send it again with a longer timeout.`,
  },
  body_lost: {
    class: "fatal",
    code: "queue_unavailable",
    message: () =>
      "The stored request was gone before its call could be made. Nothing was called; send the request again.",
  },
  breaker_open: {
    class: "transient",
    code: "provider_unavailable",
    message: (providerId) =>
      `Provider ${providerId} failed several times in a row and is not called for the moment.`,
  },
  throttled: {
    class: "rate_limited",
    code: "provider_rate_limited",
    message: (providerId) =>
      `The requests to provider ${providerId} are limited, and this one's turn would come after its deadline. Send it again later or with a longer timeout.`,
  },
  stream_interrupted: {
    class: "fatal",
    code: "stream_interrupted",
    message: (providerId) =>
      `The stream from provider ${providerId} broke off after its first tokens were delivered. It is not repeated by itself; send the request again.`,
  },
  missing_key: {
    class: "auth",
    code: "provider_auth_failed",
    message: (providerId) =>
      `No API key is configured for provider ${providerId}. Set ${providerId.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_API_KEY for the provider worker.`,
  },
  vault_locked: {
    class: "auth",
    code: "vault_locked",
    message: (providerId) =>
      `The API key of provider ${providerId} is in the vault, and the vault is locked. An administrator has to unlock it; nothing was called.`,
  },
  unreadable_key: {
    class: "auth",
    code: "provider_auth_failed",
    message: (providerId) =>
      `The API key of provider ${providerId} is in the vault, which this provider worker cannot open. Give it the cluster secret of the gateways (TOKENHUB_CLUSTER_SECRET); nothing was called.`,
  },
  // Paid once already, and not likely to be better the next time: another candidate, not the same one again.
  no_answer: {
    class: "fatal",
    code: "provider_bad_response",
    message: (providerId, modelId) =>
      `Provider ${providerId} answered for model ${modelId} with JSON that is no answer of its format. Check its base URL and type.`,
  },
  // No mark on the provider, and no other try: whatever breaks here breaks again.
  translation_broke: {
    class: "bad_request",
    code: "internal_error",
    message: (providerId) =>
      `TokenHub failed to express the request in the format of provider ${providerId}. Nothing was called; quote the request id to the operator.`,
  },
  given_up: {
    class: "fatal",
    code: "internal_error",
    message: (providerId) =>
      `TokenHub gave the request up after its job for provider ${providerId} failed on every attempt. Quote the request id to the operator.`,
  },
  untranslatable: {
    class: "bad_request",
    code: "invalid_request",
    message: (providerId) => `The request cannot be expressed in the format of provider ${providerId}.`,
  },
};

/** A failure that arose here rather than at the provider. */
export function failureOf(kind: LocalFailure, job: CallJob): CallFailure {
  const row = rows[kind];
  const { providerId, modelId } = job.decision.chosen;
  return {
    class: row.class,
    code: row.code,
    message: row.message(providerId, modelId),
    providerStatus: null,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  };
}
