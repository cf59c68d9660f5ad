import { EventEmitter, once } from "node:events";
import { createServer, connect, type Socket } from "node:net";

/** What the proxy does to the bytes that pass. All may change while connections are open. */
export interface ChaosFaults {
  /** Delay of every chunk in each direction, give or take `jitterMs`; chunks keep their order. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Of each direction of each connection. */
  readonly bytesPerSecond: number;
  /** Holds all data and keeps the sockets open, as a half-dead server does. */
  readonly isStalled: boolean;
  /** Resets a connection once this many bytes have reached the client on it; a tear in mid-answer. */
  readonly resetAfterBytes: number;
  /** Resets every new connection; those that are open stay (see `cut`). */
  readonly isDown: boolean;
}

export interface ChaosProxyOptions {
  readonly upstreamPort: number;
  readonly upstreamHost?: string;
  /** Seed of the jitter: equal seeds give equal delays. */
  readonly seed?: number;
}

/** A TCP proxy that misbehaves on demand; stands between a service and its Redis or its provider. */
export interface ChaosProxy extends AsyncDisposable {
  readonly port: number;
  /** Client connections open now. */
  readonly connections: number;
  /** Adds faults to those in force. */
  set(faults: Partial<ChaosFaults>): void;
  /** Resets every open connection now. */
  cut(): void;
  /** Ends all faults; held data flows on. */
  recover(): void;
}

const noFaults: ChaosFaults = {
  latencyMs: 0,
  jitterMs: 0,
  bytesPerSecond: Infinity,
  isStalled: false,
  resetAfterBytes: Infinity,
  isDown: false,
};

/** Data held back in one direction beyond this makes the sender wait, as a full network would. */
const holdLimitBytes = 65_536;

/** Listens on a free local port and forwards to `upstreamPort`. */
export async function startChaosProxy({
  upstreamPort,
  upstreamHost = "127.0.0.1",
  seed = 1,
}: ChaosProxyOptions): Promise<ChaosProxy> {
  const changes = new EventEmitter().setMaxListeners(0);
  const random = seededRandom(seed);
  const clients = new Set<Socket>();
  let faults = noFaults;
  const network: Network = { faults: () => faults, changes, random };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (faults.isDown) {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.once("close", () => clients.delete(client));
    const upstream = connect({ port: upstreamPort, host: upstreamHost, allowHalfOpen: true, noDelay: true });
    destroyTogether(client, upstream);
    let passedBytes = 0;
    void forward(network, { from: client, to: upstream, allowance: () => Infinity });
    void forward(network, {
      from: upstream,
      to: client,
      allowance: () => faults.resetAfterBytes - passedBytes,
      onPassed: (sizeBytes) => (passedBytes += sizeBytes),
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");

  const change = (next: ChaosFaults): void => {
    faults = next;
    changes.emit("change");
  };
  const cut = (): void => {
    for (const client of clients) client.resetAndDestroy();
  };
  return {
    port: address.port,
    get connections() {
      return clients.size;
    },
    set: (added) => change({ ...faults, ...added }),
    cut,
    recover: () => change(noFaults),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}

interface Network {
  readonly faults: () => ChaosFaults;
  /** Emits `change` with every new set of faults. */
  readonly changes: EventEmitter;
  /** 0 to 1. */
  readonly random: () => number;
}

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  /** Bytes that may still pass before the connection is reset. */
  readonly allowance: () => number;
  readonly onPassed?: (sizeBytes: number) => void;
}

interface HeldChunk {
  readonly bytes: Buffer;
  readonly arrivedAtMs: number;
  /** -1 to 1, drawn on arrival. */
  readonly jitter: number;
}

/** Copies one direction until its end; an end is passed on after the last byte. */
async function forward(network: Network, direction: Direction): Promise<void> {
  const { from, to } = direction;
  const held: HeldChunk[] = [];
  const signals = new EventEmitter();
  let heldBytes = 0;
  let isEnded = false;
  from.on("data", (bytes: Buffer) => {
    held.push({ bytes, arrivedAtMs: performance.now(), jitter: 2 * network.random() - 1 });
    heldBytes += bytes.length;
    if (heldBytes > holdLimitBytes) from.pause();
    signals.emit("arrival");
  });
  const end = (): void => {
    isEnded = true;
    signals.emit("arrival");
  };
  from.once("end", end);
  from.once("close", end);

  for (;;) {
    const chunk = held.shift();
    if (chunk !== undefined) {
      await deliver(network, direction, chunk);
      heldBytes -= chunk.bytes.length;
      if (heldBytes <= holdLimitBytes) from.resume();
    } else if (isEnded) {
      to.end();
      return;
    } else {
      await once(signals, "arrival");
    }
    if (to.destroyed) {
      from.destroy();
      return;
    }
  }
}

/** Lets one chunk pass when its time has come, in slices when bandwidth is scarce. */
async function deliver(
  network: Network,
  { from, to, allowance, onPassed }: Direction,
  chunk: HeldChunk,
): Promise<void> {
  const delayOf = ({ latencyMs, jitterMs }: ChaosFaults): number => latencyMs + chunk.jitter * jitterMs;
  await waitUntil(network, to, (faults) => chunk.arrivedAtMs + delayOf(faults));
  let rest = chunk.bytes;
  while (rest.length > 0 && !to.destroyed) {
    const perSlice = Math.max(1, Math.ceil(network.faults().bytesPerSecond / 20));
    const slice = rest.subarray(0, Math.min(perSlice, Math.max(0, allowance())));
    rest = rest.subarray(slice.length);
    await write(to, slice);
    onPassed?.(slice.length);
    if (allowance() <= 0) {
      to.resetAndDestroy();
      from.resetAndDestroy();
      return;
    }
    const writtenAtMs = performance.now();
    await waitUntil(
      network,
      to,
      ({ bytesPerSecond }) => writtenAtMs + (slice.length * 1_000) / bytesPerSecond,
    );
  }
}

/** Resolves at the time the faults in force ask for, never while stalled, at once when the socket is gone. */
async function waitUntil(
  network: Network,
  socket: Socket,
  dueAtMs: (faults: ChaosFaults) => number,
): Promise<void> {
  for (;;) {
    const faults = network.faults();
    const waitMs = faults.isStalled ? Infinity : dueAtMs(faults) - performance.now();
    if (waitMs <= 0 || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        network.changes.off("change", wake);
        socket.off("close", wake);
        resolve();
      };
      const timer = waitMs === Infinity ? undefined : setTimeout(wake, waitMs);
      network.changes.on("change", wake);
      socket.on("close", wake);
    });
  }
}

/** Resolves when the bytes have left the process, so that a slow reader slows the whole direction. */
function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (bytes.length === 0 || socket.destroyed || socket.writableEnded) resolve();
    else socket.write(bytes, () => resolve());
  });
}

/** A connection that dies on one side dies on the other; an orderly end is left to `forward`, which may still hold data. */
function destroyTogether(client: Socket, upstream: Socket): void {
  for (const [socket, peer] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.on("error", () => peer.resetAndDestroy());
    socket.on("close", () => {
      if (!socket.readableEnded || !socket.writableFinished) peer.destroy();
    });
  }
}

/** A linear congruential generator: good enough for jitter, and repeatable. The start is spread so that near seeds differ. */
function seededRandom(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
