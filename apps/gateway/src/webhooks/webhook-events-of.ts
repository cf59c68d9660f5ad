/** What is told of what happened: pure functions from the rows and facts of this installation to events. */
export { eventsOfBatchEnd, type EndedBatch } from "./batch-events.ts";
export { eventsOfJobEnd } from "./job-events.ts";
export { eventsOfCall, eventsOfRun } from "./orchestration-events.ts";
