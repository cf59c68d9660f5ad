import type { Catalogue } from "@tokenhub/contracts";
import type { RequestHandler } from "express";

export interface HealthDeps {
  readonly catalogue: () => Catalogue;
  /** One entry per dependency; null means reachable, a string says what is wrong. */
  readonly checkDependencies: () => Promise<Record<string, string | null>>;
  readonly isDraining: () => boolean;
}

/** `GET /health`: always 200 while the process lives. */
export const alive: RequestHandler = (_request, response) => {
  response.json({ status: "healthy" });
};

/** `GET /healthz`: 200 while Redis and the database are reachable; no provider at all is no reason to restart. */
export function healthz({ catalogue, checkDependencies }: HealthDeps): RequestHandler {
  return async (_request, response) => {
    const isHealthy = Object.values(await checkDependencies()).every((fault) => fault === null);
    const { providers, models } = catalogue();
    response
      .status(isHealthy ? 200 : 503)
      .json({ status: isHealthy ? "ok" : "unavailable", adapters: providers.length, models: models.length });
  };
}

/** `GET /readyz`: whether requests should be sent here, with the state of each dependency. */
export function readyz({ checkDependencies, isDraining }: HealthDeps): RequestHandler {
  return async (_request, response) => {
    const dependencies = await checkDependencies();
    const isReady = !isDraining() && Object.values(dependencies).every((fault) => fault === null);
    response
      .status(isReady ? 200 : 503)
      .json({ status: isReady ? "ready" : isDraining() ? "draining" : "not ready", dependencies });
  };
}
