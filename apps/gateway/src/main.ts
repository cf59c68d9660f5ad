import { runService } from "@tokenhub/telemetry";
import { compose } from "./compose.ts";
import { readGatewayConfig } from "./config.ts";

await runService({ service: "gateway", process, readConfig: () => readGatewayConfig(process.env), compose });
