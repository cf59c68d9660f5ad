import type { Watchdog } from "../../scripts/start/watchdog.ts";
import type { RequestShape } from "../load/load-plan.ts";
import type { TargetName } from "../options.ts";

/** What every target needs to start. */
export interface TargetContext {
  /** The repository's folder. */
  readonly root: string;
  /** An empty folder for data and logs; removed at the end. */
  readonly workFolder: string;
  /** Without a slash at the end. */
  readonly upstreamUrl: string;
  readonly watchdog: Watchdog;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Something that answers chat requests from the upstream. Disposing of it ends all its processes. */
export interface Target extends AsyncDisposable {
  readonly name: TargetName;
  /** One line for the report: version and settings that matter. */
  readonly description: string;
  readonly request: RequestShape;
  /** All processes whose time and memory count. */
  readonly processes: readonly TargetProcess[];
}

interface TargetProcess {
  readonly name: string;
  readonly pid: number;
}

/** Starts a target; `unavailable` when something outside the repository is missing. */
export type StartTarget = (context: TargetContext) => Promise<StartedTarget>;

export type StartedTarget =
  | { readonly kind: "started"; readonly target: Target }
  | { readonly kind: "unavailable"; readonly reason: string };

export const chatPath = "/v1/chat/completions";
