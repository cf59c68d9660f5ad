import { describe, expect, it } from "vitest";
import { createNewsBox } from "./follow-news.ts";

const signal = new AbortController().signal;
const quickly = { timeoutMs: 5, signal };

describe("what a follower has heard and not looked at", () => {
  it("begins with a look at the events, and is quiet after it", async () => {
    const news = createNewsBox();
    expect(news.takeEventsMark()).toBe(true);
    expect(news.takeEventsMark()).toBe(false);
    expect(await news.wait(quickly)).toBe("quiet");
  });

  it("keeps frames in order until they are taken", async () => {
    const news = createNewsBox();
    news.takeEventsMark();
    for (const sequence of [0, 1, 2]) news.onFrame("req_a", { sequence, text: `t${sequence}` });
    expect(await news.wait(quickly)).toBe("news");
    expect(news.takeFrames("req_a")?.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expect(news.takeFrames("req_a")).toEqual([]);
  });

  it("holds a bounded text for a follower that is busy; beyond it every log is to be read again, also for what comes later", () => {
    const news = createNewsBox();
    const text = "x".repeat(100_000);
    news.onFrame("req_b", { sequence: 0, text: "small" });
    for (let sequence = 0; sequence < 5; sequence += 1) news.onFrame("req_a", { sequence, text });
    expect(news.takeFrames("req_a")).toBeNull();
    expect(news.takeFrames("req_b")).toBeNull();
    news.onFrame("req_a", { sequence: 5, text });
    expect(news.takeFrames("req_a")).toHaveLength(1);
  });

  it("forgets calls that are not open, which would keep it awake", async () => {
    const news = createNewsBox();
    news.takeEventsMark();
    news.onFrame("req_a", { sequence: 0, text: "stray" });
    news.forgetAllBut(new Map());
    expect(await news.wait(quickly)).toBe("quiet");
  });

  it("wakes who waits for news, and who is stopped", async () => {
    const news = createNewsBox();
    news.takeEventsMark();
    const waiting = news.wait({ timeoutMs: 60_000, signal });
    news.onEvent();
    expect(await waiting).toBe("news");
    news.takeEventsMark();
    const controller = new AbortController();
    const stopped = news.wait({ timeoutMs: 60_000, signal: controller.signal });
    controller.abort();
    await stopped;
    expect(news.takeEventsMark()).toBe(false);
  });
});
