// The start command with stand-in services: `node stand-in-main.ts '<JSON of StandInArguments>'`.
import {
  reportFailure,
  runUntilStopped,
  tolerateClosedOutput,
} from "../../scripts/start/run-until-stopped.ts";
import type { RestartPolicy } from "../../scripts/start/restart-delay.ts";
import type { ServiceDefinition } from "../../scripts/start/service-specs.ts";

export interface StandInArguments {
  readonly root: string;
  readonly services: readonly ServiceDefinition[];
  readonly restart: RestartPolicy;
}

tolerateClosedOutput();
const { root, services, restart }: StandInArguments = JSON.parse(process.argv[2] ?? "{}");
await runUntilStopped({ configFile: null, root, services, restart }).catch(reportFailure);
