import { until } from "@tokenhub/testkit";
import { toFile, type OpenAI } from "openai";

export type LineBody = Record<string, unknown>;

export const chatBody = (text: string, model = "gpt-test"): LineBody => ({
  model,
  messages: [{ role: "user", content: text }],
});

/** A line of an input file; members that are stated replace its own. */
export function lineOf(customId: string, members: Record<string, unknown> = {}): string {
  return JSON.stringify({
    custom_id: customId,
    method: "POST",
    url: "/v1/chat/completions",
    body: chatBody(`question ${customId}`),
    ...members,
  });
}

export async function uploadInput(client: OpenAI, text: string): Promise<string> {
  const file = await toFile(Buffer.from(text), "input.jsonl");
  return (await client.files.create({ purpose: "batch", file })).id;
}

export async function createBatch(
  client: OpenAI,
  text: string,
  params: Partial<OpenAI.BatchCreateParams> = {},
): Promise<OpenAI.Batch> {
  return client.batches.create({
    input_file_id: await uploadInput(client, text),
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...params,
  });
}

const finalStates: readonly OpenAI.Batch["status"][] = ["failed", "completed", "expired", "cancelled"];

export function untilBatchEnds(client: OpenAI, id: string): Promise<OpenAI.Batch> {
  return until(
    "the end of the batch",
    async () => {
      const batch = await client.batches.retrieve(id);
      return finalStates.includes(batch.status) ? batch : null;
    },
    30_000,
  );
}

/** The parsed lines of a file; none for a file that is not there. */
export async function linesOf(client: OpenAI, fileId: string | undefined): Promise<ResultLine[]> {
  if (fileId === undefined) return [];
  const text = await (await client.files.content(fileId)).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as ResultLine);
}

interface ResultLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string;
    /** As far as the tests look into it. */
    readonly body: {
      readonly choices: readonly { readonly message: { readonly content: string }; readonly text: string }[];
      readonly data: readonly { readonly embedding: readonly number[] }[];
      readonly error: { readonly code: string };
    };
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}
