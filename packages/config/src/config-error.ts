/**
 * A mistake in the configuration that stops the start. `message` is one sentence for the operator: what is wrong, where,
 * and what to set. It never contains the value of a secret.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
