/** A provider module of the configuration could not be used; the message names it and says why. */
export class ProviderModuleError extends Error {
  override readonly name = "ProviderModuleError";
}
