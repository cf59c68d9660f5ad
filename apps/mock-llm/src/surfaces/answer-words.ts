import type { Answer } from "../answer/answer.ts";
import { endlessWords, splitWords } from "../answer/words.ts";

/** The words of the answer's text, one per token; without end when the answer is endless. */
export function answerWords(answer: Answer): Iterable<string> {
  return answer.isEndless ? endlessWords() : splitWords(answer.text ?? "");
}
