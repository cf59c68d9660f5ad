import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildProvider } from "../testing/build-call.ts";
import { listen, type Listening } from "../testing/listen.ts";
import { startEndpointProber, type EndpointProber, type EndpointState } from "./start-endpoint-prober.ts";

let stack: AsyncDisposableStack;
let states: EndpointState[];
let waiting: { count: number; resolve: () => void }[];
beforeEach(() => {
  stack = new AsyncDisposableStack();
  states = [];
  waiting = [];
});
afterEach(() => stack.disposeAsync());

async function serve(handler: RequestListener = (_request, response) => response.end()): Promise<Listening> {
  return stack.use(await listen(handler));
}

function onState(state: EndpointState): void {
  states.push(state);
  for (const waiter of waiting) if (states.length >= waiter.count) waiter.resolve();
}

/** Resolves once so many checks have been reported. */
function reported(count: number): Promise<void> {
  if (states.length >= count) return Promise.resolve();
  return new Promise((resolve) => waiting.push({ count, resolve }));
}

function start(options: Partial<Parameters<typeof startEndpointProber>[0]>): EndpointProber {
  return stack.use(startEndpointProber({ providers: [], onState, ...options }));
}

const at = (id: string, baseUrl: string, rest: object = {}) =>
  buildProvider({ id, type: "vllm", baseUrl, ...rest });

describe("S1d-32, S1-60: startEndpointProber", () => {
  test("S1d-32, S1-60: checks every endpoint of every provider at once, then at intervals, and tells what changed", async () => {
    let isUp = true;
    const one = await serve((_request, response) => response.writeHead(isUp ? 200 : 503).end());
    const two = await serve();
    const options = { endpoints: two.url };
    start({ providers: [at("a", one.url, { options }), at("b", two.url)], intervalMs: 20 });
    await reported(3);
    expect(
      states
        .slice(0, 3)
        .map(({ providerId, endpoint }) => `${providerId} ${endpoint}`)
        .toSorted(),
    ).toEqual([`a ${one.url}`, `a ${two.url}`, `b ${two.url}`].toSorted());
    expect(states.slice(0, 3).every((state) => state.hasChanged && state.isReachable)).toBe(true);
    isUp = false;
    const before = states.length;
    await reported(before + 6);
    const ofOne = states.slice(before).filter(({ endpoint }) => endpoint === one.url);
    expect(ofOne.filter(({ hasChanged }) => hasChanged)).toMatchObject([{ isReachable: false, status: 503 }]);
  });

  test("disabled providers and those inside the process are not checked", async () => {
    const { url, requests } = await serve();
    const prober = start({
      providers: [at("off", url, { enabled: false }), buildProvider({ id: "mock", type: "mock" })],
    });
    await prober.probeNow();
    expect(requests).toHaveLength(0);
    expect(states).toEqual([]);
  });

  test("a provider that is added is checked at once, one that is disabled or removed no more", async () => {
    const [one, two] = [await serve(), await serve()];
    const prober = start({ providers: [at("a", one.url)] });
    await reported(1);
    prober.replace([at("a", one.url), at("b", two.url)]);
    await reported(2);
    expect(states[1]).toMatchObject({ providerId: "b", hasChanged: true });
    expect(one.requests).toHaveLength(1);
    prober.replace([at("a", one.url, { enabled: false })]);
    await prober.probeNow();
    expect([one.requests.length, two.requests.length]).toEqual([1, 1]);
  });

  test("a check under way of a provider that is removed reports nothing", async () => {
    const asked = Promise.withResolvers<void>();
    const silent = await serve(() => asked.resolve());
    const prober = start({ providers: [at("a", silent.url)] });
    await asked.promise;
    prober.replace([]);
    await prober[Symbol.asyncDispose]();
    expect(states).toEqual([]);
  });

  test("checks of one endpoint never overlap, however short the interval", async () => {
    let open = 0;
    let mostOpen = 0;
    const slow = await serve((_request, response) => {
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      setTimeout(() => {
        open -= 1;
        response.end();
      }, 30);
    });
    start({ providers: [at("a", slow.url)], intervalMs: 2 });
    await reported(3);
    expect(mostOpen).toBe(1);
  });

  test("silence is reported after the time limit", async () => {
    const silent = await serve(() => undefined);
    start({ providers: [at("a", silent.url)], timeoutMs: 80 });
    await reported(1);
    expect(states[0]).toMatchObject({ isReachable: false, reason: "timeout" });
  });

  test("disposing ends checks under way and those to come", async () => {
    const asked = Promise.withResolvers<void>();
    const silent = await serve(() => asked.resolve());
    const prober = start({ providers: [at("a", silent.url)], intervalMs: 5 });
    await asked.promise;
    await prober[Symbol.asyncDispose]();
    const checked = silent.requests.length;
    await new Promise((resolve) => setImmediate(resolve));
    expect([silent.requests.length, states]).toEqual([checked, []]);
  });
});
