import type { Capability } from "@tokenhub/contracts";
import { jsonText } from "./json-value.ts";
import { utf8Length } from "./utf8-length.ts";

/** Fixed estimates for what has no text to measure, in tokens. */
export const mediaTokenEstimates = { image: 1_024, document: 3_000, audio: 1_000 } as const;

/** Sums up a request. Text of one message is added up before it is divided, so that many small parts cost no rounding. */
export interface InputEstimate {
  /** A message, system prompt or tool result, by the bytes of its text. */
  addText(bytes: number): void;
  addTool(definition: unknown): void;
  addMedia(kind: keyof typeof mediaTokenEstimates): void;
  need(capability: Capability): void;
  readonly tokens: number;
  /** In the order of `needOrder`. */
  needs(): Capability[];
}

const needOrder: readonly Capability[] = ["tools", "images", "structured_output", "reasoning"];

export function createInputEstimate(): InputEstimate {
  let tokens = 0;
  const needed = new Set<Capability>();
  return {
    addText: (bytes) => {
      tokens += Math.floor(bytes / 4);
    },
    addTool: (definition) => {
      tokens += Math.floor(utf8Length(jsonText(definition)) / 4);
      needed.add("tools");
    },
    addMedia: (kind) => {
      tokens += mediaTokenEstimates[kind];
      if (kind === "image") needed.add("images");
    },
    need: (capability) => {
      needed.add(capability);
    },
    get tokens() {
      return tokens;
    },
    needs: () => needOrder.filter((capability) => needed.has(capability)),
  };
}
