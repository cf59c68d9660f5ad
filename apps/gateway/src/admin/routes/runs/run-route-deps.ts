import type { Database } from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import type { RunControlDeps } from "../../../orchestration/run-control.ts";

export interface RunRouteDeps {
  readonly db: Database["db"];
  readonly control: RunControlDeps;
  readonly keyNames: KeyNames;
  /** @throws TokenHubError `model_not_found` */
  readonly requireModel: (name: string | null) => void;
  readonly now: () => number;
}
