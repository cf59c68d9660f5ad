import { routingPolicySchema, TokenHubError, type RoutingFeatures } from "@tokenhub/contracts";
import { indexCatalogue } from "@tokenhub/routing";
import { expect, test } from "vitest";
import { createAdmission, type AdmissionOptions } from "./admission.ts";
import type { Caller } from "./caller.ts";

const caller: Caller = {
  tenantId: "default",
  projectId: null,
  keyId: "key_1",
  scopes: [],
  allowedModels: null,
  rates: [],
  places: [{ subject: "key:key_1", atOnce: 1 }],
  budgets: [{ kind: "key", id: "key_1", resetAtMs: null, limitNanoUsd: 1 }],
};
const features: RoutingFeatures = {
  operation: "chat",
  wireFormat: "openai-chat",
  stream: false,
  requestedModel: null,
  estimatedInputTokens: 3,
  maxOutputTokens: null,
  needs: [],
  allowedModelIds: null,
  policy: routingPolicySchema.parse({}),
};

/** An admission that notes what is taken and given back. */
function setup(options: Partial<Pick<AdmissionOptions, "budgets" | "places">> = {}) {
  const told: string[] = [];
  const admission = createAdmission({
    authenticate: () => caller,
    rates: { admit: () => null },
    models: { forRequest: () => null },
    places: {
      take: ({ places }) =>
        places.length === 0 ? null : Promise.resolve({ free: () => void told.push("place freed") }),
      [Symbol.dispose]: () => undefined,
    },
    budgets: {
      reserve: () =>
        Promise.resolve({
          settle: (costUsd) => void told.push(`settled ${costUsd}`),
          release: () => void told.push("released"),
        }),
    },
    index: () => indexCatalogue({ v: 1, version: 1, providers: [], models: [], aliases: [] }),
    ...options,
  });
  const reserve = (changes: Partial<Caller> = {}) =>
    admission.reserve({ ...caller, ...changes }, { requestId: "req_1", features });
  return { told, reserve };
}

test("the end of a request frees its place and settles its cost", async () => {
  const { told, reserve } = setup();
  const first = await reserve();
  first?.settle(0.5);
  const second = await reserve();
  second?.release();
  const placeOnly = await reserve({ budgets: [] });
  placeOnly?.settle(null);
  expect(told).toEqual(["place freed", "settled 0.5", "place freed", "released", "place freed"]);
});

test("a caller without limits reserves nothing", () => {
  expect(setup().reserve({ places: [], budgets: [] })).toBeNull();
});

test("a request whose cost is refused leaves its place; one without a place asks for no cost", async () => {
  const refusal = new TokenHubError("budget_exceeded", "no");
  const poor = setup({ budgets: { reserve: () => Promise.reject(refusal) } });
  await expect(poor.reserve()).rejects.toBe(refusal);
  expect(poor.told).toEqual(["place freed"]);

  const busy = new TokenHubError("rate_limited", "no");
  const asked: string[] = [];
  const crowded = setup({
    places: { take: () => Promise.reject(busy), [Symbol.dispose]: () => undefined },
    budgets: {
      reserve(_budgets, { requestId }) {
        asked.push(requestId);
        return null;
      },
    },
  });
  await expect(crowded.reserve()).rejects.toBe(busy);
  expect(asked).toEqual([]);
});
