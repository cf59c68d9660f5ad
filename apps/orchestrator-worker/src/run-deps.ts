import type { Keyspace } from "@tokenhub/contracts";
import type { CallLedger, RunStore } from "@tokenhub/ledger";
import type { ModeRegistry } from "@tokenhub/orchestration";
import type { JobProducer } from "@tokenhub/queue";
import type { Redis } from "ioredis";
import type { RunEvents } from "./events.ts";

/** What driving a run needs; every effect on the world is one of these. */
export interface RunDeps {
  readonly runs: Pick<RunStore, "load" | "save" | "settle">;
  readonly modes: Pick<ModeRegistry, "find">;
  readonly ledger: Pick<CallLedger, "commit">;
  readonly producer: Pick<JobProducer, "addRoute">;
  readonly redis: Pick<Redis, "mget" | "xrange" | "exists" | "set">;
  readonly keyspace: Keyspace;
  /** Stops a call wherever it is; may be called again. */
  readonly cancelCall: (requestId: string) => Promise<void>;
  readonly events: RunEvents;
  readonly now: () => number;
  /** After how long a run that waits is looked at without any news. */
  readonly repairAfterMs: number;
}
