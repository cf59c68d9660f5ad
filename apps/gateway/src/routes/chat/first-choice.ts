import { TokenHubError } from "@tokenhub/contracts";
import { z } from "zod";

const completionSchema = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage: z.looseObject({ total_tokens: z.number() }).nullish(),
});

/** What the flat and shaped answers take from a chat completion. */
export interface FirstChoice {
  readonly text: string;
  readonly finishReason: string | null;
  readonly totalTokens: number | null;
}

/** Reads a chat completion of ours. @throws TokenHubError `provider_bad_response` when it has no choice. */
export function firstChoiceOf(completion: unknown): FirstChoice {
  const parsed = completionSchema.safeParse(completion);
  const choice = parsed.success ? parsed.data.choices[0] : undefined;
  if (!parsed.success || choice === undefined)
    throw new TokenHubError("provider_bad_response", "The provider's answer has no choice to return.");
  return {
    text: choice.message.content ?? "",
    finishReason: choice.finish_reason ?? null,
    totalTokens: parsed.data.usage?.total_tokens ?? null,
  };
}
