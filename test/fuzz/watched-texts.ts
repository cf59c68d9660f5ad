/** Stands in prompts; no log line and no error may have it. */
export const upstreamPrompt = "a-prompt-nobody-else-may-read";
/** Stands where generated bodies give a provider its key; nothing may ever show it. */
export const plantedKey = "sk-planted-0123456789abcdef";
/** What generated bodies put into the vault; only reading the secret shows it. */
export const vaultedValue = "vaulted-0123456789abcdef";
