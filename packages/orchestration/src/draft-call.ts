import type { CallSpec, ModelWish } from "@tokenhub/contracts";

/** The parts of a call a mode states; everything else has the usual value. */
export interface CallDraft extends Partial<Omit<CallSpec, "callId" | "phase" | "role" | "model">> {
  /** `<phase>.<number>`. */
  readonly callId: string;
  readonly role: string;
  readonly model: ModelWish & Partial<CallSpec["model"]>;
}

/**
 * A call with the usual values where none is given: the phase is what its id begins with, no prompt, the caller's tools and
 * parameters reach it, routing mode `normal`, no limits of its own, no other call's model to avoid.
 */
export function draftCall({ callId, role, model, ...stated }: CallDraft): CallSpec {
  return {
    callId,
    phase: phaseOf(callId),
    role,
    system: null,
    ask: null,
    carriesTools: true,
    carriesParameters: true,
    routingMode: "normal",
    maxOutputTokens: null,
    temperature: null,
    ...stated,
    model: { avoidModelIds: [], avoidProviderIds: [], rank: 0, ...model },
  };
}

/** `critique` of `critique.2`. */
export function phaseOf(callId: string): string {
  return callId.slice(0, callId.lastIndexOf("."));
}
