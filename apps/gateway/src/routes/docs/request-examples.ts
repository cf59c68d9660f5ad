/** What the example of an endpoint sends. */
interface RequestExample {
  readonly body?: unknown;
  /** Values for the `{names}` in the path. */
  readonly pathValues?: Readonly<Record<string, string>>;
}

export type RequestExamples = Readonly<Record<string, RequestExample>>;

const question = [{ role: "user", content: "Hello" }];

/** By path; small requests that name no model, so that they work whatever is configured. */
export const requestExamples: RequestExamples = {
  "/v1/chat/completions": { body: { messages: question } },
  "/v1/messages": { body: { max_tokens: 100, messages: question } },
  "/v1/embeddings": { body: { input: "Hello" } },
  "/v1/models/{id}": { pathValues: { id: "mock-gpt-4" } },
};
