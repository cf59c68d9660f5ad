/** The variables of this process without those that would change how a target behaves; everybody gets the same. */
export function cleanEnvironment(): Record<string, string> {
  const ours =
    /^(TOKENHUB_|npm_|NODE_|OPENAI_|ANTHROPIC_|REDIS_URL$|DATABASE_URL$|TRUSTED_CUSTOM_HOSTS$|HOST$|PORT$)/;
  const kept: Record<string, string> = { NODE_ENV: "production" };
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !ours.test(name)) kept[name] = value;
  }
  return kept;
}
