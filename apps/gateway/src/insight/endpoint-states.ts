import type { Catalogue, Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { z } from "zod";

const stateSchema = z.object({
  v: z.literal(1),
  isReachable: z.boolean(),
  status: z.number().nullable(),
  durationMs: z.number(),
  reason: z.string().nullable(),
  checkedAtMs: z.number(),
});

/** What the last health check of an endpoint found out. */
export type EndpointState = Omit<z.infer<typeof stateSchema>, "v"> & { readonly endpoint: string };

/** By provider id; a provider whose endpoints nobody checks is absent. */
export type EndpointStates = ReadonlyMap<string, readonly EndpointState[]>;

export interface EndpointStatesOptions {
  readonly redis: Pick<Redis, "pipeline">;
  readonly keyspace: Pick<Keyspace, "providerHealth">;
  readonly catalogue: { readonly current: () => Pick<Catalogue, "providers"> };
  readonly now: () => number;
}

/** What is older comes from a worker that is gone, or from an endpoint that is not used any more. */
const longestAgeMs = 300_000;

/** Reads what the provider workers' health checks have found out. */
export async function endpointStatesIn(options: EndpointStatesOptions): Promise<EndpointStates> {
  const { redis, keyspace, catalogue, now } = options;
  const oldestMs = now() - longestAgeMs;
  const providerIds = catalogue.current().providers.map(({ id }) => id);
  const pipeline = redis.pipeline();
  for (const id of providerIds) pipeline.hgetall(`${keyspace.providerHealth(id)}:endpoints`);
  const replies = (await pipeline.exec()) ?? [];
  return new Map(
    providerIds.map((id, index) => {
      const fields = (replies[index]?.[1] ?? {}) as Record<string, string>;
      return [id, statesOf(fields, oldestMs)];
    }),
  );
}

function statesOf(fields: Readonly<Record<string, string>>, oldestMs: number): EndpointState[] {
  const states = Object.entries(fields).flatMap(([endpoint, text]) => {
    const parsed = stateSchema.safeParse(parseJson(text));
    return parsed.success && parsed.data.checkedAtMs >= oldestMs ? [{ endpoint, ...parsed.data }] : [];
  });
  return states.toSorted((left, right) => (left.endpoint < right.endpoint ? -1 : 1));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A newer worker may write something else: its state is left out.
    return null;
  }
}
