import { get } from "node:http";
import path from "node:path";
import type { Environment } from "@tokenhub/config";
import { findFreePort } from "./free-port.ts";
import type { ProcessSpec } from "./supervise-process.ts";

/** A service that the start command runs. */
export interface ServiceDefinition {
  readonly name: string;
  /** Its entry file. */
  readonly entry: string;
  /** Of its own, before those of the whole start. */
  readonly nodeArguments: readonly string[];
}

/**
 * What every service process gets besides its settings. One malloc arena: the runtime's helper threads would otherwise each
 * keep megabytes of their own, while the objects of the program live in the collected heap anyway. Pieces of 64 kB and more
 * are mapped singly, so that what start-up took goes back to the system.
 */
export const processTuning = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: "65536" } as const;

/**
 * What an orchestrator loads is forgotten a moment later. With room for young objects it keeps a hundred megabytes of that; the
 * more frequent small collections cost nothing that can be measured (`node bench/orchestration.ts`).
 */
export function nodeArgumentsOf(service: string): readonly string[] {
  return service === "orchestrator-worker" ? ["--max-semi-space-size=2"] : [];
}

/** The services of TokenHub in the order in which they are stopped: whoever takes in work goes first. */
export function serviceDefinitions(root: string): ServiceDefinition[] {
  return ["gateway", "orchestrator-worker", "router-worker", "provider-worker", "webhook-worker"].map(
    (name) => ({
      name,
      entry: path.join(root, "apps", name, "src", "main.ts"),
      nodeArguments: nodeArgumentsOf(name),
    }),
  );
}

export interface ServiceSpecOptions {
  readonly root: string;
  readonly nodeArguments: readonly string[];
  /** What all services get; TOKENHUB_ADMIN_PORT is added for each start. */
  readonly environment: Environment;
}

/** How a service is run: by this Node, configured by its environment only, ready when `/readyz` on its admin port says so. */
export function serviceSpec(
  { name, entry, nodeArguments: ownArguments }: ServiceDefinition,
  options: ServiceSpecOptions,
): ProcessSpec {
  const { root, nodeArguments, environment } = options;
  return {
    name,
    kind: "service",
    startAttempts: 5,
    async prepare() {
      const adminPort = await findFreePort();
      return {
        command: process.execPath,
        arguments: [...ownArguments, ...nodeArguments, entry],
        environment: { ...processTuning, ...environment, TOKENHUB_ADMIN_PORT: String(adminPort) },
        workingFolder: root,
        input: null,
        isReady: () => answersOk(`http://127.0.0.1:${adminPort}/readyz`),
      };
    },
  };
}

function answersOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}
