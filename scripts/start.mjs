#!/usr/bin/env node
// The entry of `npm start` and of the container. It may be met by an older Node: keep it parsable by Node 18.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import nodeModule from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const neededMajor = 24;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

if (Number.parseInt(process.versions.node, 10) >= neededMajor) {
  if (process.env.NODE_COMPILE_CACHE === undefined)
    nodeModule.enableCompileCache(path.join(root, ".cache", "compile"));
  await import("./start.ts");
} else {
  startOnCarriedNode();
}

/** Starts this file again on the Node that the repository carries; signals and the exit code pass through. */
function startOnCarriedNode() {
  const carried = path.join(root, "node_modules", ".bin", "node");
  if (!existsSync(carried)) {
    process.stderr.write(
      `TokenHub needs Node ${neededMajor}, this is Node ${process.versions.node}: run \`npm start\`, which brings its own, or install Node ${neededMajor}.\n`,
    );
    process.exitCode = 1;
    return;
  }
  // The channel closes when this process dies, which tells the other one to stop.
  const child = spawn(carried, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  // Ctrl-C reaches the child directly, as a member of the same process group; here it must only not end the waiting.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    process.stderr.write(`The Node in node_modules cannot be started (${error.message}): run \`npm ci\`.\n`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}
