import { expect, test } from "vitest";
import { cpuTicksOf, readProcessUsage, rssMbOf } from "./process-usage.ts";

test("a process name with blanks and parentheses does not shift the fields", () => {
  const rest = "S 1 1 1 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 7 0 100 0 0";
  expect(cpuTicksOf(`123 (node (x) y) ${rest}`)).toBe(110);
});

test("memory is read in MiB, and a zombie has none", () => {
  expect(rssMbOf("Name:\tnode\nVmRSS:\t   20480 kB\nThreads:\t7\n")).toBe(20);
  expect(rssMbOf("Name:\tnode\nState:\tZ (zombie)\n")).toBe(0);
});

test.runIf(process.platform === "linux")("a process that has ended counts as nothing", () => {
  const own = readProcessUsage([process]);
  expect(own?.rssMb).toBeGreaterThan(10);
  expect(own?.cpuMs).toBeGreaterThan(0);
  expect(readProcessUsage([{ pid: 0x7fff_fff0 }])).toEqual({ cpuMs: 0, rssMb: 0 });
});
