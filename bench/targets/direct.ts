import { chatPath, type StartedTarget, type TargetContext } from "./target.ts";

/** No gateway at all: the load generator calls the upstream. */
export async function startDirect({ upstreamUrl }: TargetContext): Promise<StartedTarget> {
  const target = {
    name: "direct",
    description: "no gateway: the load generator calls the mock provider",
    request: {
      origin: upstreamUrl,
      path: chatPath,
      headers: { "content-type": "application/json", authorization: "Bearer upstream-key" },
    },
    processes: [],
    [Symbol.asyncDispose]: async () => undefined,
  } as const;
  return { kind: "started", target };
}
