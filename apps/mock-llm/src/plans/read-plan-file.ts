import { readFile } from "node:fs/promises";
import { parsePlans, PlanError, type Plan } from "./plan.ts";

/**
 * Reads a plan file.
 *
 * @throws Error in one sentence when the file cannot be read, is not JSON or holds a plan that cannot be used.
 */
export async function readPlanFile(path: string): Promise<Readonly<Record<string, Plan>>> {
  try {
    return parsePlans(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new Error(`The plan file ${path} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PlanError) return error.message;
  return error instanceof SyntaxError ? "it is not JSON" : "it cannot be read";
}
