import { createKeyspace, type Catalogue } from "@tokenhub/contracts";
import { startChaosProxy, startTestRedis, uniquePrefix, until } from "@tokenhub/testkit";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { followCatalogue, publishCatalogue } from "./catalogue-channel.ts";
import { connectProducer, createBlockingConnection } from "./redis-connection.ts";

const never = 3_600_000;

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

interface SetupOptions {
  readonly url?: string;
  readonly subscriberUrl?: string;
}

async function setup(options: SetupOptions = {}) {
  const url = options.url ?? inject("redisUrl");
  const subscriberUrl = options.subscriberUrl ?? url;
  const keyspace = createKeyspace(uniquePrefix());
  const connection = { name: "catalogue-test", onError: () => undefined };
  const redis = stack.adopt(await connectProducer({ ...connection, url }), (client) => client.disconnect());

  async function follow(pollIntervalMs = never) {
    const versions: number[] = [];
    const errors: Error[] = [];
    const subscriber = stack.adopt(
      createBlockingConnection({ ...connection, url: subscriberUrl }),
      (client) => client.disconnect(),
    );
    const follower = stack.use(
      await followCatalogue({
        subscriber,
        reader: redis,
        keyspace,
        pollIntervalMs,
        onChange: (catalogue) => versions.push(catalogue.version),
        onError: (error) => errors.push(error),
      }),
    );
    return { follower, versions, errors };
  }
  const publish = (catalogue: Catalogue) => publishCatalogue(redis, keyspace, catalogue);
  /** Stores a catalogue and loses its announcement. */
  const storeSilently = (catalogue: unknown) => redis.set(keyspace.catalogue, JSON.stringify(catalogue));
  return { keyspace, redis, follow, publish, storeSilently };
}

const catalogueOf = (version: number): Catalogue => ({
  v: 1,
  version,
  providers: [],
  models: [],
  aliases: [],
});

describe("a follower of the catalogue", () => {
  it("has none until a gateway has published one, and then gets it", async () => {
    const { follow, publish } = await setup();
    const { follower, versions } = await follow();
    expect(follower.current()).toBeNull();
    await publish(catalogueOf(1));
    await until("the catalogue", () => versions.length > 0);
    expect(follower.current()).toEqual(catalogueOf(1));
  });

  it("has the stored one from the start", async () => {
    const { follow, publish } = await setup();
    await publish(catalogueOf(7));
    const { follower, versions } = await follow();
    expect(follower.current()).toEqual(catalogueOf(7));
    expect(versions).toEqual([7]);
  });

  it("gets a quick series of changes in order, ending with the newest", async () => {
    const { follow, publish } = await setup();
    const followers = [await follow(), await follow()];
    for (let version = 1; version <= 30; version += 1) await publish(catalogueOf(version));
    await until("the newest", () => followers.every(({ versions }) => versions.at(-1) === 30));
    for (const { versions } of followers) {
      expect(versions).toEqual([...new Set(versions)].toSorted((left, right) => left - right));
    }
  });

  it("takes what the gateway says, a lower version included: SQL is the truth", async () => {
    const { follow, publish } = await setup();
    await publish(catalogueOf(9));
    const { versions } = await follow();
    await publish(catalogueOf(2));
    await until("the change", () => versions.length === 2);
    expect(versions).toEqual([9, 2]);
  });

  it("is not told of a catalogue that is published again unchanged", async () => {
    const { follow, publish } = await setup();
    await publish(catalogueOf(1));
    const { versions } = await follow(20);
    await publish(catalogueOf(1));
    await publish(catalogueOf(2));
    await until("the change", () => versions.includes(2));
    expect(versions).toEqual([1, 2]);
  });

  it("notices a change whose announcement was lost by reading again", async () => {
    const { follow, publish, storeSilently } = await setup();
    await publish(catalogueOf(1));
    const { follower, versions } = await follow(20);
    await storeSilently(catalogueOf(2));
    await until("the change", () => versions.includes(2), 2_000);
    expect(follower.current()).toEqual(catalogueOf(2));
  });

  it("hears announcements again after its subscription was cut", async () => {
    const proxy = stack.use(
      await startChaosProxy({ upstreamPort: Number(new URL(inject("redisUrl")).port) }),
    );
    const { follow, publish } = await setup({ subscriberUrl: `redis://127.0.0.1:${proxy.port}` });
    const { versions } = await follow();
    proxy.cut();
    let version = 0;
    await until("an announcement", async () => {
      await publish(catalogueOf((version += 1)));
      return versions.length > 0;
    });
    expect(versions[0]).toBeLessThanOrEqual(version);
  });

  it("keeps the last good catalogue when a newer one cannot be read, and reports it", async () => {
    const { follow, publish, storeSilently } = await setup();
    await publish(catalogueOf(1));
    const { follower, versions, errors } = await follow(20);
    await storeSilently({ ...catalogueOf(2), v: 2 });
    await until("the report", () => errors.length > 0);
    expect(follower.current()).toEqual(catalogueOf(1));
    await publish(catalogueOf(3));
    await until("the next good one", () => versions.includes(3));
    expect(versions).toEqual([1, 3]);
  });

  it("keeps its catalogue through an outage of Redis and follows again after it", async () => {
    const server = stack.use(await startTestRedis());
    const { follow, publish } = await setup({ url: server.url });
    await publish(catalogueOf(1));
    const { follower, versions, errors } = await follow(20);
    await server.kill();
    await until("the trouble to be reported", () => errors.length > 0);
    expect(follower.current()).toEqual(catalogueOf(1));
    await server.start();
    await until("publishing to work", () =>
      publish(catalogueOf(2)).then(
        () => true,
        () => false,
      ),
    );
    await until("the change", () => versions.includes(2));
  });

  it("hears nothing more once it is disposed, neither by announcement nor by reading", async () => {
    const { follow, publish, storeSilently } = await setup();
    const gone = await follow(5);
    const staying = await follow(50);
    await gone.follower[Symbol.asyncDispose]();
    await publish(catalogueOf(1));
    await until("the announcement", () => staying.versions.includes(1));
    await storeSilently(catalogueOf(2));
    await until("the reading", () => staying.versions.includes(2));
    expect(gone.versions).toEqual([]);
  });
});

describe("publishing", () => {
  it("fails while Redis is down, so that the gateway can try again", async () => {
    const server = stack.use(await startTestRedis());
    const { publish } = await setup({ url: server.url });
    await publish(catalogueOf(1));
    await server.kill();
    expect(
      await publish(catalogueOf(2)).then(
        () => "done",
        () => "failed",
      ),
    ).toBe("failed");
  });
});
