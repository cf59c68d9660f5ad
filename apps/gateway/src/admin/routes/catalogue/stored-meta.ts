import type { Stored } from "@tokenhub/persistence";
import { z } from "zod";
import { timeText } from "../../fields.ts";

/** What the database knows of an entry, as answers show it. */
export function storedMeta({ source, version, createdAtMs, updatedAtMs }: Stored<unknown>) {
  return {
    source,
    version,
    created_at: timeText(createdAtMs),
    updated_at: timeText(updatedAtMs),
  };
}

export const readOnly = z
  .unknown()
  .optional()
  .meta({ description: "Read-only; ignored, so that what was read can be sent back." });

/** The same in a PUT body. */
export const storedMetaShape = {
  source: readOnly,
  version: readOnly,
  created_at: readOnly,
  updated_at: readOnly,
};
