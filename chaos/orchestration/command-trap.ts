import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A Redis proxy for one process that holds it at one command for ever, so that it can be killed exactly there. */
export interface CommandTrap extends AsyncDisposable {
  readonly port: number;
  /** Resolves when the process stands in the trap. */
  readonly sprung: Promise<void>;
  /** Until then everything passes. */
  arm(): void;
}

export interface CommandTrapOptions {
  readonly redisPort: number;
  /** Text that only the command in question carries. */
  readonly command: string;
  /** `before`: the command never reaches Redis. `after`: Redis has carried it out, and its answer never comes back. */
  readonly when: "before" | "after";
}

/** Starts a proxy that passes everything on, until the command comes after it was armed. */
export async function startCommandTrap({
  redisPort,
  command,
  when,
}: CommandTrapOptions): Promise<CommandTrap> {
  const { promise: sprung, resolve: spring } = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  let isArmed = false;
  let isSprung = false;
  const server = createServer((client) => {
    const upstream = connect(redisPort, "127.0.0.1");
    let isHeld = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      if (isSprung) return;
      if (isArmed && chunk.includes(command)) {
        isHeld = true;
        if (when === "before") {
          isSprung = true;
          spring();
          return;
        }
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (isSprung) return;
      if (isHeld) {
        isSprung = true;
        spring();
        return;
      }
      client.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return {
    port: address.port,
    sprung,
    arm() {
      isArmed = true;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
