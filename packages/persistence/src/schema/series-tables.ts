export interface SeriesTables {
  series_points: SeriesPointTable;
  series_progress: SeriesProgressTable;
  series_changes: SeriesChangeTable;
}

/** All values of one series in one span of time. Model and provider are empty text when a value belongs to none. */
export interface SeriesPointTable {
  metric: string;
  model_id: string;
  provider_id: string;
  resolution_s: number;
  bucket_ms: number;
  count: number;
  sum: number;
  min: number;
  max: number;
  histogram_json: string | null;
}

interface SeriesProgressTable {
  resolution_s: number;
  /** Every earlier bucket of this resolution has been made from the finer one. */
  downsampled_until_ms: number;
  /** Earlier points of this resolution are deleted. */
  pruned_before_ms: number;
}

/** A span that is over and was made already, or was to be made, when a late value came: it must be made again. */
interface SeriesChangeTable {
  resolution_s: number;
  span_ms: number;
  /** Writing it locks the row, so that no mark is lost between reading and deleting. */
  marks: number;
}
