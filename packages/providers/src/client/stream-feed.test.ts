import { describe, expect, test } from "vitest";
import { callFailure } from "../failure/call-failure.ts";
import { ProviderStreamError } from "./provider-stream-error.ts";
import { StreamFeed } from "./stream-feed.ts";

const broken = callFailure("transient", { code: "stream_interrupted", message: "broke off" });

function setup(): { feed: StreamFeed; happened: string[] } {
  const happened: string[] = [];
  const feed = new StreamFeed({
    onDrained: () => happened.push("drained"),
    onAbandoned: () => happened.push("abandoned"),
  });
  return { feed, happened };
}

async function readAll(feed: StreamFeed): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of feed) pieces.push(piece);
  return pieces;
}

describe("StreamFeed", () => {
  test("gives a waiting reader each piece and a late one all of them in one", async () => {
    const { feed } = setup();
    const first = feed.next();
    feed.push("a");
    feed.push("b");
    feed.push("c");
    feed.end();
    expect(await first).toEqual({ value: "a", done: false });
    expect(await readAll(feed)).toEqual(["bc"]);
  });

  test("delivers what had arrived before it throws, and throws once", async () => {
    const { feed } = setup();
    feed.push("half");
    feed.fail(broken);
    expect(await feed.next()).toEqual({ value: "half", done: false });
    await expect(feed.next()).rejects.toThrow(ProviderStreamError);
    expect(await feed.next()).toEqual({ value: undefined, done: true });
  });

  test("throws at a reader that is already waiting, with the failure", async () => {
    const { feed } = setup();
    const next = feed.next();
    feed.fail(broken);
    await expect(next).rejects.toMatchObject({ failure: broken });
  });

  test("asks for a pause when the reader is far behind and for more when it has caught up", async () => {
    const { feed, happened } = setup();
    expect(feed.push("x".repeat(1_000))).toBe(true);
    expect(feed.push("x".repeat(300_000))).toBe(false);
    expect((await feed.next()).value).toHaveLength(301_000);
    expect(happened).toEqual(["drained"]);
  });

  test("tells when the reader stops early, and takes nothing more", async () => {
    const { feed, happened } = setup();
    feed.push("a");
    for await (const _piece of feed) break;
    feed.push("b");
    expect(happened).toContain("abandoned");
    expect(await readAll(feed)).toEqual([]);
  });

  test("nothing comes after the end: neither text nor a failure", async () => {
    const { feed } = setup();
    feed.end();
    feed.push("late");
    feed.fail(broken);
    expect(await readAll(feed)).toEqual([]);
  });
});
