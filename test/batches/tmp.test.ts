import { startTestNetwork, until } from "@tokenhub/testkit";
import { openDatabase } from "@tokenhub/persistence";
import { sql } from "kysely";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { expect, inject, it } from "vitest";
import { createBatch, lineOf } from "./batch-clients.ts";
it("x", async () => {
  await using network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  const client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
  network.mock.plan("up-gpt", { text: "Slow", latencyMs: 60_000 });
  await using database = await openDatabase({ kind: "sqlite", path: join(network.dataDirectory, "tokenhub.db") });
  const { id } = await createBatch(client, Array.from({ length: 700 }, (_, at) => lineOf(`n${at}`)).join("\n"));
  await until("the first call", () => network.mock.calls().length > 0);
  await client.batches.cancel(id);
  for (let i = 0; i < 8; i++) {
    await sleep(1000);
    const rows = await sql`select state, count(*) as n, sum(cancel_requested_at_ms is not null) as c from jobs group by state`.execute(database.db);
    console.log(JSON.stringify(rows.rows), (await client.batches.retrieve(id)).status, network.mock.calls().length);
  }
  console.log(network.logLines.filter((l) => /"level":(?:40|50)|warn|error/.test(l)).slice(0, 5).join(""));
  expect(1).toBe(1);
});
