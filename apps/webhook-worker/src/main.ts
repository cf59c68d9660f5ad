import { runService } from "@tokenhub/telemetry";
import { compose } from "./compose.ts";
import { readWebhookWorkerConfig } from "./config.ts";

await runService({
  service: "webhook-worker",
  process,
  readConfig: () => readWebhookWorkerConfig(process.env),
  compose,
});
