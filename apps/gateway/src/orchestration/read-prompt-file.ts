import { ConfigError } from "@tokenhub/config";
import { readFile } from "node:fs/promises";
import { z } from "zod";

const promptsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * The operator's own prompts: a JSON file with an object of texts by name for each mode, e.g.
 * `{"adversarial": {"critique.system": "…"}}`. Whether the names fit is found when the modes are known.
 * @param path null: there are none.
 * @throws ConfigError in one sentence.
 */
export async function readPromptFile(path: string | null): Promise<z.infer<typeof promptsSchema>> {
  if (path === null) return {};
  const refuse = (reason: string, cause?: unknown): ConfigError =>
    new ConfigError(
      `TOKENHUB_ORCHESTRATION_PROMPTS names "${path}", which ${reason}; it must be a JSON object with, for each mode, an object of prompts by name.`,
      { cause },
    );
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw refuse("cannot be read as JSON", error);
  }
  const parsed = promptsSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw refuse(`has something else at \`${parsed.error.issues[0]?.path.join(".") ?? ""}\``);
}
