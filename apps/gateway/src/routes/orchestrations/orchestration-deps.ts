import type { RunRepository } from "@tokenhub/persistence";
import type { Admission } from "../../admission/admission.ts";
import type { Followers } from "../../orchestration/follow-stream.ts";
import type { InFlightGate } from "../../sync/in-flight-gate.ts";
import type { CancelDeps } from "./cancel-and-wait.ts";
import type { CreateRunDeps } from "./create-run.ts";

/** What the native door needs. */
export interface OrchestrationDeps extends CreateRunDeps, CancelDeps {
  readonly admission: Pick<
    Admission,
    "authenticate" | "requireScope" | "admit" | "permittedModels" | "reserve"
  >;
  readonly records: Pick<RunRepository, "get" | "page">;
  readonly followers: Followers;
  readonly gate: Pick<InFlightGate, "enter">;
  readonly maxBodyBytes: number;
}
