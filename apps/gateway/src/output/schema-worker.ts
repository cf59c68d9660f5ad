import { Validator, type Schema } from "@cfworker/json-schema";
import { parentPort } from "node:worker_threads";

/** One validation, as it is posted to the thread. */
export interface SchemaTask {
  readonly id: number;
  /** A caller's JSON Schema: an object or a truth value. */
  readonly schema: unknown;
  readonly value: unknown;
}

/** What the thread posts back: at most ten faults. `error` tells of a schema that is none. */
export interface SchemaVerdict {
  readonly id: number;
  readonly isValid: boolean;
  readonly faults: readonly { readonly path: string; readonly problem: string }[];
  readonly error: string | null;
}

const faultsShown = 10;
const longestProblem = 300;

parentPort?.on("message", (task: SchemaTask) => parentPort?.postMessage(judge(task)));

function judge({ id, schema, value }: SchemaTask): SchemaVerdict {
  try {
    const { valid, errors } = new Validator(schema as Schema | boolean, "2020-12", false).validate(value);
    // The outer keywords only repeat that something inside them failed, so the innermost come first.
    const faults = errors
      .toReversed()
      .slice(0, faultsShown)
      .map(({ instanceLocation, error }) => ({
        path: instanceLocation,
        problem: error.slice(0, longestProblem),
      }));
    return { id, isValid: valid, faults, error: null };
  } catch (error) {
    return { id, isValid: false, faults: [], error: error instanceof Error ? error.message : String(error) };
  }
}
