import type { CallJob } from "@tokenhub/contracts";
import type { CallLedger } from "@tokenhub/ledger";

/** Frames that may be on their way to Redis at once; more than this and the provider's stream is read no further. */
const maxPendingFrames = 64;

export interface FrameWriter {
  /** Resolves when there is room for the next frame. */
  write(text: string): Promise<void>;
  /** Resolves when every frame is in the log (or refused). */
  flush(): Promise<void>;
  readonly frameCount: number;
}

export interface FrameWriterOptions {
  readonly ledger: Pick<CallLedger, "appendFrame">;
  readonly job: CallJob;
  readonly token: string;
  readonly onLost: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Appends frames in order without waiting for each: one connection keeps their order, a limit keeps memory bounded. */
export function createFrameWriter({
  ledger,
  job,
  token,
  onLost,
  onTrouble,
}: FrameWriterOptions): FrameWriter {
  let frameCount = 0;
  let pending = 0;
  let wake: (() => void) | null = null;

  const settled = (): void => {
    pending -= 1;
    wake?.();
    wake = null;
  };
  const untilAtMost = async (limit: number): Promise<void> => {
    while (pending > limit) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  return {
    async write(text) {
      await untilAtMost(maxPendingFrames);
      pending += 1;
      ledger
        .appendFrame({ requestId: job.requestId, token, sequence: frameCount++, text, replyTo: job.replyTo })
        .then((isHeld) => {
          if (!isHeld) onLost();
        })
        // A frame that did not reach the log leaves a hole no reader may skip: stop as if the row were lost.
        .catch((error: unknown) => {
          onTrouble(error);
          onLost();
        })
        .finally(settled);
    },
    flush: () => untilAtMost(0),
    get frameCount() {
      return frameCount;
    },
  };
}
