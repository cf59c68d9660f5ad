import type { Plan } from "./plan.ts";
import type { Step } from "./step.ts";

/** A plan and how many of its steps are used up. */
export class ActivePlan {
  readonly plan: Plan;
  #nextStep = 0;
  #nextText = 0;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /** The plan as it holds for one call: with the next of its `texts`, if it has any, which is used up. */
  takePlan(): Plan {
    const { texts } = this.plan;
    if (texts === undefined) return this.plan;
    const text = texts[Math.min(this.#nextText, texts.length - 1)];
    this.#nextText += 1;
    return { ...this.plan, text };
  }

  /** Uses up the next step; null when none is left. A step with `repeat` stays, a plan with `repeat` starts over. */
  takeStep(): Step | null {
    const steps = this.plan.steps;
    if (steps === undefined) return null;
    if (this.#nextStep >= steps.length && this.plan.repeat === true) this.#nextStep = 0;
    const step = steps[this.#nextStep];
    if (step === undefined) return null;
    if (step.repeat !== true) this.#nextStep += 1;
    return step;
  }
}

/** The name of the plan for models that have none of their own. */
export const defaultPlanName = "*";

const noPlan = new ActivePlan({});

/** Remembers the plan of every model. */
export class PlanBook {
  readonly #entries = new Map<string, ActivePlan>();

  /** Sets a model's plan and starts its steps from the first. */
  set(name: string, plan: Plan): void {
    this.#entries.set(name, new ActivePlan(plan));
  }

  get(name: string): Plan | undefined {
    return this.#entries.get(name)?.plan;
  }

  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** A copy: plan by name. */
  all(): ReadonlyMap<string, Plan> {
    return new Map([...this.#entries].map(([name, entry]) => [name, entry.plan]));
  }

  /** What applies to a call to a model: its own plan, else `*`. */
  forModel(model: string): ActivePlan {
    return this.#entries.get(model) ?? this.#entries.get(defaultPlanName) ?? noPlan;
  }

  /**
   * What applies to a path that no model stands behind: its own plan, else the parts of `*` that are about every call. Steps
   * and limits are meant for models; a health probe must not use them up.
   */
  forPath(path: string): ActivePlan {
    const own = this.#entries.get(path);
    if (own !== undefined) return own;
    const { latencyMs, headers, requireKey } = this.get(defaultPlanName) ?? {};
    return new ActivePlan({ latencyMs, headers, requireKey });
  }
}
