import type { Client, Dispatcher } from "undici";
import { hasText, judgeChatAnswer, judgeStreamAnswer } from "./judge-answer.ts";
import type { RequestShape } from "./load-plan.ts";
import type { Question } from "./question.ts";

/** What came of one request; times are milliseconds since it was sent. */
export interface ExchangeOutcome {
  readonly latencyMs: number;
  /** Null when not streamed, or when no text came. */
  readonly firstTokenMs: number | null;
  readonly textEvents: number;
  /** Null for a right answer. */
  readonly problem: string | null;
}

/** Sends one question and waits for its whole answer; never rejects. */
export function exchange(
  client: Client,
  { request, question }: { readonly request: RequestShape; readonly question: Question },
): Promise<ExchangeOutcome> {
  return new Promise((resolve) => {
    client.dispatch(
      { method: "POST", path: request.path, headers: request.headers, body: question.body },
      new AnswerReader(question, { resolve }),
    );
  });
}

/** Reads one answer: the clock stops at its last byte, before it is judged. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #question: Question;
  readonly #resolve: (outcome: ExchangeOutcome) => void;
  readonly #sentAt = performance.now();
  readonly #decoder = new TextDecoder();
  #statusCode = 0;
  #text = "";
  #firstTokenMs: number | null = null;
  /** Where the first event without a verdict on its text begins. */
  #scannedTo = 0;

  constructor(question: Question, { resolve }: { readonly resolve: (outcome: ExchangeOutcome) => void }) {
    this.#question = question;
    this.#resolve = resolve;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    this.#statusCode = statusCode;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const arrivedAt = performance.now();
    this.#text += this.#decoder.decode(chunk, { stream: true });
    if (this.#question.stream && this.#firstTokenMs === null) this.#lookForText(arrivedAt);
  }

  onResponseEnd(): void {
    this.#finish({ latencyMs: performance.now() - this.#sentAt, ...this.#judge() });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const problem = `${error.name}: ${error.message}`.slice(0, 200);
    this.#finish({ latencyMs: performance.now() - this.#sentAt, textEvents: 0, problem });
  }

  #lookForText(arrivedAt: number): void {
    for (;;) {
      const end = this.#text.indexOf("\n\n", this.#scannedTo);
      if (end === -1) return;
      const data = dataOf(this.#text.slice(this.#scannedTo, end));
      this.#scannedTo = end + 2;
      if (data !== null && hasText(data)) {
        this.#firstTokenMs = arrivedAt - this.#sentAt;
        return;
      }
    }
  }

  #judge(): Pick<ExchangeOutcome, "problem" | "textEvents"> {
    if (this.#statusCode !== 200) {
      return { problem: `status ${this.#statusCode}: ${this.#text.slice(0, 160)}`, textEvents: 0 };
    }
    if (!this.#question.stream) {
      return { problem: judgeChatAnswer(this.#text, this.#question), textEvents: 0 };
    }
    const events = this.#text.split("\n\n").flatMap((event) => dataOf(event) ?? []);
    return judgeStreamAnswer(events, this.#question);
  }

  #finish(outcome: Omit<ExchangeOutcome, "firstTokenMs">): void {
    this.#resolve({ ...outcome, firstTokenMs: this.#firstTokenMs });
  }
}

/** The data of a server-sent event; null for comments and other lines. */
function dataOf(event: string): string | null {
  const line = event.split("\n").find((candidate) => candidate.startsWith("data:"));
  return line === undefined ? null : line.slice("data:".length).trimStart();
}
