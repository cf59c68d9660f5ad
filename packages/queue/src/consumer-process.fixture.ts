import { createKeyspace } from "@tokenhub/contracts";
import { argv, stderr, stdout } from "node:process";
import { createBlockingConnection, createJobConsumer, jobCatalogue, routeQueueName } from "./index.ts";

/** A process for tests to kill: takes routing jobs, prints each one's request id and never finishes any. */
const [, , url = "", prefix = ""] = argv;
const onError = (error: Error): void => void stderr.write(`${error.message}\n`);
createJobConsumer({
  queueName: routeQueueName,
  definition: jobCatalogue.route,
  redis: createBlockingConnection({ url, name: "consumer-process", onError }),
  keyspace: createKeyspace(prefix),
  onError,
  handler: ({ requestId }) => {
    stdout.write(`${requestId}\n`);
    return new Promise(() => undefined);
  },
});
