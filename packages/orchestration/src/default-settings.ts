import type { ModelWish, RunSettings } from "@tokenhub/contracts";
import type { RunMode } from "./run-mode.ts";

/** The router picks the model. */
export const anyModel: ModelWish = { modelId: null, allowFallback: true, minWeight: null };

/** What a caller who states nothing wants of a mode, before the mode normalises it: 0 stands for the mode's default. */
export function defaultSettings(mode: Pick<RunMode, "name" | "version">): RunSettings {
  return {
    mode: mode.name,
    modeVersion: mode.version,
    rounds: 0,
    voters: 0,
    planOnly: false,
    refines: true,
    stopsWhenAccepted: false,
    primary: anyModel,
    review: anyModel,
    options: {},
  };
}
