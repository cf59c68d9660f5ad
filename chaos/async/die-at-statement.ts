import BetterSqlite3 from "better-sqlite3";
import process from "node:process";

/**
 * Loaded into a gateway before anything else: after SIGUSR2 the process kills itself at the next statement of its database
 * that holds the text of CHAOS_DIE_AT, `before` it is made or `after` it is committed. Nothing of the product knows of it.
 */
const { text, when } = JSON.parse(process.env["CHAOS_DIE_AT"] ?? "{}") as {
  readonly text: string;
  readonly when: "before" | "after";
};
let isArmed = false;
let isMet = false;
process.on("SIGUSR2", () => (isArmed = true));

const die = (): void => void process.kill(process.pid, "SIGKILL");

interface Statement {
  readonly source: string;
  readonly database: { readonly inTransaction: boolean };
}

const memory = new BetterSqlite3(":memory:");
const prototype = Object.getPrototypeOf(memory.prepare("select 1")) as Record<string, unknown>;
memory.close();
for (const name of ["run", "all", "get"] as const) {
  const original = prototype[name] as (this: Statement, ...values: unknown[]) => unknown;
  prototype[name] = function (this: Statement, ...values: unknown[]) {
    const isIt = isArmed && this.source.includes(text);
    if (isIt && when === "before") die();
    const outcome = original.apply(this, values);
    isMet ||= isIt;
    if (isMet && !this.database.inTransaction) die();
    return outcome;
  };
}
