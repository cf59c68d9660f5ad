/** What this process says went wrong where nobody caught it. */
export interface ProcessWatch extends Disposable {
  readonly faults: readonly string[];
}

export function watchProcess(): ProcessWatch {
  const faults: string[] = [];
  const onRejection = (reason: unknown): void => void faults.push(`unhandled rejection: ${textOf(reason)}`);
  const onException = (error: unknown): void => void faults.push(`uncaught exception: ${textOf(error)}`);
  const onWarning = (warning: Error): void => void faults.push(`warning: ${textOf(warning)}`);
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onException);
  process.on("warning", onWarning);
  return {
    faults,
    [Symbol.dispose]() {
      process.off("unhandledRejection", onRejection);
      process.off("uncaughtException", onException);
      process.off("warning", onWarning);
    },
  };
}

function textOf(reason: unknown): string {
  return reason instanceof Error ? (reason.stack ?? reason.message).slice(0, 1_000) : String(reason);
}
