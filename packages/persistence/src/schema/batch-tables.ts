import type { Truth } from "./columns.ts";

export interface BatchTables {
  files: FileTable;
  file_pieces: FilePieceTable;
  batches: BatchTable;
}

export interface FileTable {
  id: string;
  tenant_id: string;
  project_id: string | null;
  filename: string;
  purpose: string;
  bytes: number;
  /** 0 while it is being written, and while it is being deleted. */
  is_complete: Truth;
  /** 1 for files that no caller sees, e.g. the lines of a message batch. */
  is_internal: Truth;
  created_at_ms: number;
  expires_at_ms: number | null;
}

/** A file's bytes in pieces of bounded size. */
interface FilePieceTable {
  file_id: string;
  /** From 0. */
  number: number;
  /** Where it begins in the file. */
  offset_bytes: number;
  content: Uint8Array;
}

export type BatchState =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

export interface BatchTable {
  id: string;
  surface: "openai" | "anthropic";
  tenant_id: string;
  project_id: string | null;
  key_id: string | null;
  endpoint: string;
  input_file_id: string;
  output_file_id: string | null;
  error_file_id: string | null;
  state: BatchState;
  completion_window: string;
  /** How long output and error file are kept from their creation on; null: the installation's own time. */
  output_expires_after_ms: number | null;
  metadata_json: string | null;
  /** Headers of the request that mean something to the execution of its lines. */
  headers_json: string;
  /** What all its lines name; null when they name several, or are not known yet. */
  model: string | null;
  /** What is wrong with the input, by line. */
  problems_json: string | null;
  /** The gateway that works on it. */
  owner: string | null;
  /** Lines of the input; 0 while it is validated. */
  total: number;
  /** The first line that is no job yet, from 1, and where it begins. */
  next_line: number;
  next_offset_bytes: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  expired: number;
  /** Of all lines; null until the end. */
  input_tokens: number | null;
  output_tokens: number | null;
  created_at_ms: number;
  in_progress_at_ms: number | null;
  expires_at_ms: number;
  finalizing_at_ms: number | null;
  cancelling_at_ms: number | null;
  finished_at_ms: number | null;
}
