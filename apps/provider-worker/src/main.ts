import { runService } from "@tokenhub/telemetry";
import { compose } from "./compose.ts";
import { readProviderWorkerConfig } from "./config.ts";

await runService({
  service: "provider-worker",
  process,
  readConfig: () => readProviderWorkerConfig(process.env),
  compose,
});
