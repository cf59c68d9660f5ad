import { buildAnswer } from "../answer/build-answer.ts";
import type { JsonObject } from "../json-value.ts";
import type { GenerationSurface, Reply } from "../surfaces/surface.ts";
import type { Exchange } from "./exchange.ts";
import type { ProviderDeps } from "./provider-deps.ts";
import { serveJson } from "./serve-json.ts";
import { serveStream } from "./serve-stream.ts";
import { serveUnderPlan, type Circumstances } from "./serve-under-plan.ts";

export interface GenerationRequest {
  readonly surface: GenerationSurface;
  readonly body: JsonObject;
  readonly deps: ProviderDeps;
}

/** Answers a generation request, as JSON or as a stream. */
export async function serveGeneration(
  exchange: Exchange,
  { surface, body, deps }: GenerationRequest,
): Promise<void> {
  const read = surface.read(body, exchange.request.headers);
  if (!read.isValid) return exchange.sendError(read.error);
  const { question } = read;
  const active = deps.plans.forModel(question.model);
  const plan = active.takePlan();
  const key = `${deps.instanceId}${exchange.call.index}`;
  const ordinary = buildAnswer(question, { plan, fault: null, idPrefix: key });
  const promptTokens = Math.floor(question.promptBytes / 4);
  const { inputTokens, outputTokens } = ordinary.usage ?? {
    inputTokens: promptTokens,
    outputTokens: ordinary.outputTokens,
  };

  const respond = ({ fault, timing }: Circumstances): Promise<void> => {
    const answer = fault === null ? ordinary : buildAnswer(question, { plan, fault, idPrefix: key });
    const createdAtS = Math.floor(exchange.call.startedAtMs / 1_000);
    const reply: Reply = { question, answer, key, createdAtS };
    if (question.stream) return serveStream(exchange, { surface, reply, fault, timing });
    const whole = surface.encodeJson(reply);
    return serveJson(exchange, { body: whole, tokens: answer.outputTokens, fault, timing });
  };
  return serveUnderPlan(exchange, {
    active,
    limiter: deps.limiter,
    model: question.model,
    promptTokens,
    totalTokens: inputTokens + outputTokens,
    isStream: question.stream,
    respond,
  });
}
