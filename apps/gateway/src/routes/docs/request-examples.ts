/** What the example of an endpoint sends. */
interface RequestExample {
  readonly body?: unknown;
  /** The fields of a form, in place of a body of JSON; `@name` sends a file of that name. */
  readonly form?: Readonly<Record<string, string>>;
  /** Values for the `{names}` in the path. */
  readonly pathValues?: Readonly<Record<string, string>>;
  /** What follows the path, e.g. `metric=latency`. */
  readonly query?: string;
}

export type RequestExamples = Readonly<Record<string, RequestExample>>;

const question = [{ role: "user", content: "Hello" }];

const exampleRun = "run_0123456789abcdef0123456789abcdef";
const exampleResponse = "resp_0123456789abcdef0123456789abcdef";
const exampleEndpoint = "we_0123456789abcdef0123456789abcdef";
const exampleDelivery = "whd_0123456789abcdef0123456789abcdef";
const exampleFile = "file-0123456789abcdef0123456789abcdef";
const exampleBatch = "batch_0123456789abcdef0123456789abcdef";
const exampleMessageBatch = "msgbatch_0123456789abcdef0123456789abcdef";
const exampleJob = "job_0123456789abcdef0123456789abcdef";

/** By path; small requests that name no model, so that they work whatever is configured. */
export const requestExamples: RequestExamples = {
  "/v1/chat": { body: { request: { messages: question }, policy: { mode: "cheap" } } },
  "/v1/completions": { body: { prompt: "Once upon a time" } },
  "/v1/chat/completions": { body: { messages: question } },
  "/v1/responses": { body: { input: "Hello" } },
  "/v1/responses/{id}": { pathValues: { id: exampleResponse } },
  "/v1/responses/{id}/cancel": { pathValues: { id: exampleResponse } },
  "/v1/responses/{id}/input_items": { pathValues: { id: exampleResponse } },
  "/v1/messages": { body: { max_tokens: 100, messages: question } },
  "/v1/embeddings": { body: { input: "Hello" } },
  "/v1/plan": {
    body: { request: { messages: question }, orchestration: { mode: "adversarial", iterations: 1 } },
  },
  "/v1/adversarial": { body: { prompt: "Design a system" } },
  "/v1/orchestrations": { body: { mode: "vote", messages: question } },
  "/v1/orchestrations/{id}": { pathValues: { id: exampleRun } },
  "/v1/orchestrations/{id}/cancel": { pathValues: { id: exampleRun } },
  "/v1/orchestrations/{id}/events": { pathValues: { id: exampleRun } },
  "/v1/jobs": {
    body: { endpoint: "/v1/chat/completions", body: { messages: question }, tags: ["nightly"] },
  },
  "/v1/jobs/{id}": { pathValues: { id: exampleJob } },
  "/v1/jobs/{id}/cancel": { pathValues: { id: exampleJob } },
  "/v1/jobs/{id}/events": { pathValues: { id: exampleJob } },
  "/v1/webhook_endpoints": {
    body: { name: "orders", url: "https://example.com/hook", event_types: ["job.succeeded", "job.failed"] },
  },
  "/v1/webhook_endpoints/{id}": {
    body: { event_types: ["job.failed"] },
    pathValues: { id: exampleEndpoint },
  },
  "/v1/webhook_endpoints/{id}/rotate_secret": {
    body: { keep_old_secret_active_for_24_hours: true },
    pathValues: { id: exampleEndpoint },
  },
  "/v1/webhook_endpoints/{id}/test": {
    body: { event_type: "job.succeeded" },
    pathValues: { id: exampleEndpoint },
  },
  "/v1/webhook_endpoints/{id}/enable": { pathValues: { id: exampleEndpoint } },
  "/v1/webhook_endpoints/{id}/deliveries": { pathValues: { id: exampleEndpoint } },
  "/v1/webhook_endpoints/{id}/deliveries/{delivery}/redeliver": {
    pathValues: { id: exampleEndpoint, delivery: exampleDelivery },
  },
  "/v1/webhook_endpoints/{id}/redeliver": {
    body: { since: 1_767_225_600, only_failed: true },
    pathValues: { id: exampleEndpoint },
  },
  "/v1/webhook_signing_secret/rotate": { body: {} },
  "/v1/files": { form: { purpose: "batch", file: "@requests.jsonl" } },
  "/v1/files/{id}": { pathValues: { id: exampleFile } },
  "/v1/files/{id}/content": { pathValues: { id: exampleFile } },
  "/v1/batches": {
    body: { input_file_id: exampleFile, endpoint: "/v1/chat/completions", completion_window: "24h" },
  },
  "/v1/batches/{id}": { pathValues: { id: exampleBatch } },
  "/v1/batches/{id}/cancel": { pathValues: { id: exampleBatch } },
  "/v1/messages/batches": {
    body: {
      requests: [{ custom_id: "one", params: { model: "mock-gpt-4", max_tokens: 100, messages: question } }],
    },
  },
  "/v1/messages/batches/{id}": { pathValues: { id: exampleMessageBatch } },
  "/v1/messages/batches/{id}/cancel": { pathValues: { id: exampleMessageBatch } },
  "/v1/messages/batches/{id}/results": { pathValues: { id: exampleMessageBatch } },
  "/v1/models/{id}": { pathValues: { id: "mock-gpt-4" } },
  "/admin/v1/providers": { body: { id: "my-provider", type: "mock", api_key: "any-key" } },
  "/admin/v1/providers/{id}": { body: { enabled: true, type: "mock" }, pathValues: { id: "mock" } },
  "/admin/v1/models": { body: { id: "my-model", provider_id: "mock", weight: 1 } },
  "/admin/v1/models/{id}": { body: { weight: 2 }, pathValues: { id: "mock-gpt-4" } },
  "/admin/v1/aliases": { body: { name: "quick", variants: [{ model_id: "mock-gpt-4" }] } },
  "/admin/v1/tsdb/query": { query: "metric=latency" },
  "/admin/v1/routing-config": { body: { default_mode: "cheap" } },
  "/admin/v1/routing/simulate": { body: { token_count: 1_000, strategy: "cheapest" } },
};
