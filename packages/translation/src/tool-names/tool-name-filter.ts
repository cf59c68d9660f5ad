import { createSseDataFilter, type SseFilter } from "../sse-filter.ts";
import { renameToolsInEvent, type ToolRenaming } from "./rename-tools.ts";

/**
 * Replaces the model's tool names by its clients' in a stream of the given format. A name is replaced where it is said
 * whole, as all servers do: in a call's first delta, in the start of a `tool_use` block.
 */
export function createToolNameFilter(renaming: ToolRenaming): SseFilter {
  return createSseDataFilter((data) => renameToolsInEvent(data, renaming));
}
