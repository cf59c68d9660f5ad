import { Socket } from "node:net";

/** Keeps this process from connecting to anything but this machine, names included. */
export interface NetworkConfinement extends Disposable {
  /** Where something wanted to connect to; each once. */
  readonly refused: ReadonlySet<string>;
}

const loopback = new Set(["127.0.0.1", "localhost", "::1"]);

/**
 * A generated provider without an address of its own would be asked at its type's, on the internet. The attempt fails as
 * an unreachable server would, before a name is looked up.
 */
export function confineNetwork(): NetworkConfinement {
  // oxlint-disable-next-line typescript/unbound-method -- called with the socket below
  const connect = Socket.prototype.connect as (this: Socket, ...given: unknown[]) => Socket;
  const refused = new Set<string>();
  function confined(this: Socket, ...given: unknown[]): Socket {
    const host = hostOf(given);
    if (host === null || loopback.has(host)) return connect.apply(this, given);
    refused.add(host);
    process.nextTick(() => this.destroy(Object.assign(new Error("confined"), { code: "ECONNREFUSED" })));
    return this;
  }
  Socket.prototype.connect = confined as typeof Socket.prototype.connect;
  return {
    refused,
    [Symbol.dispose]() {
      Socket.prototype.connect = connect as typeof Socket.prototype.connect;
    },
  };
}

/** Null: this machine, or a path. Node calls it with options, with port and host, or with a list of such arguments. */
function hostOf(given: readonly unknown[]): string | null {
  const [first, second] = Array.isArray(given[0]) ? (given[0] as unknown[]) : given;
  if (typeof first === "object" && first !== null) {
    const { host, path } = first as { host?: string | null; path?: string | null };
    return path ? null : (host ?? null);
  }
  return typeof second === "string" ? second : null;
}
