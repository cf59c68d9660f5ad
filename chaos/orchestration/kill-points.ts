import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A place in the path of a run at which a process is killed, and what that may cost. */
export interface KillPoint {
  readonly name: string;
  /** Whose process dies. */
  readonly app: "gateway" | "router-worker" | "provider-worker" | "orchestrator-worker";
  /** Text of the Redis command at which it dies; `call`: when the provider has the call. */
  readonly command: string;
  readonly when: "before" | "after" | "in-call";
  /** Calls at the provider beyond one for each result. */
  readonly extraCallsAllowed: number;
}

const scripts = new URL("../../packages/ledger/src/scripts/", import.meta.url);

/** The name under which Redis knows a script of the ledger. */
function digestOf(name: string, includes: readonly string[] = []): string {
  const text = [...includes, name]
    .map((file) => readFileSync(new URL(`${file}.lua`, scripts), "utf8"))
    .join("\n");
  // security-scan: weak-hash Redis names scripts by this hash
  return createHash("sha1").update(text).digest("hex");
}

const claim = digestOf("claim", ["apply-outcome", "provider-capacity"]);
const commit = digestOf("commit", ["apply-outcome", "provider-capacity"]);
const runCreate = digestOf("run-create");
const runSave = digestOf("run-save");

export const killPoints: readonly KillPoint[] = [
  {
    name: "gateway: before the run is stored",
    app: "gateway",
    command: runCreate,
    when: "before",
    extraCallsAllowed: 0,
  },
  {
    name: "gateway: the run is stored, nobody was told",
    app: "gateway",
    command: runCreate,
    when: "after",
    extraCallsAllowed: 0,
  },
  {
    name: "router: before its decision is handed on",
    app: "router-worker",
    command: ":call.",
    when: "before",
    extraCallsAllowed: 0,
  },
  {
    name: "router: after its decision was handed on",
    app: "router-worker",
    command: ":call.",
    when: "after",
    extraCallsAllowed: 0,
  },
  {
    name: "provider: before the claim",
    app: "provider-worker",
    command: claim,
    when: "before",
    extraCallsAllowed: 0,
  },
  {
    name: "provider: after the claim, before the call",
    app: "provider-worker",
    command: claim,
    when: "after",
    extraCallsAllowed: 0,
  },
  {
    name: "provider: in mid-call",
    app: "provider-worker",
    command: "",
    when: "in-call",
    extraCallsAllowed: 3,
  },
  {
    name: "provider: after the answer, before the commit",
    app: "provider-worker",
    command: commit,
    when: "before",
    extraCallsAllowed: 3,
  },
  {
    name: "provider: after the commit, before its job is done",
    app: "provider-worker",
    command: commit,
    when: "after",
    extraCallsAllowed: 3,
  },
  {
    name: "orchestrator: after a call's commit, before the state is saved",
    app: "orchestrator-worker",
    command: runSave,
    when: "before",
    extraCallsAllowed: 0,
  },
  {
    name: "orchestrator: the state is saved, the calls were not sent",
    app: "orchestrator-worker",
    command: runSave,
    when: "after",
    extraCallsAllowed: 0,
  },
  {
    name: "orchestrator: before the final result is stored",
    app: "orchestrator-worker",
    command: commit,
    when: "before",
    extraCallsAllowed: 0,
  },
  {
    name: "orchestrator: after the final result was stored",
    app: "orchestrator-worker",
    command: commit,
    when: "after",
    extraCallsAllowed: 0,
  },
];
