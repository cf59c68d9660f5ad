export type Truth = 0 | 1;

/** What is said about keeping answers; see `CacheChoice`. */
export interface CacheChoiceColumns {
  cache_choice: "on" | "off" | null;
  cache_ttl_ms: number | null;
}

/** A row that several people may edit: whoever writes names the version that was read. */
export interface VersionedColumns {
  id: string;
  /** 1 for a new row, one more with every change of its content. */
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}
