import { TokenHubError } from "@tokenhub/contracts";
import type { RunReport } from "@tokenhub/orchestration";

/** Why an orchestration has no answer, with the phases that are paid for already. */
export class RunFailedError extends TokenHubError {
  /** Beside the error in every JSON shape. */
  readonly run: RunReport;

  constructor(cause: TokenHubError, run: RunReport) {
    const { code, message, param, retryAfterMs } = cause;
    super(code, message, { param, retryAfterMs, cause });
    this.run = run;
  }
}
