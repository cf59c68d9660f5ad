import fc from "fast-check";
import { fuzzRequests } from "./fuzz-generator.ts";
import { FuzzReport } from "./fuzz-report.ts";
import type { FuzzAnswer, FuzzRequest } from "./fuzz-request.ts";
import type { FuzzSite } from "./fuzz-site.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { judgeLog } from "./judge-log.ts";
import { nameOf, operationsOf, type Operation } from "./open-api-operations.ts";
import { watchProcess } from "./process-watch.ts";
import { openSender, type RequestSender, type SentRequest } from "./request-sender.ts";
import { showRequest, shrinkRequest } from "./shrink-request.ts";
import { undescribedOperations } from "./undescribed-operations.ts";
import { passwordOf } from "./vault-password.ts";

export interface FuzzPlan {
  readonly seed: number;
  readonly requests: number;
  /** Of them, how many go to the operations of the vault's password, a few at a time. */
  readonly passwordRequests: number;
  readonly connections: number;
  /** The run ends early at this time of `performance.now()`, in milliseconds. */
  readonly endAtMs: number;
  readonly onProgress?: (report: FuzzReport) => void;
}

/** Slow by design, or shutting everybody else out: they have a part of their own. How often each is sent there. */
const passwordOperations: ReadonlyMap<string, number> = new Map([
  ["POST /admin/v1/vault/unlock", 3],
  ["POST /admin/v1/vault/lock", 1],
  ["POST /admin/v1/vault/rotate", 2],
  ["POST /admin/v1/vault/rotate-data-key", 1],
  ["POST /admin/v1/vault/import", 3],
  ["POST /admin/v1/admin-token/rotate", 1],
]);
const passwordConnections = 4;
const batchSize = 250;
/** Requests between two looks at the catalogue and the log. */
const restoreEvery = 1_000;
const shrinkTries = 60;

/** Sends generated requests of every kind to a site and judges every answer. */
export async function runFuzz(site: FuzzSite, plan: FuzzPlan): Promise<FuzzReport> {
  const report = new FuzzReport();
  using watch = watchProcess();
  const operations = operationsOf(site.document, undescribedOperations);
  const passwordWeight = (operation: Operation): number => passwordOperations.get(nameOf(operation)) ?? 0;
  const { seed, requests, passwordRequests } = plan;
  await runPart(site, {
    plan,
    report,
    operations: operations.filter((operation) => passwordWeight(operation) === 0),
    requests: requests - passwordRequests,
    seed,
    connections: plan.connections,
  });
  await offerExport(site);
  await runPart(site, {
    plan,
    report,
    operations: operations.flatMap((operation) =>
      Array<Operation>(passwordWeight(operation)).fill(operation),
    ),
    requests: passwordRequests,
    seed: seed + 1,
    connections: passwordConnections,
  });
  for (const fault of watch.faults) report.fail(fault, "of the process; no single request");
  return report;
}

interface Part {
  readonly plan: FuzzPlan;
  readonly report: FuzzReport;
  readonly operations: readonly Operation[];
  readonly requests: number;
  readonly seed: number;
  readonly connections: number;
}

