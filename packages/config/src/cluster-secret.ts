import { ConfigError } from "./config-error.ts";
import type { EnvironmentReader } from "./environment.ts";
import { Secret } from "./secret.ts";

/**
 * The cluster secret of the environment; null when it is not set. Its file is not read here: the gateway makes it when it is
 * missing, and the workers wait for it.
 *
 * @throws ConfigError when it is not 64 hexadecimal digits
 */
export function readClusterSecret(reader: EnvironmentReader): Secret | null {
  const text = reader.envString("TOKENHUB_CLUSTER_SECRET");
  if (text === null) return null;
  if (/^[0-9a-fA-F]{64}$/.test(text)) return new Secret(text);
  throw new ConfigError(
    "TOKENHUB_CLUSTER_SECRET is not 64 hexadecimal digits; make one with -generate-key and give it to every service.",
  );
}
