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
  readonly job: Pick<CallJob, "requestId" | "replyTo">;
  readonly token: string;
  readonly onLost: () => void;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Appends frames in order without waiting for each: one connection keeps their order, the log refuses what has overtaken
 * another all the same, and a limit keeps memory bounded.
 */
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
  let isLost = false;
  /** The frames on their way, by sequence; each resolves when it is in the log, or never will be. */
  const onTheirWay = new Map<number, Promise<void>>();

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

  const lose = (): void => {
    isLost = true;
    onLost();
  };
  async function append(sequence: number, text: string): Promise<void> {
    const frame = { requestId: job.requestId, token, sequence, text, replyTo: job.replyTo };
    while (!isLost) {
      const outcome = await ledger.appendFrame(frame);
      if (outcome === "logged") return;
      if (outcome === "lost") return lose();
      const earlier = [...onTheirWay].filter(([other]) => other < sequence).map(([, logged]) => logged);
      // With nobody before it the frame would never have its turn: the log has lost what it had.
      if (earlier.length === 0) return lose();
      await Promise.all(earlier);
    }
  }

  return {
    async write(text) {
      await untilAtMost(maxPendingFrames);
      pending += 1;
      const sequence = frameCount++;
      const logged = append(sequence, text)
        // A frame that did not reach the log leaves a hole no reader may skip: stop as if the row were lost.
        .catch((error: unknown) => {
          onTrouble(error);
          lose();
        })
        .finally(() => {
          onTheirWay.delete(sequence);
          settled();
        });
      onTheirWay.set(sequence, logged);
    },
    flush: () => untilAtMost(0),
    get frameCount() {
      return frameCount;
    },
  };
}
