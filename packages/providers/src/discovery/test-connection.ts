import { existsSync } from "node:fs";
import type { CallFailure } from "@tokenhub/contracts";
import { askModels, type ModelsAnswer, type ProviderTarget } from "./ask-models.ts";
import { connectionCause, type ConnectionCause } from "./connection-cause.ts";

export type ConnectionTest =
  | {
      readonly kind: "connected";
      readonly modelCount: number;
      readonly durationMs: number;
      /** One sentence for a person. */
      readonly message: string;
    }
  | {
      readonly kind: "failed";
      readonly cause: ConnectionCause;
      readonly durationMs: number;
      /** One sentence for a person: what is wrong, and what to look at. */
      readonly message: string;
      /** A second sentence where the address itself is the likely mistake. */
      readonly hint: string | null;
      readonly failure: CallFailure;
    };

export interface ConnectionTestTarget extends ProviderTarget {
  /** Default: whether this process runs in a container, by the marks that container engines leave. */
  readonly runsInContainer?: boolean;
}

type FailedAnswer = Extract<ModelsAnswer, { kind: "failed" }>;

const containerMarks = ["/.dockerenv", "/run/.containerenv"];

/**
 * Tries a provider out: whether it can be reached, takes the key, and how many models it lists. Each cause of a failure has
 * its own sentence. Neither the key nor anything the provider said is in it. Never throws.
 */
export async function testConnection(target: ConnectionTestTarget): Promise<ConnectionTest> {
  const startedAtMs = performance.now();
  const answer = await askModels(target);
  const durationMs = Math.round(performance.now() - startedAtMs);
  if (answer.kind === "found") {
    const modelCount = answer.models.length;
    const models = modelCount === 1 ? "1 model" : `${modelCount} models`;
    return { kind: "connected", modelCount, durationMs, message: `Connected; the provider lists ${models}.` };
  }
  const cause = connectionCause(answer.failure, answer.networkCode);
  const message = describeCause(cause, { answer, target });
  const hint = containerHint(cause, { answer, target });
  return { kind: "failed", cause, durationMs, message, hint, failure: answer.failure };
}

interface Outcome {
  readonly answer: FailedAnswer;
  readonly target: ConnectionTestTarget;
}

function describeCause(cause: ConnectionCause, { answer, target }: Outcome): string {
  const host = hostOf(answer.endpoint);
  const status = answer.failure.providerStatus;
  const code = answer.networkCode ?? "no code";
  switch (cause) {
    case "dns":
      return `The name of ${host} cannot be resolved: check base_url and the name servers of this machine.`;
    case "refused":
      return `Nothing listens at ${host} (connection refused): check that the server runs and that the port is right.`;
    case "unreachable":
      return `There is no way to ${host} (${code}): check the network, the proxy and the firewall in between.`;
    case "tls":
      return `No TLS connection to ${host} can be made (${code}): check its certificate, or write http:// if it has none.`;
    case "timeout":
      return `${capitalised(host)} did not answer within ${(target.timeoutMs ?? 10_000) / 1_000} s.`;
    case "broken_connection":
      return `${capitalised(host)} closed the connection without an answer (${code}): check http against https in base_url.`;
    case "auth":
      return status === null
        ? answer.failure.message
        : `${capitalised(host)} was reached, but refused the key (HTTP ${status}).`;
    case "quota":
      return `${capitalised(host)} was reached, but the account has no quota or credit left.`;
    case "rate_limited":
      return `${capitalised(host)} was reached, but limits the rate of requests: try again in a moment.`;
    case "not_found":
      return `${capitalised(host)} was reached, but has no list of models at the expected path (HTTP ${status ?? "?"}): check base_url and type.`;
    case "bad_answer":
      return `${capitalised(host)} was reached, but its answer is no list of models: check base_url and type.`;
    case "provider_error":
      return `${capitalised(host)} was reached, but answered with an error (HTTP ${status ?? "?"}).`;
    case "cancelled":
      return "The test was cancelled.";
    case "configuration":
      return answer.failure.message;
  }
}

function containerHint(cause: ConnectionCause, { answer, target }: Outcome): string | null {
  if (cause !== "refused" && cause !== "unreachable") return null;
  if (!isLoopback(answer.endpoint)) return null;
  if (!(target.runsInContainer ?? containerMarks.some((path) => existsSync(path)))) return null;
  return "TokenHub runs in a container, where localhost is the container itself: use host.docker.internal for a server on the host, or the name of its service.";
}

function isLoopback(endpoint: string | null): boolean {
  if (endpoint === null || !URL.canParse(endpoint)) return false;
  return /^(?:localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)$/.test(
    new URL(endpoint).hostname,
  );
}

/** Without the rest of the address, which may hold a secret. */
function hostOf(endpoint: string | null): string {
  return endpoint !== null && URL.canParse(endpoint) ? new URL(endpoint).host : "the provider";
}

function capitalised(text: string): string {
  return text === "the provider" ? "The provider" : text;
}
