import { createKeyspace } from "@tokenhub/contracts";
import { createCallLedger } from "@tokenhub/ledger";
import { createBlockingConnection } from "@tokenhub/queue";
import { startTestRedis, until } from "@tokenhub/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFrameWriter } from "./frame-writer.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** A claimed request on a Redis of its own, which may be restarted and made to forget its scripts. */
async function setup() {
  const server = stack.use(await startTestRedis());
  const redis = stack.adopt(
    createBlockingConnection({ url: server.url, name: "frames", onError: () => undefined }),
    (client) => client.disconnect(),
  );
  const keyspace = createKeyspace("frames");
  const ledger = createCallLedger(redis, keyspace);
  const job = { requestId: "req_0123456789abcdef01234567", replyTo: null };
  await redis.set(keyspace.requestBody(job.requestId), "{}");
  await ledger.claim({ requestId: job.requestId, providerId: "p", round: 0, token: "t", incidentJson: "{}" });
  const troubles: unknown[] = [];
  let losses = 0;
  const writer = createFrameWriter({
    ledger,
    job,
    token: "t",
    onLost: () => (losses += 1),
    onTrouble: (error) => troubles.push(error),
  });
  const logged = async (): Promise<string[]> =>
    (await redis.xrange(keyspace.streamLog(job.requestId), "-", "+")).map(([, fields]) => fields[3] ?? "");
  return { server, redis, keyspace, job, writer, logged, troubles, losses: () => losses };
}

const texts = Array.from({ length: 300 }, (_, index) => `frame ${index}`);

describe("frames that are written without waiting", () => {
  it("are in the log in their order, although Redis does not know the script when they come", async () => {
    const { redis, writer, logged, losses } = await setup();
    for (const [index, text] of texts.entries()) {
      if (index % 60 === 30) void redis.script("FLUSH");
      await writer.write(text);
      if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await writer.flush();
    expect(await logged()).toEqual(texts);
    expect(losses()).toBe(0);
  });

  it("are in the log in their order, once each, although Redis was killed and started again among them", async () => {
    const { server, writer, logged, losses } = await setup();
    let restarted: Promise<void> | null = null;
    for (const [index, text] of texts.entries()) {
      if (index === 100) {
        await until("some frames in the log", async () => (await logged()).length > 0);
        // While it dies and comes back, frames go on coming.
        restarted = server.kill().then(() => server.start());
      }
      await writer.write(text);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await restarted;
    await writer.flush();
    expect(await logged()).toEqual(texts);
    expect(losses()).toBe(0);
  });

  it("end with their holder: who lost the row is told, and writes nothing more", async () => {
    const { redis, keyspace, job, writer, logged, losses } = await setup();
    await writer.write("frame 0");
    await writer.flush();
    await redis.hset(keyspace.callRow(job.requestId), "token", "another");
    for (const text of texts.slice(0, 10)) await writer.write(text);
    await writer.flush();
    expect(await logged()).toEqual(["frame 0"]);
    expect(losses()).toBeGreaterThan(0);
  });
});
