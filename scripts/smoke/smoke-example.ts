import type { ZodType } from "zod";

/** A documented command and what its answer has to be. */
export interface SmokeExample {
  /** Unique among all examples. */
  readonly name: string;
  /** A curl command as the documents print it: for http://localhost:8080, whatever the port of the run. */
  readonly command: string;
  readonly status: number;
  /** Checks the answer: the value of a JSON body, the text of any other. */
  readonly answer: ZodType;
}

/** A start of TokenHub and the examples that belong to it, in the order in which a reader tries them. */
export interface SmokeScenario {
  readonly name: string;
  /** File name of a configuration in `samples/`; null: none. */
  readonly configuration: string | null;
  /** Whether a stand-in for OpenAI, Anthropic and vLLM answers instead of the real ones. */
  readonly usesStandIn: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly examples: readonly SmokeExample[];
}
