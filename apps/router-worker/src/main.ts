import { runService } from "@tokenhub/telemetry";
import { compose } from "./compose.ts";
import { readRouterWorkerConfig } from "./config.ts";

await runService({
  service: "router-worker",
  process,
  readConfig: () => readRouterWorkerConfig(process.env),
  compose,
});
