import { callSpecSchema, TokenHubError } from "@tokenhub/contracts";
import { z } from "zod";
import { defaultSettings } from "./default-settings.ts";
import { placeholdersOf } from "./fill-template.ts";
import type { RunMode, RunStep } from "./run-mode.ts";

const functionSchema = z.custom<(...input: never[]) => unknown>(
  (value) => typeof value === "function",
  "must be a function",
);
const nameSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}$/,
    "must be lower-case letters, digits and `-`, at most 31, beginning with a letter",
  );

const modeSchema = z.object({
  name: nameSchema,
  version: z.int("must be a whole number").positive("must be above 0"),
  description: z.string("must be a text"),
  phases: z
    .array(z.object({ name: nameSchema, role: z.string().min(1), description: z.string() }), "must be a list")
    .min(1, "must name at least one phase"),
  templates: z.record(z.string(), z.string("must be a text"), "must be an object of texts"),
  normalise: functionSchema,
  worstCase: functionSchema,
  next: functionSchema,
  artefacts: functionSchema.optional(),
});

/**
 * The mode that a module of the operator's exports as `mode` (or as its default). Beyond its shape, it is tried with the
 * settings of a caller who states nothing: they must be valid, have a worst case, and lead to a first call.
 * @throws TokenHubError `invalid_request` saying what is wrong
 */
export function validateCustomMode(exported: Readonly<Record<string, unknown>>): RunMode {
  const candidate = exported["mode"] ?? exported["default"];
  if (candidate === undefined) throw invalid("it exports no `mode`");
  const checked = modeSchema.safeParse(candidate);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const path = ["mode", ...(issue?.path ?? [])].join(".");
    throw invalid(`\`${path}\` ${issue?.message ?? "is invalid"}`);
  }
  // The object itself, not the checked copy: its functions may use `this`.
  const mode = candidate as RunMode;
  for (const [name, text] of Object.entries(mode.templates)) checkTemplate(name, text);
  tryMode(mode);
  return mode;
}

function invalid(what: string, cause?: unknown): TokenHubError {
  return new TokenHubError("invalid_request", `The module is no orchestration mode: ${what}.`, { cause });
}

function checkTemplate(name: string, text: string): void {
  const wrong = placeholdersOf(text).find((placeholder) => !/^[a-z][a-z0-9_]*$/.test(placeholder));
  if (wrong !== undefined)
    throw invalid(
      `template \`${name}\` has the placeholder {{${wrong}}}, which is not lower-case letters, digits and \`_\``,
    );
}

function tryMode(mode: RunMode): void {
  const normalised = attempt("normalise", () => mode.normalise(defaultSettings(mode)));
  if (normalised?.kind !== "ok")
    throw invalid("`normalise` refuses the settings of a caller who states nothing");
  const { settings } = normalised;
  const planned = attempt("worstCase", () => mode.worstCase(settings));
  if (!Array.isArray(planned) || planned.length === 0) throw invalid("`worstCase` lists no call");
  const step = attempt("next", () => mode.next({ settings, answers: new Map(), calls: new Map() }));
  checkFirstStep(mode, { step, callsMax: planned.length });
}

function attempt<Result>(name: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw invalid(`\`${name}\` throws an error for the settings of a caller who states nothing`, cause);
  }
}

function checkFirstStep(mode: RunMode, { step, callsMax }: { step: RunStep; callsMax: number }): void {
  if (step?.kind !== "calls" || step.calls.length === 0) throw invalid("`next` begins with no call");
  if (step.calls.length > callsMax) throw invalid("`next` begins with more calls than `worstCase` lists");
  for (const spec of step.calls) {
    const checked = callSpecSchema.safeParse(spec);
    if (!checked.success)
      throw invalid(
        `\`next\` begins with a call that is malformed at \`${checked.error.issues[0]?.path.join(".")}\``,
      );
    for (const name of [spec.system, spec.ask?.template ?? null])
      if (name !== null && !Object.hasOwn(mode.templates, name))
        throw invalid(`call \`${spec.callId}\` names the template \`${name}\`, which the mode does not have`);
  }
}
