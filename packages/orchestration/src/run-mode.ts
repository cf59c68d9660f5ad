import type {
  CallFailure,
  CallOutcome,
  CallSpec,
  RunCall,
  RunOutcome,
  RunSettings,
} from "@tokenhub/contracts";

/** What a mode shows of its phases, in the public names; JSON. */
export type Artefacts = Extract<RunOutcome, { kind: "cancelled" }>["artefacts"];
export type JsonValue = Artefacts[string];

/** A way to answer one request by several calls, as a pure function of the calls' outcomes. */
export interface RunMode {
  /** What callers write, e.g. `adversarial`. */
  readonly name: string;
  /** Rises with every change of phases, prompts or rules, so that a run ends by the rules it began with. */
  readonly version: number;
  readonly description: string;
  readonly phases: readonly PhaseDescription[];
  /** The prompts by name. Placeholders are written `{{name}}`; an empty text sends no message. */
  readonly templates: Readonly<Record<string, string>>;
  /** Checks what the caller wants and fills in the defaults; normalised settings come back as they are. */
  normalise(settings: RunSettings): NormalisedSettings;
  /** Every call a run of these (normalised) settings can make, retries of the run apart. */
  worstCase(settings: RunSettings): readonly PlannedCall[];
  /** What follows from what is known; never from the order in which it became known. */
  next(run: RunView): RunStep;
  /** What a run that is ended from outside (cancelled, out of money or time) has to show; none when absent. */
  artefacts?(run: RunView): Artefacts;
}

export interface PhaseDescription {
  readonly name: string;
  readonly role: string;
  readonly description: string;
}

export type NormalisedSettings =
  | { readonly kind: "ok"; readonly settings: RunSettings }
  /** `param` is the public name of what is wrong, `message` a whole sentence. */
  | { readonly kind: "invalid"; readonly param: string; readonly message: string };

/** One call of the worst case, with what decides about its cost. Each carries the whole conversation. */
export interface PlannedCall {
  readonly callId: string;
  readonly phase: string;
  readonly role: string;
  /** Earlier calls whose answers it is given. */
  readonly reads: readonly string[];
  /** Names of the templates it is given. */
  readonly templates: readonly string[];
  /** Its own limit of output tokens; null: the caller's. */
  readonly maxOutputTokens: number | null;
}

/** What a mode sees of a run: its settings, and its calls without those of earlier attempts that failed. */
export interface RunView {
  readonly settings: RunSettings;
  readonly calls: ReadonlyMap<string, RunCall>;
  /** Outcomes by call id; calls still under way are absent. */
  readonly answers: ReadonlyMap<string, CallOutcome>;
}

export type RunStep =
  /** All calls that should have been begun by now; those that have been are passed over. */
  | { readonly kind: "calls"; readonly calls: readonly CallSpec[] }
  /** Nothing to do before another outcome comes. */
  | { readonly kind: "wait" }
  | {
      readonly kind: "finish";
      /** The call whose answer is the final one. */
      readonly callId: string;
      /** Instead of that answer's text. */
      readonly text?: string;
      /** Header-safe, e.g. `vote-orchestration`. */
      readonly reason: string;
      readonly artefacts: Artefacts;
      /** What the mode settled, told to those who follow the run. */
      readonly decision?: Artefacts;
    }
  | {
      readonly kind: "fail";
      /** The call that could not be done without; null when none is to blame. */
      readonly callId: string | null;
      readonly failure: CallFailure;
      readonly artefacts: Artefacts;
    };
