import { createRunRepository, runStatusOf } from "@tokenhub/persistence";
import { includesRole } from "../../admin-principal.ts";
import { adminRoute, reply, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import { foundRun } from "./found-run.ts";
import { presentRun, presentRunSummary } from "./present-run.ts";
import { presentTimelineEntry } from "./present-timeline.ts";
import { readTimelineSources } from "./read-sources.ts";
import { runFiltersOf, runQuerySchema, type RunQuery } from "./run-query.ts";
import type { RunRouteDeps } from "./run-route-deps.ts";
import { timelineOf } from "./run-timeline.ts";

const tag = "runs";

/** Orchestrations: lists, and everything about one. Prompts and answers are for operators; a viewer sees the rest. */
export function runReadRoutes(deps: RunRouteDeps): AdminRoute[] {
  return [
    adminRoute<undefined, RunQuery>({
      method: "get",
      path: "/runs",
      summary: "Lists orchestrations, newest first.",
      tag,
      role: "viewer",
      querySchema: runQuerySchema,
      action: null,
      handle: ({ query }) => list(deps, query),
    }),
    adminRoute({
      method: "get",
      path: "/runs/:id",
      summary: "Shows an orchestration with its phases; prompts and answers to operators only.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => show(deps, call),
    }),
    adminRoute({
      method: "get",
      path: "/runs/:id/timeline",
      summary:
        "Tells what happened to an orchestration, in order: phases, routing, waits, decisions, the end.",
      tag,
      role: "viewer",
      action: null,
      handle: (call) => tellTimeline(deps, call),
    }),
  ];
}

async function list({ db, keyNames }: RunRouteDeps, query: RunQuery): Promise<AdminReply> {
  const { limit, offset, direction } = query;
  const runs = createRunRepository(db);
  const { items, total } = await runs.page({ filters: runFiltersOf(query), limit, offset, direction });
  await keyNames.load(items.map(({ keyId }) => keyId));
  return reply({ items: items.map((run) => presentRunSummary(run, keyNames)), total, limit, offset });
}

async function show(deps: RunRouteDeps, call: AdminCall): Promise<AdminReply> {
  const { input, state, isStored } = await foundRun(deps, call.params["id"] ?? "");
  await deps.keyNames.load([input.keyId]);
  return reply(
    presentRun({ input, state, isLive: isStored, names: deps.keyNames, showsTexts: showsTexts(call) }),
  );
}

async function tellTimeline(deps: RunRouteDeps, call: AdminCall): Promise<AdminReply> {
  const run = await foundRun(deps, call.params["id"] ?? "");
  const entries = timelineOf(await readTimelineSources(deps, run));
  const view = { showsTexts: showsTexts(call) };
  return reply({
    id: run.input.runId,
    mode: run.input.settings.mode,
    status: runStatusOf(run.state),
    attempt: run.state.attempt,
    shows_texts: view.showsTexts,
    entries: entries.map((entry) => presentTimelineEntry(entry, view)),
  });
}

/** Whoever may run things may read what was asked and answered. */
function showsTexts({ principal }: AdminCall): boolean {
  return includesRole(principal.role, "operator");
}
