import {
  batchListQuerySchema,
  batchListSchema,
  batchObjectSchema,
  createBatchRequestSchema,
  createMessageBatchRequestSchema,
  expiresAfterSchema,
  fileListQuerySchema,
  fileListSchema,
  fileObjectSchema,
  messageBatchListQuerySchema,
  messageBatchListSchema,
  messageBatchSchema,
  uploadPurposes,
} from "@tokenhub/contracts/api";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const answer = (description: string, schema: z.ZodType) => ({ description, content: json(schema) });
const notFound = { "404": { description: "There is none of this id." } };
const ended = { "409": { description: "It has ended, or has not yet; the message says which." } };
const fileId = { path: z.object({ id: z.string().meta({ description: "Id of a file." }) }) };
const batchId = { path: z.object({ id: z.string().meta({ description: "Id of a batch." }) }) };
const bytes = z.string().meta({ format: "binary" });

const files: ZodOpenApiPathsObject = {
  "/v1/files": {
    post: {
      summary: "Upload a file",
      tags: ["Batches"],
      requestBody: {
        required: true,
        content: {
          "multipart/form-data": {
            schema: z.object({
              purpose: z.enum(uploadPurposes),
              file: bytes,
              expires_after: expiresAfterSchema.optional(),
            }),
          },
        },
      },
      responses: {
        "200": answer("The file.", fileObjectSchema),
        "413": { description: "It is larger than 200 MB." },
        "415": { description: "It is no form." },
      },
    },
    get: {
      summary: "List files",
      tags: ["Batches"],
      requestParams: { query: fileListQuerySchema },
      responses: { "200": answer("A page of them.", fileListSchema) },
    },
  },
  "/v1/files/{id}": {
    get: {
      summary: "Get a file without its bytes",
      tags: ["Batches"],
      requestParams: fileId,
      responses: { "200": answer("The file.", fileObjectSchema), ...notFound },
    },
    delete: {
      summary: "Delete a file",
      tags: ["Batches"],
      requestParams: fileId,
      responses: {
        "200": answer(
          "It is gone.",
          z.object({ id: z.string(), object: z.literal("file"), deleted: z.literal(true) }),
        ),
        ...notFound,
        "409": { description: "A batch that has not ended reads it." },
      },
    },
  },
  "/v1/files/{id}/content": {
    get: {
      summary: "Read a file's bytes",
      tags: ["Batches"],
      requestParams: fileId,
      responses: {
        "200": { description: "The bytes.", content: { "application/octet-stream": { schema: bytes } } },
        ...notFound,
      },
    },
  },
};

const batches: ZodOpenApiPathsObject = {
  "/v1/batches": {
    post: {
      summary: "Create a batch of requests from a file",
      tags: ["Batches"],
      requestBody: { required: true, content: json(createBatchRequestSchema) },
      responses: {
        "200": answer("The batch; its lines are checked next.", batchObjectSchema),
        "404": { description: "There is no file of this id." },
      },
    },
    get: {
      summary: "List batches, newest first",
      tags: ["Batches"],
      requestParams: { query: batchListQuerySchema },
      responses: { "200": answer("A page of them.", batchListSchema) },
    },
  },
  "/v1/batches/{id}": {
    get: {
      summary: "Get a batch",
      tags: ["Batches"],
      requestParams: batchId,
      responses: { "200": answer("The batch as it stands.", batchObjectSchema), ...notFound },
    },
  },
  "/v1/batches/{id}/cancel": {
    post: {
      summary: "Cancel a batch",
      tags: ["Batches"],
      requestParams: batchId,
      responses: {
        "200": answer("The batch as it stands; one that was cancelled stays as it is.", batchObjectSchema),
        ...notFound,
        ...ended,
      },
    },
  },
};

const messageBatches: ZodOpenApiPathsObject = {
  "/v1/messages/batches": {
    post: {
      summary: "Create a batch of messages",
      tags: ["Batches"],
      requestBody: { required: true, content: json(createMessageBatchRequestSchema) },
      responses: {
        "200": answer("The batch.", messageBatchSchema),
        "400": { description: "The message names the first request that cannot be used." },
        "413": { description: "The body is larger than 200 MB." },
      },
    },
    get: {
      summary: "List batches of messages, newest first",
      tags: ["Batches"],
      requestParams: { query: messageBatchListQuerySchema },
      responses: { "200": answer("A page of them.", messageBatchListSchema) },
    },
  },
  "/v1/messages/batches/{id}": {
    get: {
      summary: "Get a batch of messages",
      tags: ["Batches"],
      requestParams: batchId,
      responses: { "200": answer("The batch as it stands.", messageBatchSchema), ...notFound },
    },
    delete: {
      summary: "Delete a batch of messages that has ended",
      tags: ["Batches"],
      requestParams: batchId,
      responses: {
        "200": answer(
          "It is gone with its results.",
          z.object({ id: z.string(), type: z.literal("message_batch_deleted") }),
        ),
        ...notFound,
        ...ended,
      },
    },
  },
  "/v1/messages/batches/{id}/cancel": {
    post: {
      summary: "Cancel a batch of messages",
      tags: ["Batches"],
      requestParams: batchId,
      responses: { "200": answer("The batch as it stands.", messageBatchSchema), ...notFound, ...ended },
    },
  },
  "/v1/messages/batches/{id}/results": {
    get: {
      summary: "Read the results of a batch of messages",
      tags: ["Batches"],
      requestParams: batchId,
      responses: {
        "200": {
          description: "One JSON object in each line: `custom_id` and `result`.",
          content: { "application/x-jsonl": { schema: z.string() } },
        },
        ...notFound,
        ...ended,
      },
    },
  },
};

/** The paths of files and batches, for the reference. */
export const batchPaths: ZodOpenApiPathsObject = { ...files, ...batches, ...messageBatches };
