import { callSpecSchema, type CallSpec, type RunInput } from "@tokenhub/contracts";
import type { RunMode, RunStep, RunView } from "./run-mode.ts";

/**
 * The calls of a step that are new, or what is wrong with it. The built-in modes pass; a mode of the operator's own may
 * not, and the run is to end with a word about it rather than hang, overspend or crash a worker.
 */
export function checkCalls(
  step: Extract<RunStep, { kind: "calls" }>,
  { mode, input, view }: { readonly mode: RunMode; readonly input: RunInput; readonly view: RunView },
):
  | { readonly kind: "ok"; readonly fresh: readonly CallSpec[] }
  | { readonly kind: "fault"; readonly fault: string } {
  if (!Array.isArray(step.calls)) return { kind: "fault", fault: "it gave no list of calls" };
  const fresh = new Map<string, CallSpec>();
  for (const wanted of step.calls) {
    const checked = callSpecSchema.safeParse(wanted);
    if (!checked.success) {
      const path = checked.error.issues[0]?.path.join(".") ?? "";
      return { kind: "fault", fault: `a call it wants is malformed at \`${path}\`` };
    }
    const spec = checked.data;
    if (view.calls.has(spec.callId) || fresh.has(spec.callId)) continue;
    const fault = faultOf(spec, { input, view });
    if (fault !== null) return { kind: "fault", fault };
    fresh.set(spec.callId, spec);
  }
  if (fresh.size > 0 && view.calls.size + fresh.size > callsMax(mode, view))
    return { kind: "fault", fault: "it wants more calls than its worst case says" };
  return { kind: "ok", fresh: [...fresh.values()] };
}

function callsMax(mode: RunMode, view: RunView): number {
  try {
    return mode.worstCase(view.settings).length;
  } catch {
    // A worst case that cannot be told allows no call.
    return 0;
  }
}

function faultOf(
  spec: CallSpec,
  { input, view }: { readonly input: RunInput; readonly view: RunView },
): string | null {
  const templates = [spec.system, spec.ask?.template ?? null].filter((name) => name !== null);
  const unknown = templates.find((name) => !Object.hasOwn(input.templates, name));
  if (unknown !== undefined) return `call \`${spec.callId}\` names the unknown template \`${unknown}\``;
  for (const value of Object.values(spec.ask?.values ?? {}))
    if ("answerOf" in value && view.answers.get(value.answerOf)?.kind !== "answered")
      return `call \`${spec.callId}\` reads \`${value.answerOf}\`, which has no answer`;
  return null;
}