async function runPart(site: FuzzSite, part: Part): Promise<void> {
  const { plan, report, connections } = part;
  await using sender = openSender(site, { connections });
  const queue = requestsOf(site, part);
  let sinceRestore = 0;
  let restoring: Promise<void> = Promise.resolve();
  const work = async (): Promise<void> => {
    for (const { request, number } of queue) {
      if (performance.now() > plan.endAtMs) return;
      const sent = sender.prepare(request, number);
      const answer = await sender.send(sent);
      await judge(site, { report, sender, sent, answer });
      sinceRestore += 1;
      if (sinceRestore < restoreEvery) continue;
      sinceRestore = 0;
      // One at a time, while the others go on.
      restoring = restoring.then(() => tidy(site, report));
      await restoring;
      plan.onProgress?.(report);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  await restoring;
  await tidy(site, report);
}

/** Batch by batch, so that no run holds all its requests; request and batch follow from the seed. */
function* requestsOf(
  { document, network }: FuzzSite,
  { operations, requests, seed }: Part,
): Generator<{ request: FuzzRequest; number: number }> {
  const arbitrary = fuzzRequests({ document, operations, mockUrl: network.mock.url });
  for (let from = 0; from < requests; from += batchSize) {
    const numRuns = Math.min(batchSize, requests - from);
    const batch = fc.sample(arbitrary, { numRuns, seed: seed + from });
    for (const [index, request] of batch.entries()) yield { request, number: from + index };
  }
}

async function tidy(site: FuzzSite, report: FuzzReport): Promise<void> {
  for (const fault of judgeLog(site.network.logLines.splice(0), site.secrets)) {
    const [kind = "", ...example] = fault.split("\n");
    report.fail(kind, example.join("\n"));
  }
  site.network.mock.clearCalls();
  try {
    await site.keeper.restore({ keep: 15 });
  } catch (error) {
    report.fail("what the run needs could not be put back", String(error));
  }
}

interface Judging {
  readonly report: FuzzReport;
  readonly sender: RequestSender;
  readonly sent: SentRequest;
  readonly answer: FuzzAnswer | string;
}

async function judge(site: FuzzSite, { report, sender, sent, answer }: Judging): Promise<void> {
  const { operation } = sent;
  const faults = faultsOf(site, { sent, answer });
  if (typeof answer !== "string") {
    report.countAnswer(operation, answer);
    await notice(site, { report, sent, answer });
  }
  for (const fault of faults) {
    const kind = `${operation}: ${fault}`;
    const told = typeof answer === "string" ? answer : `${answer.status} ${answer.text.slice(0, 800)}`;
    const isNew = report.fail(kind, `${showRequest(sent)}\n    -> ${told}`);
    if (!isNew || typeof answer === "string" || report.failures.size > 20) continue;
    const smallest = await shrinkRequest(sent, {
      tries: shrinkTries,
      async stillFails(candidate) {
        const again = await sender.send(candidate);
        return faultsOf(site, { sent: candidate, answer: again }).includes(fault);
      },
    });
    const failure = report.failures.get(kind);
    if (failure !== undefined && smallest !== sent)
      failure.example += `\n  smallest that fails alike:\n    ${showRequest(smallest)}`;
  }
}

function faultsOf(
  { secrets }: FuzzSite,
  { sent, answer }: { readonly sent: SentRequest; readonly answer: FuzzAnswer | string },
): readonly string[] {
  if (typeof answer === "string") return [answer.replaceAll(/\d+ ms/g, "… ms")];
  return judgeAnswer(sent, answer, secrets).faults;
}

/** The password and an export that it opens, for requests to name. */
async function offerExport({ keeper, live, vaultPassword }: FuzzSite): Promise<void> {
  live.set("password", [vaultPassword]);
  live.set("export", [JSON.stringify(await keeper.call("GET", "/vault/export"))]);
}

/** Takes from an answer what later requests and the report need. */
async function notice(
  site: FuzzSite,
  {
    report,
    sent,
    answer,
  }: { readonly report: FuzzReport; readonly sent: SentRequest; readonly answer: FuzzAnswer },
): Promise<void> {
  const { status, headers, text } = answer;
  const { code } = judgeAnswer(sent, answer, site.secrets);
  if (status >= 500) report.countServerError(code ?? `${status} of ${sent.operation}`);
  if (status >= 400) return;
  if (sent.path.startsWith("/v1/")) site.live.note("requests", headers["x-request-id"]);
  if (sent.method !== "HEAD" && sent.path.startsWith("/admin/v1/") && text.startsWith("{"))
    site.live.noteAnswer(sent.path, JSON.parse(text));
  const password = passwordOf(sent);
  if (password !== null) {
    site.vaultPassword = password;
    // Somebody may have locked it since; then the next export follows the next change.
    await offerExport(site).catch(() => undefined);
  }
}
