import { runService } from "@tokenhub/telemetry";
import { compose } from "./compose.ts";
import { readOrchestratorWorkerConfig } from "./config.ts";

await runService({
  service: "orchestrator-worker",
  process,
  readConfig: () => readOrchestratorWorkerConfig(process.env),
  compose,
});
