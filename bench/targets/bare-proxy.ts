import path from "node:path";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { answersOk } from "../processes/answers-ok.ts";
import { startChild } from "../processes/child-process.ts";
import { cleanEnvironment } from "../processes/clean-environment.ts";
import { chatPath, type StartedTarget, type TargetContext } from "./target.ts";

/** `bench/bare-proxy.ts`: the floor for a gateway in this language. */
export async function startBareProxy(context: TargetContext): Promise<StartedTarget> {
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = await startChild(
    {
      name: "bare proxy",
      command: process.execPath,
      args: [path.join(context.root, "bench", "bare-proxy.ts"), String(port), context.upstreamUrl],
      environment: cleanEnvironment(),
      workingFolder: context.root,
      logFile: path.join(context.workFolder, "bare-proxy.log"),
      isReady: () => answersOk(`${origin}/__mock/health`),
    },
    context,
  );
  const target = {
    name: "bare-proxy",
    description: "node:http + undici, one process, passes bytes through and does nothing else",
    request: {
      origin,
      path: chatPath,
      headers: { "content-type": "application/json", authorization: "Bearer upstream-key" },
    },
    processes: [child],
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  } as const;
  return { kind: "started", target };
}
