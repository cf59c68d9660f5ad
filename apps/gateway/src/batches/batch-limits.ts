const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** What files and batches may be, for everybody. */
export const batchLimits = {
  fileBytes: 209_715_200,
  /** Of all files of a tenant together. */
  storedBytes: 10_737_418_240,
  requests: 50_000,
  /** Beside its body: custom_id, method and url. */
  lineOverheadBytes: 8_192,
  customIdCharacters: 512,
  keptProblems: 100,
  openBatches: 100,
  /** Lines of one batch, and of all batches, that are jobs which have not ended. */
  unfinishedOfBatch: 500,
  unfinishedOfAll: 2_000,
  windowMs: dayMs,
  /** Files for batches, and what batches make, unless their owner says otherwise. */
  fileKeptMs: 30 * dayMs,
  /** Results of message batches, from the batch's creation on. */
  resultsKeptMs: 29 * dayMs,
  /** Batches that have ended. */
  batchKeptMs: 30 * dayMs,
  /** A file that is incomplete for so long was given up. */
  incompleteKeptMs: 2 * hourMs,
  uploadsAtOnce: 16,
} as const;

/** The endpoints that a batch of the OpenAI API may be for, and what a key must be allowed to do. */
export const batchEndpoints = {
  "/v1/chat/completions": "chat",
  "/v1/completions": "chat",
  "/v1/embeddings": "embeddings",
  "/v1/responses": "chat",
} as const;
