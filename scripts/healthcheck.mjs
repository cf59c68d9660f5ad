// The health check of the container images: exit code 0 when the service is ready. `node healthcheck.mjs [PORT]`.
// Without a port the address is the one that the start command wrote into its lock file.
import { readFileSync } from "node:fs";
import { get } from "node:http";
import path from "node:path";

const port = process.argv[2];
const address = port === undefined ? addressInLock() : `http://127.0.0.1:${port}`;
const request = get(`${address}/readyz`, { timeout: 4_000, agent: false }, (response) => {
  response.resume();
  finish(response.statusCode === 200 ? null : `answered ${response.statusCode}`);
});
request.once("timeout", () => request.destroy(new Error("no answer within 4 s")));
request.once("error", (error) => finish(error.message));

function addressInLock() {
  try {
    const lock = JSON.parse(
      readFileSync(path.join(process.env.TOKENHUB_DATA_DIR || "data", "tokenhub.lock"), "utf8"),
    );
    if (typeof lock.url === "string") return lock.url;
  } catch {
    // Not there yet: the same answer as while it does not name an address.
  }
  finish("not started yet");
  process.exit();
}

function finish(problem) {
  if (problem !== null) process.stderr.write(`${problem}\n`);
  process.exitCode = problem === null ? 0 : 1;
}
