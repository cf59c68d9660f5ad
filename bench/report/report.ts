import type { GoalOutcome } from "../goals.ts";
import type { Cell } from "../measure/cell.ts";
import type { RoutingResult } from "../measure/measure-routing.ts";
import type { ServiceStartUp } from "../measure/measure-start-up.ts";
import type { Summary } from "../measure/summarise.ts";
import type { TargetName } from "../options.ts";
import type { Machine, Versions } from "./machine.ts";

/** Everything a run has found: the content of `latest.json`. */
export interface Report {
  readonly v: 1;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationS: number;
  readonly machine: Machine;
  readonly versions: Versions;
  readonly settings: {
    readonly isQuick: boolean;
    readonly rounds: number;
    readonly measureMs: number;
    readonly warmUpMs: number;
  };
  readonly targets: readonly { readonly name: TargetName; readonly description: string }[];
  /** Targets that could not be measured, and whatever else a reader has to know; one sentence each. */
  readonly remarks: readonly string[];
  readonly loadAverages: readonly number[];
  readonly goals: readonly GoalOutcome[];
  readonly idleRssMb: Readonly<Partial<Record<TargetName, number>>>;
  readonly summaries: readonly Summary[];
  readonly routing: RoutingResult | null;
  readonly startUp: readonly ServiceStartUp[] | null;
  readonly cells: readonly Cell[];
}
