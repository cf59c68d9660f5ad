import { createEventRepository, type Database } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import express from "express";
import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openTestDatabase } from "../../../insight/database.fixture.ts";
import { createEventFeed } from "../../../insight/event-feed.ts";
import { mountAdminRoutes } from "../../mount-admin-routes.ts";
import { eventRoutes, type EventStreamTimes } from "./event-routes.ts";

/** The event stream behind a real HTTP server. */
async function serve(database: Database, times: EventStreamTimes) {
  const feed = createEventFeed({
    events: createEventRepository(database.db),
    onError: () => undefined,
    pollIntervalMs: 10,
  });
  const catalogue = { v: 1, version: 1, providers: [], models: [], aliases: [] } as const;
  const deps = {
    insight: { feed },
    catalogue: { current: () => ({ ...catalogue, providers: [], models: [], aliases: [] }) },
    now: Date.now,
    ...times,
  } as unknown as Parameters<typeof eventRoutes>[0];
  const app = express();
  app.use(
    mountAdminRoutes(
      {
        authenticate: async () => ({ kind: "token", id: "t", name: "t", role: "viewer" }),
        writeAudit: async () => undefined,
        addressOf: () => "127.0.0.1",
        now: Date.now,
      },
      eventRoutes(deps),
    ),
  );
  const server = createServer(app).listen(0, "127.0.0.1");
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  await once(server, "listening");
  onTestFinished(() => {
    feed[Symbol.dispose]();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, sockets };
}

async function open(url: string): Promise<IncomingMessage> {
  const request = get(url);
  request.on("error", () => undefined);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  onTestFinished(() => void request.destroy());
  return response;
}

test("a silent stream shows every few seconds that it lives, without an id that would move a resume", async () => {
  const { url } = await serve(await openTestDatabase(), { heartbeatMs: 20 });
  const response = await open(url);
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await until("three heartbeats", () => text.split("event: heartbeat").length > 3);
  expect(text.startsWith('id: 0\nevent: connected\ndata: {"status":"ok"}\n\n')).toBe(true);
  const heartbeat = text.slice(text.indexOf("event: heartbeat")).split("\n\n")[0];
  expect(heartbeat).toMatch(/^event: heartbeat\ndata: .*"reason":"providers=0 models=0"/);
  expect(text.match(/^id: /gm)).toHaveLength(1);
});

test("a client that takes nothing is cut off, and gets everything when it comes back", async () => {
  const database = await openTestDatabase();
  const events = createEventRepository(database.db);
  const { url, sockets } = await serve(database, { slowMs: 100 });
  const slow = await open(`${url}?after=0`);
  slow.pause();
  const padding = "x".repeat(50_000);
  for (let round = 0; round < 40; round++)
    await events.append(
      Array.from({ length: 20 }, () => ({ timestampMs: 1, type: "route_success", data: { padding } })),
    );
  await until("the cut", () => sockets[0]?.destroyed);
  // It reads now, and comes back behind the last event it has seen, as browsers do, should it be too slow again.
  const ids: number[] = [];
  while (ids.length < 800) {
    const resumed = await open(`${url}?after=${ids.at(-1) ?? 0}`);
    let text = "";
    resumed.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    let isOver = false;
    resumed.once("close", () => (isOver = true));
    await until("the end", () => isOver || text.includes("id: 800\n"));
    ids.push(
      ...[...text.matchAll(/^id: (\d+)\nevent: route_success\ndata: .*\n\n/gm)].map(([, id]) => Number(id)),
    );
  }
  expect(ids).toEqual(Array.from({ length: 800 }, (_, index) => index + 1));
});
