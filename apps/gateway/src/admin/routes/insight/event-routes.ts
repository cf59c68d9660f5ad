import type { StoredEvent } from "@tokenhub/persistence";
import type { Response } from "express";
import { z } from "zod";
import { adminRoute, type AdminCall, type AdminReply, type AdminRoute } from "../../admin-route.ts";
import type { EventSubscription } from "../../../insight/event-feed.ts";
import { eventTypes } from "../../../insight/new-event.ts";
import type { InsightDeps } from "./insight-deps.ts";

const eventQuerySchema = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({ description: "Id of the last event seen; as the header `last-event-id`." }),
  types: z
    .string()
    .max(500)
    .optional()
    .transform((text) =>
      text === undefined || text === "" ? null : text.split(",").map((type) => type.trim()),
    )
    .refine(
      (types) => types === null || types.every((type) => (eventTypes as readonly string[]).includes(type)),
      `use some of ${eventTypes.join(", ")}, separated by commas`,
    ),
});
type EventQuery = z.infer<typeof eventQuerySchema>;
type Deps = Pick<InsightDeps, "insight" | "catalogue" | "now"> & EventStreamTimes;

export interface EventStreamTimes {
  /** Default 15 s. */
  readonly heartbeatMs?: number;
  /** A client that takes nothing for so long is cut off; it can resume. Default 30 s. */
  readonly slowMs?: number;
}

const defaultHeartbeatMs = 15_000;
const defaultSlowMs = 30_000;

/** What happens, as it happens: server-sent events that can be resumed. */
export function eventRoutes(deps: Deps): AdminRoute[] {
  return [
    adminRoute<undefined, EventQuery>({
      method: "get",
      path: "/events",
      summary:
        "Streams events: requests, escalations, health changes, keys, vault. Resumes behind `last-event-id`.",
      tag: "events",
      role: "viewer",
      querySchema: eventQuerySchema,
      action: null,
      handle: (call) => stream(deps, call),
    }),
  ];
}

async function stream(
  deps: Deps,
  { query, request, response }: AdminCall<undefined, EventQuery>,
): Promise<AdminReply> {
  if (request.method === "HEAD") {
    beginStream(response);
    response.end();
    return { kind: "streamed" };
  }
  const lastSeen = request.headers["last-event-id"];
  const after = typeof lastSeen === "string" && /^\d{1,15}$/.test(lastSeen) ? Number(lastSeen) : query.after;
  using subscription = await deps.insight.feed.subscribe(after ?? null);
  beginStream(response);
  response.once("close", () => subscription[Symbol.dispose]());
  const heartbeat = setInterval(() => beat(deps, response), deps.heartbeatMs ?? defaultHeartbeatMs);
  try {
    await pump(deps, { subscription, types: query.types, response });
  } catch {
    // The answer has begun, so nothing can be said any more; the client resumes where it was.
    response.destroy();
  } finally {
    clearInterval(heartbeat);
    response.end();
  }
  return { kind: "streamed" };
}

function beginStream(response: Response): void {
  response.status(200);
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-accel-buffering", "no");
}

interface Pumping {
  readonly subscription: EventSubscription;
  readonly types: readonly string[] | null;
  readonly response: Response;
}

async function pump(deps: Deps, { subscription, types, response }: Pumping): Promise<void> {
  const { gap, startId } = subscription;
  await write(deps, response, frame("connected", { status: "ok" }, startId));
  if (gap !== null)
    await write(deps, response, frame("gap", { missed_from: gap.fromId, missed_to: gap.toId }, startId));
  for (;;) {
    const events = await subscription.next();
    if (events === null) return;
    const wanted = types === null ? events : events.filter(({ type }) => types.includes(type));
    if (wanted.length > 0 && !(await write(deps, response, wanted.map(frameOf).join("")))) return;
  }
}

function frameOf({ id, type, data }: StoredEvent): string {
  return frame(type, data, id);
}

function frame(type: string, data: unknown, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

function beat({ catalogue, now }: Deps, response: Response): void {
  if (response.writableNeedDrain) return;
  const { providers, models } = catalogue.current();
  response.write(
    frame("heartbeat", {
      type: "heartbeat",
      timestamp: new Date(now()).toISOString(),
      reason: `providers=${providers.length} models=${models.length}`,
    }),
  );
}

/** Waits until the client has room again. False: it is gone, or so slow that it was cut off. */
async function write({ slowMs = defaultSlowMs }: Deps, response: Response, text: string): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(text)) return true;
  return new Promise((resolve) => {
    const done = (isOpen: boolean): void => {
      clearTimeout(limit);
      response.off("drain", onDrain);
      response.off("close", onClose);
      if (!isOpen) response.destroy();
      resolve(isOpen);
    };
    const onDrain = (): void => done(true);
    const onClose = (): void => done(false);
    const limit = setTimeout(() => done(false), slowMs);
    response.once("drain", onDrain);
    response.once("close", onClose);
  });
}
