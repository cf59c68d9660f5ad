import type { CallLedger } from "@tokenhub/ledger";
import type { ProviderClient } from "@tokenhub/providers";
import type { JobProducer } from "@tokenhub/queue";
import type { RecoveryPolicy } from "@tokenhub/resilience";
import type { CallEvents } from "./events.ts";
import type { CallTarget } from "./handlers/execute-call.ts";
import type { KeyFinder } from "./keys/key-finder.ts";
import type { RunningCalls } from "./running-calls.ts";

/** What making a call needs; composed once per process. */
export interface CallDeps {
  readonly ledger: CallLedger;
  readonly producer: Pick<JobProducer, "addRoute" | "addOrchestrate">;
  readonly client: ProviderClient;
  readonly running: RunningCalls;
  readonly policy: RecoveryPolicy;
  readonly events: CallEvents;
  /** Null when the catalogue no longer has the candidate, or has it disabled. */
  readonly findTarget: (candidate: { modelId: string; providerId: string }) => CallTarget | null;
  readonly keys: Pick<KeyFinder, "find">;
  readonly leaseMs: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (durationMs: number) => Promise<void>;
  readonly newToken: () => string;
}
