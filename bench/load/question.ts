/** A chat request, and the only answer that counts as right. */
export interface Question {
  readonly body: string;
  readonly expectedText: string;
  readonly stream: boolean;
}

const instructions =
  "You are a careful assistant of a support team. Read the whole question before you answer, keep to the facts you were " +
  "given, say so when something is missing, and never invent an order, a price, a name or a date. Answer in the language " +
  "of the question, in short sentences, without headings and without repeating the question. When the customer is upset, " +
  "stay calm and polite, and offer the next step instead of an excuse. Prices are in US dollars and include taxes; " +
  "delivery takes three to five working days inside the country and up to fourteen abroad; returns are free within " +
  "thirty days when the article is unused. Never ask for a password or a card number. If the question is about law, tax " +
  "or health, say that a person will call back within one working day and ask for a time that suits.";

/** 24 words: with the 6 of `Mock answer from <model>: request <number>` in front they are `answerTokens`. */
const fillerWords = "of a b c d e f g where is my order it was due on the first day of may please tell me";

/**
 * A function that makes questions of about 1 KB. Each has a number of its own and the upstream echoes the user's message,
 * so neither a cached answer nor another caller's answer can pass for the right one.
 */
export function questionsFor({
  model,
  stream,
}: {
  readonly model: string;
  readonly stream: boolean;
}): (sequence: number) => Question {
  const placeholder = "<number>";
  const template = JSON.stringify({
    model,
    messages: [
      { role: "system", content: instructions },
      { role: "user", content: `request ${placeholder} ${fillerWords}` },
    ],
    max_tokens: 200,
    temperature: 0.2,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  });
  const [before = "", after = ""] = template.split(placeholder);
  return (sequence) => ({
    body: `${before}${sequence}${after}`,
    expectedText: `Mock answer from ${model}: request ${sequence} ${fillerWords}`,
    stream,
  });
}
