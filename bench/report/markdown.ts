import type { GoalOutcome } from "../goals.ts";
import type { Spread, Summary } from "../measure/summarise.ts";
import type { Report } from "./report.ts";

/** The report for people: goals first, then every scenario, then how to get the same. */
export function toMarkdown(report: Report): string {
  const sections = [
    header(report),
    goalSection(report.goals),
    scenarioSection(report),
    processSection(report),
    memorySection(report),
    routingSection(report),
    startUpSection(report),
    reproduceSection(report),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function header({
  startedAt,
  durationS,
  machine,
  versions,
  settings,
  targets,
  remarks,
  loadAverages,
}: Report): string {
  const loads = loadAverages.map((load) => load.toFixed(1)).join(", ");
  return [
    "# TokenHub beside others on one machine",
    "",
    `${startedAt.slice(0, 10)}, ${Math.round(durationS / 60)} min${settings.isQuick ? ", a quick run: read it as a hint" : ""}.`,
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, ` +
      `a write forced to the disk takes ${number(machine.diskSyncMs)} ms. ` +
      `Node ${versions.node}, Redis ${versions.redis ?? "unknown"}, TokenHub ${versions.tokenhub ?? "unknown"}.`,
    "",
    `${settings.rounds} interleaved rounds, ${settings.measureMs / 1_000} s per cell after ${settings.warmUpMs / 1_000} s of warm-up; ` +
      "figures are medians over the rounds, in brackets lowest and highest. Closed loop; the load generator is a process of its " +
      "own on the same cores, as is the mock provider, so the figures compare the targets with each other and are no capacity. " +
      "Every answer is checked: status, text (which names the request) and token count.",
    ...(loads === "" ? [] : ["", `Load average of the machine at the start of each round: ${loads}.`]),
    "",
    ...targets.map(({ name, description }) => `- **${name}**: ${description}`),
    ...(remarks.length === 0 ? [] : ["", ...remarks.map((remark) => `> ${remark}`)]),
  ].join("\n");
}

function goalSection(goals: readonly GoalOutcome[]): string {
  const rows = goals
    .filter(({ measured, reference }) => measured !== null || reference !== null)
    .map((goal) => [
      goal.scenario,
      goal.text,
      number(goal.measured),
      number(goal.reference),
      number(goal.difference),
      goal.ratio === null ? "-" : goal.ratio.toFixed(2),
      goal.isMet === null ? "not measured" : goal.isMet ? "pass" : "**fail**",
    ]);
  if (rows.length === 0) return "";
  const heads = ["scenario", "goal", "TokenHub", "other", "difference", "ratio", ""];
  return ["## Goals", "", table(heads, rows)].join("\n");
}

function scenarioSection({ summaries }: Report): string {
  const groups = Map.groupBy(summaries, ({ scenario }) => scenario);
  const parts = [...groups].map(([scenario, group]) => `### ${scenario}\n\n${scenarioTable(group)}`);
  if (parts.length === 0) return "";
  const legend =
    "`chat-c16-0ms` = not streamed, 16 callers, an upstream that answers at once; `stream-...-60ms` = 60 ms to the first token, " +
    "then one every 10 ms. Latencies in ms. CPU = processor ms of all processes of the target per request, the work after the " +
    "answer included. RSS = highest sum over its processes in MiB.";
  return ["## Scenarios", "", legend, "", parts.join("\n\n")].join("\n");
}

function scenarioTable(group: readonly Summary[]): string {
  const isStream = group.some(({ firstTokenP50Ms }) => firstTokenP50Ms !== null);
  const heads = ["target", "requests/s"];
  if (isStream) heads.push("first token p50", "first token p99");
  heads.push("p50", "over direct", "p90", "p99", "max", "CPU", "RSS", "errors");
  const direct = group.find(({ target }) => target === "direct");
  const rows = group.map((summary) => [
    summary.target,
    withRange(summary.requestsPerSecond),
    ...(isStream ? [withRange(summary.firstTokenP50Ms), withRange(summary.firstTokenP99Ms)] : []),
    withRange(summary.p50Ms),
    direct === undefined || summary === direct ? "-" : number(summary.p50Ms.median - direct.p50Ms.median),
    number(summary.p90Ms.median),
    withRange(summary.p99Ms),
    number(summary.maxMs.max),
    number(summary.cpuMsPerRequest?.median ?? null),
    number(summary.peakRssMb?.max ?? null),
    String(summary.errors),
  ]);
  return table(heads, rows);
}

/** Where a target of several processes spends its time. */
function processSection({ summaries }: Report): string {
  const split = summaries.filter(({ cpuMsPerRequestOf }) => Object.keys(cpuMsPerRequestOf).length > 1);
  const names = Object.keys(split[0]?.cpuMsPerRequestOf ?? {});
  if (names.length === 0) return "";
  const rows = split.map(({ scenario, cpuMsPerRequest, cpuMsPerRequestOf }) => [
    scenario,
    number(cpuMsPerRequest?.median ?? null),
    ...names.map((name) => number(cpuMsPerRequestOf[name] ?? null)),
  ]);
  return [
    "## Where TokenHub's processor time goes",
    "",
    "Milliseconds per request.",
    "",
    table(["scenario", "all", ...names], rows),
  ].join("\n");
}

function memorySection({ idleRssMb }: Report): string {
  const rows = Object.entries(idleRssMb).map(([name, rssMb]) => [name, number(rssMb)]);
  if (rows.length === 0) return "";
  return ["## Memory before the load", "", table(["target", "RSS in MiB"], rows)].join("\n");
}

function routingSection({ routing }: Report): string {
  if (routing === null) return "";
  const rows = routing.timings.map(({ question, p50Us, p99Us, maxUs }) => [
    question,
    number(p50Us),
    number(p99Us),
    number(maxUs),
  ]);
  return [
    "## Routing decisions",
    "",
    `One decision over ${routing.models} models of ${routing.providers} providers, in microseconds; the index of the catalogue is built ` +
      `once per version in ${number(routing.indexMs)} ms.`,
    "",
    table(["request", "p50", "p99", "max"], rows),
  ].join("\n");
}

function startUpSection({ startUp }: Report): string {
  if (startUp === null) return "";
  const rows = startUp.map(({ service, coldMs, warmMs, idleRssMb }) => [
    service,
    number(coldMs),
    withRange(warmMs),
    number(idleRssMb),
  ]);
  return [
    "## Start-up of the services",
    "",
    "From spawning to the first 200 of `/readyz`, in ms: the first start ever, and later ones (compile cache). RSS after 10 idle seconds, in MiB.",
    "",
    table(["service", "first start", "later starts", "RSS"], rows),
  ].join("\n");
}

function reproduceSection({ settings }: Report): string {
  const command = settings.isQuick ? "npm run bench -- --quick" : "npm run bench";
  return [
    "## The same again",
    "",
    `\`${command}\` on an otherwise idle Linux machine; \`bench/README.md\` has the flags. \`latest.json\` beside this file has every cell.`,
  ].join("\n");
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

function withRange(spread: Spread | null): string {
  if (spread === null) return "-";
  return `${number(spread.median)} (${number(spread.min)}-${number(spread.max)})`;
}

/** Three significant figures or whole numbers. */
function number(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
