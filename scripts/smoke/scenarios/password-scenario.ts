import { z } from "zod";
import type { SmokeExample, SmokeScenario } from "../smoke-example.ts";

const text = z.string().min(1);

/** The flat answer of the native chat door. */
const flatAnswer = {
  response: text,
  model: z.enum(["mock-gpt-4", "mock-gpt-3.5"]),
  tokens_used: z.int(),
  finish_reason: text,
};

const addProvider = (password: string): string => `curl -X POST http://localhost:8080/admin/providers \\
  -H "Authorization: Bearer ${password}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "my-provider",
    "provider_type": "mock",
    "api_key": "your-api-key"
  }'`;

const examples: readonly SmokeExample[] = [
  {
    name: "health",
    command: "curl http://localhost:8080/health",
    status: 200,
    answer: z.strictObject({ status: z.literal("healthy") }),
  },
  {
    name: "healthz",
    command: "curl http://localhost:8080/healthz",
    status: 200,
    answer: z.looseObject({ status: z.literal("ok"), adapters: z.int(), models: z.int().min(2) }),
  },
  {
    // The quick start sets another word than this example sends: printed so, it is somebody without the password.
    name: "add a provider with another password",
    command: addProvider("your-admin-password"),
    status: 401,
    answer: z.strictObject({ error: z.literal("Unauthorized") }),
  },
  {
    name: "add a provider",
    command: addProvider("your-secure-password"),
    status: 200,
    answer: z.looseObject({ message: z.literal("Provider added successfully") }),
  },
  {
    name: "list providers",
    command: `curl http://localhost:8080/admin/providers -H "Authorization: Bearer your-secure-password"`,
    status: 200,
    answer: z.looseObject({ providers: z.array(text).refine((names) => names.includes("my-provider")) }),
  },
  {
    name: "chat, simple",
    command: `curl -X POST http://localhost:8080/v1/chat \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"role": "user", "content": "Hello, how are you?"}
    ],
    "orchestration_mode": "simple"
  }'`,
    status: 200,
    answer: z.strictObject(flatAnswer),
  },
  {
    name: "chat, adversarial",
    command: `curl -X POST http://localhost:8080/v1/chat \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"role": "user", "content": "Explain quantum computing"}
    ],
    "orchestration_mode": "adversarial",
    "planner_model": "mock-gpt-4",
    "critic_model": "mock-gpt-3.5",
    "enable_refinement": true,
    "max_refinement_iterations": 1
  }'`,
    status: 200,
    answer: z.looseObject({
      ...flatAnswer,
      adversarial: z.looseObject({
        final_response: text,
        iterations: z.literal("2"),
        initial_plan: text,
        critique: text,
        refinements: z.array(text).length(1),
      }),
    }),
  },
  {
    name: "add a model",
    command: `curl -X POST http://localhost:8080/admin/models \\
  -H "Authorization: Bearer your-secure-password" \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "gpt-5",
    "provider": "openai",
    "cost_per_1k_tokens": 0.05,
    "context_size": 32000,
    "weight": 150
  }'`,
    status: 200,
    answer: z.looseObject({ message: z.literal("Model added successfully") }),
  },
  {
    name: "add a model without the password",
    command: `curl -X POST http://localhost:8080/admin/models -H "Content-Type: application/json" -d '{"name": "gpt-6"}'`,
    status: 401,
    answer: z.strictObject({ error: z.literal("Unauthorized") }),
  },
  {
    name: "metrics",
    command: "curl http://localhost:8080/metrics",
    status: 200,
    answer: z
      .string()
      .regex(/^tokenhub_requests_total\{.*\} \d/m)
      .regex(/^tokenhub_request_duration_seconds_bucket\{/m)
      .regex(/^tokenhub_tokens_used_total\{.*\} \d/m)
      .regex(/^tokenhub_model_calls_total\{.*\} \d/m),
  },
  {
    name: "admin page",
    command: "curl -L http://localhost:8080/admin",
    status: 200,
    answer: z.string().regex(/<!doctype html>/i),
  },
];

/** One variable set, nothing else: the password; only the built-in mock answers. */
export const passwordScenario: SmokeScenario = {
  name: "a password and nothing else",
  configuration: null,
  usesStandIn: false,
  environment: { TOKENHUB_ADMIN_PASSWORD: "your-secure-password" },
  examples,
};
