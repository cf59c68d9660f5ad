import { z } from "zod";

const chatSchema = z.object({ choices: z.tuple([z.object({ message: z.object({ content: z.string() }) })]) });
const messageSchema = z.object({ content: z.tuple([z.object({ text: z.string() })]) });
const pieceSchema = z.union([
  z
    .object({ choices: z.tuple([z.object({ delta: z.object({ content: z.string() }) })]) })
    .transform(({ choices: [{ delta }] }) => delta.content),
  z
    .object({ type: z.literal("content_block_delta"), delta: z.object({ text: z.string() }) })
    .transform(({ delta }) => delta.text),
]);

/** The text of a chat completion or a message, whole or as the text of its stream; null when there is none. */
export function textOfAnswer(body: unknown): string | null {
  if (typeof body === "string") return textOfStream(body);
  const chat = chatSchema.safeParse(body);
  if (chat.success) return chat.data.choices[0].message.content;
  const message = messageSchema.safeParse(body);
  return message.success ? message.data.content[0].text : null;
}

function textOfStream(text: string): string | null {
  const pieces = text.split("\n").flatMap((line) => {
    if (!line.startsWith("data: {")) return [];
    const piece = pieceSchema.safeParse(JSON.parse(line.slice("data: ".length)));
    return piece.success ? [piece.data] : [];
  });
  return pieces.length === 0 ? null : pieces.join("");
}
