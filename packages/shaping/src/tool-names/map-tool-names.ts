/** Names as a model knows them, each with the name its clients know: a model's `tool_name_map`. */
export type ToolNameMap = Readonly<Record<string, string>>;

/** Whom the names are for. */
export type ToolNameAudience = "client" | "model";

export interface ToolNameMapping {
  readonly map: ToolNameMap;
  readonly to: ToolNameAudience;
}

/**
 * A function that turns one side's tool names into the other's; names the map does not hold stay as they are. Towards the
 * model, the first of several model names for one client name is taken (`checkToolNameMap` tells of such maps).
 */
export function createToolNameMapper({ map, to }: ToolNameMapping): (name: string) => string {
  const entries = Object.entries(map);
  const names = new Map(
    to === "client" ? entries : entries.toReversed().map(([model, client]) => [client, model]),
  );
  return (name) => names.get(name) ?? name;
}

/** Turns the tool names of a request (`to: "model"`) or of an answer (`to: "client"`), in order. */
export function mapToolNames(names: readonly string[], mapping: ToolNameMapping): string[] {
  return names.map(createToolNameMapper(mapping));
}

/**
 * Why a map cannot be applied both ways, as a sentence; null when it can: each client name stands for one model name, and no
 * name is empty.
 */
export function checkToolNameMap(map: ToolNameMap): string | null {
  const seen = new Set<string>();
  for (const [model, client] of Object.entries(map)) {
    if (model === "" || client === "") return "A tool name is empty.";
    if (seen.has(client)) return `Two model names stand for the client name \`${client}\`.`;
    seen.add(client);
  }
  return null;
}
