import { z } from "zod";
import type { SmokeExample, SmokeScenario } from "../smoke-example.ts";

const text = z.string().min(1);
const anyModel = z.enum(["gpt-4", "claude-2", "llama-local"]);

const usage = z.looseObject({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
});

const chatCompletion = z.looseObject({
  object: z.literal("chat.completion"),
  model: anyModel,
  choices: z.tuple([
    z.looseObject({
      message: z.looseObject({ role: z.literal("assistant"), content: text }),
      finish_reason: text,
    }),
  ]),
  usage,
});

const adversarialAnswer = (prompt: string) =>
  z.looseObject({
    original_prompt: z.literal(prompt),
    initial_plan: text,
    critique: text,
    refined_plan: text,
    total_tokens: z.int(),
  });

const examples: readonly SmokeExample[] = [
  {
    name: "chat completion, short",
    command: `curl -X POST http://localhost:8080/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 100,
    "temperature": 0.7
  }'`,
    status: 200,
    answer: chatCompletion,
  },
  {
    name: "chat completion, one turn",
    command: `curl -X POST http://localhost:8080/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"role": "user", "content": "Explain quantum computing in simple terms"}
    ],
    "max_tokens": 500,
    "temperature": 0.7
  }'`,
    status: 200,
    answer: chatCompletion,
  },
  {
    name: "chat completion, conversation",
    command: `curl -X POST http://localhost:8080/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"role": "system", "content": "You are a helpful coding assistant"},
      {"role": "user", "content": "How do I implement a binary search in Go?"},
      {"role": "assistant", "content": "Here is a binary search implementation..."},
      {"role": "user", "content": "Can you add error handling?"}
    ],
    "max_tokens": 1000,
    "temperature": 0.5
  }'`,
    status: 200,
    answer: chatCompletion,
  },
  {
    name: "text completion",
    command: `curl -X POST http://localhost:8080/v1/completions \\
  -H "Content-Type: application/json" \\
  -d '{
    "prompt": "Once upon a time in a land far away",
    "max_tokens": 200,
    "temperature": 0.8
  }'`,
    status: 200,
    answer: z.looseObject({
      object: z.literal("text_completion"),
      model: anyModel,
      choices: z.tuple([z.looseObject({ text, finish_reason: text })]),
      usage,
    }),
  },
  {
    name: "adversarial, long prompt",
    command: `curl -X POST http://localhost:8080/v1/adversarial \\
  -H "Content-Type: application/json" \\
  -d '{
    "prompt": "Design a microservices architecture for an e-commerce platform"
  }'`,
    status: 200,
    answer: adversarialAnswer("Design a microservices architecture for an e-commerce platform"),
  },
  {
    name: "adversarial, short prompt",
    command: `curl -X POST http://localhost:8080/v1/adversarial \\
  -H "Content-Type: application/json" \\
  -d '{"prompt": "Design a system"}'`,
    status: 200,
    answer: adversarialAnswer("Design a system"),
  },
  {
    name: "health with a configuration file",
    command: "curl http://localhost:8080/health",
    status: 200,
    answer: z.strictObject({ status: z.literal("healthy") }),
  },
];

/** A generated encryption key, two provider keys and the JSON sample with three providers. */
export const sampleScenario: SmokeScenario = {
  name: "a configuration file and provider keys",
  configuration: "multi-provider.json",
  usesStandIn: true,
  environment: {},
  examples,
};
