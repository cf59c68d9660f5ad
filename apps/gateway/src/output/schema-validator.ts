import { Worker } from "node:worker_threads";
import type { SchemaTask, SchemaVerdict } from "./schema-worker.ts";

type SchemaOutcome =
  | { readonly kind: "valid" }
  | { readonly kind: "invalid"; readonly faults: SchemaVerdict["faults"] }
  /** The schema itself cannot be used. */
  | { readonly kind: "bad_schema"; readonly reason: string }
  /** Judging took too long, which only a hostile schema or value does. */
  | { readonly kind: "too_expensive" }
  | { readonly kind: "busy" };

export interface SchemaValidator extends AsyncDisposable {
  /** Holds `value` against a JSON Schema of draft 2020-12, which a caller wrote. Never throws. */
  validate(schema: unknown, value: unknown): Promise<SchemaOutcome>;
}

export interface SchemaValidatorOptions {
  /** For one validation, from the moment it is posted. */
  readonly timeoutMs?: number;
  /** Validations that may wait for the thread. */
  readonly maxWaiting?: number;
}

interface Waiting {
  readonly task: SchemaTask;
  readonly settle: (outcome: SchemaOutcome) => void;
}

/**
 * Validates callers' schemas in a thread of its own: a schema is a program, and one that runs away is ended with its
 * thread instead of stopping the gateway. The thread starts with the first validation.
 */
export function createSchemaValidator(options: SchemaValidatorOptions = {}): SchemaValidator {
  const { timeoutMs = 1_000, maxWaiting = 1_000 } = options;
  const waiting: Waiting[] = [];
  let worker: Worker | null = null;
  let current: Waiting | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lastId = 0;

  function startWorker(): Worker {
    const started = new Worker(new URL("./schema-worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    started.unref();
    started.on("message", (verdict: SchemaVerdict) => {
      if (verdict.id === current?.task.id) finish(outcomeOf(verdict));
    });
    // Out of memory, or its module failed to load: the thread is gone and the task with it.
    started.on("error", () => {
      if (worker === started) abandon();
    });
    return started;
  }

  function next(): void {
    const waiter = waiting.shift();
    if (current !== null || waiter === undefined) return;
    current = waiter;
    worker ??= startWorker();
    timer = setTimeout(abandon, timeoutMs);
    worker.postMessage(waiter.task);
  }

  function finish(outcome: SchemaOutcome): void {
    clearTimeout(timer);
    const finished = current;
    current = null;
    finished?.settle(outcome);
    next();
  }

  function abandon(): void {
    const abandoned = worker;
    worker = null;
    void abandoned?.terminate();
    finish({ kind: "too_expensive" });
  }

  return {
    validate(schema, value) {
      if (waiting.length >= maxWaiting) return Promise.resolve({ kind: "busy" });
      lastId += 1;
      const task: SchemaTask = { id: lastId, schema, value };
      return new Promise((settle) => {
        waiting.push({ task, settle });
        if (current === null) next();
      });
    },
    async [Symbol.asyncDispose]() {
      for (const { settle } of waiting.splice(0)) settle({ kind: "busy" });
      clearTimeout(timer);
      current?.settle({ kind: "busy" });
      current = null;
      await worker?.terminate();
      worker = null;
    },
  };
}

function outcomeOf(verdict: SchemaVerdict): SchemaOutcome {
  if (verdict.error !== null) return { kind: "bad_schema", reason: verdict.error };
  return verdict.isValid ? { kind: "valid" } : { kind: "invalid", faults: verdict.faults };
}
