import { loadConfigFile } from "./config-file.ts";
import { readEnvironment, type Environment } from "./environment.ts";
import { parseProductConfig } from "./parse-product-config.ts";
import type { ProductConfig } from "./product-config.ts";
import { resolveProductConfig } from "./resolve-product-config.ts";

/** The file that is read when neither `-config` nor `TOKENHUB_CONFIG` names one; it may be absent. */
export const defaultConfigPath = "config/config.yaml";

/**
 * The whole way from command line and environment to the configuration of this installation.
 * @param configPath the value of `-config`; null when it was not given.
 * @throws ConfigError with one sentence for the operator.
 */
export async function loadProductConfig({
  configPath,
  env,
}: {
  readonly configPath: string | null;
  readonly env: Environment;
}): Promise<ProductConfig> {
  const named = configPath ?? readEnvironment(env).envString("TOKENHUB_CONFIG");
  const file = await loadConfigFile(named ?? defaultConfigPath, { required: named !== null });
  return resolveProductConfig({ file: file === null ? null : parseProductConfig(file.raw, file), env });
}
