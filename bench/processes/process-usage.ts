import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process, or several, have used and hold. */
export interface ProcessUsage {
  /** User and system time since their start, ended children included. */
  readonly cpuMs: number;
  readonly rssMb: number;
}

/** One reading per process; null where there is no /proc. A process that has ended counts as nothing. */
export function readProcessUsages(processes: readonly { readonly pid: number }[]): ProcessUsage[] | null {
  return process.platform === "linux" ? processes.map(({ pid }) => usageOf(pid)) : null;
}

/** The sum over processes; null where there is no /proc. */
export function readProcessUsage(processes: readonly { readonly pid: number }[]): ProcessUsage | null {
  const usages = readProcessUsages(processes);
  if (usages === null) return null;
  return {
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssMb: usages.reduce((sum, { rssMb }) => sum + rssMb, 0),
  };
}

function usageOf(pid: number): ProcessUsage {
  try {
    const ticks = cpuTicksOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
    const rssMb = rssMbOf(readFileSync(`/proc/${pid}/status`, "utf8"));
    return { cpuMs: ticks * millisecondsPerTick(), rssMb };
  } catch {
    // It has ended: whoever needs it alive finds out by its answers.
    return { cpuMs: 0, rssMb: 0 };
  }
}

/** utime, stime, cutime and cstime: fields 14 to 17. The name in field 2 may hold blanks and parentheses. */
export function cpuTicksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

/** The resident memory in a /proc/<pid>/status, in MiB; 0 when it has none (a zombie). */
export function rssMbOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1_024;
}

let tickMs: number | null = null;

function millisecondsPerTick(): number {
  tickMs ??= 1_000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return tickMs;
}
