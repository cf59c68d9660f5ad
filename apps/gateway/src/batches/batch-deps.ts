import type { BatchRepository, Database, FileRepository } from "@tokenhub/persistence";
import type { Admission } from "../admission/admission.ts";
import type { BudgetGuard } from "../admission/budget-guard.ts";
import type { BatchService } from "./batch-service.ts";
import type { InputChecker } from "./input-checker.ts";

/** What the routes of files and batches need. */
export interface BatchDeps {
  readonly admission: Pick<Admission, "authenticate" | "requireScope" | "admit">;
  readonly budgets: Pick<BudgetGuard, "reserve">;
  readonly db: Database["db"];
  readonly files: FileRepository;
  readonly batches: BatchRepository;
  readonly service: Pick<BatchService, "wake">;
  readonly checker: InputChecker;
  /** This gateway, which carries out what it accepts. */
  readonly gatewayId: string;
  /** Of one request with what is around its body. */
  readonly lineBytes: number;
  readonly now: () => number;
}
