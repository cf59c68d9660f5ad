import path from "node:path";
import { loadProductConfig, type Environment } from "@tokenhub/config";

/** Where an installation keeps what a backup needs. */
export interface Installation {
  /** Absolute; null: the database is PostgreSQL. */
  readonly databaseFile: string | null;
  /** Absolute. */
  readonly dataFolder: string;
}

/** Reads the same settings as the services. @throws ConfigError */
export async function readInstallation({
  environment,
  root,
}: {
  readonly environment: Environment;
  readonly root: string;
}): Promise<Installation> {
  const { database, dataDirectory } = await loadProductConfig({ configPath: null, env: environment });
  return {
    databaseFile: database.kind === "sqlite" ? path.resolve(root, database.path) : null,
    dataFolder: path.resolve(root, dataDirectory),
  };
}
