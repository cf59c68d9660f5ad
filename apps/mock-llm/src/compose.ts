import { randomBytes } from "node:crypto";
import { openCallFile } from "./calls/call-file.ts";
import { CallLog } from "./calls/call-log.ts";
import type { RecordedCall } from "./calls/recorded-call.ts";
import { defaultConfig, type MockLlmConfig } from "./config.ts";
import { parsePlan, parsePlans, type Plan } from "./plans/plan.ts";
import { PlanBook } from "./plans/plan-book.ts";
import { readPlanFile } from "./plans/read-plan-file.ts";
import { RateLimiter } from "./rate-limit/rate-limiter.ts";
import { listen, shutDown } from "./server/http-server.ts";
import { OpenExchanges } from "./server/open-exchanges.ts";
import { handleRequest, type HandlerDeps } from "./server/request-handler.ts";
import { sendJson } from "./server/send-json.ts";

export type { CallOutcome, RecordedCall } from "./calls/recorded-call.ts";
export type { Plan, PlannedToolCall } from "./plans/plan.ts";
export type { FaultStep, Step } from "./plans/step.ts";
export { credentialHash } from "./calls/redact-headers.ts";
export { defaultConfig, loadConfig, type MockLlmConfig } from "./config.ts";
export { defaultDimensions, embeddingVector } from "./answer/embedding-vector.ts";

/** A running mock. Disposing of it stops it: see `MockLlmConfig.shutdownGraceMs`. */
export interface MockLlm extends AsyncDisposable {
  /** Without a slash at the end; OpenAI's base URL is `${url}/v1`, Anthropic's is `url`. */
  readonly url: string;
  readonly port: number;
  /** Plans by model name; a copy. */
  readonly plans: ReadonlyMap<string, Plan>;
  /** How many calls are not finished. */
  readonly inFlight: number;
  /**
   * Sets the plan of a model (`*`: all models without a plan of their own) and starts its steps from the first.
   *
   * @throws PlanError when the plan does not fit its schema.
   */
  plan(modelName: string, plan: Plan): void;
  clearPlans(): void;
  /** The remembered calls, oldest first. */
  calls(): readonly RecordedCall[];
  /** Forgets the calls so far; indexes go on. */
  clearCalls(): void;
  /**
   * The first call, past or future, that the predicate accepts; it is asked when a call begins, hangs and ends.
   *
   * @throws Error when there is none in time.
   */
  waitForCall(predicate: (call: RecordedCall) => boolean, timeoutMs: number): Promise<RecordedCall>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MockLlmOverrides {
  readonly plans?: Readonly<Record<string, Plan>>;
  /** Unix milliseconds; pacing sleeps real time whatever it says. */
  readonly now?: () => number;
  /** Part of every id the mock gives; random unless set. */
  readonly instanceId?: string;
}

/**
 * Starts a mock. What the configuration leaves out has the value of `defaultConfig`; for tests say `{ port: 0 }`.
 *
 * @throws Error in one sentence when the address, the plan file or the call log cannot be used.
 */
export async function compose(
  given: Partial<MockLlmConfig>,
  overrides: MockLlmOverrides = {},
): Promise<MockLlm> {
  const config = { ...defaultConfig, ...given };
  await using stack = new AsyncDisposableStack();
  const plans = new PlanBook();
  const filePlans = config.planPath === null ? {} : await readPlanFile(config.planPath);
  const allPlans = { ...filePlans, ...parsePlans(overrides.plans ?? {}) };
  for (const [name, plan] of Object.entries(allPlans)) plans.set(name, plan);

  const callFile = config.callLogPath === null ? null : stack.use(await openCallFile(config.callLogPath));
  const log = new CallLog({ calls: config.logCalls, bodyBytes: config.logBodyBytes });
  const open = new OpenExchanges();
  const deps: HandlerDeps = {
    plans,
    limiter: new RateLimiter(),
    instanceId: overrides.instanceId ?? randomBytes(4).toString("hex"),
    log,
    now: overrides.now ?? Date.now,
    keepsBodies: config.logBodies,
    open,
    onFinished: (call) => callFile?.append(call),
  };
  const listening = await listen(
    (request, response) => {
      handleRequest(request, { response, deps }).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else sendJson(response, { status: 500, body: { error: `The mock itself failed: ${String(error)}` } });
      });
    },
    { host: config.host, port: config.port },
  );
  stack.defer(() => shutDown(listening, { open, graceMs: config.shutdownGraceMs }));
  const resources = stack.move();

  return {
    url: listening.url,
    port: listening.port,
    get plans() {
      return plans.all();
    },
    get inFlight() {
      return log.inFlight;
    },
    plan: (modelName, plan) => plans.set(modelName, parsePlan(plan)),
    clearPlans: () => plans.clear(),
    calls: () => log.all(),
    clearCalls: () => log.clear(),
    waitForCall: (predicate, timeoutMs) => log.waitFor(predicate, { timeoutMs }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
