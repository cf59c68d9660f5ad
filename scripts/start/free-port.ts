import { createServer } from "node:net";
import { StartError } from "./start-error.ts";

/** Below the ports that systems give to outgoing connections, which may take one between this look and its use. */
const lowestPort = 15_000;
const highestPort = 32_000;
const attempts = 20;

/** Any port that nobody listens on right now. */
export async function findFreePort(host = "127.0.0.1"): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort));
    const found = await listenOnce({ host, port }).catch(() => null);
    if (found !== null) return found;
  }
  return listenOnce({ host, port: 0 });
}

/** @throws StartError with one sentence when the address cannot be listened on. */
export async function assertAddressFree({ host, port }: { host: string; port: number }): Promise<void> {
  try {
    await listenOnce({ host, port });
  } catch (error) {
    throw new StartError(
      explain({ host, port, code: error instanceof Error ? Reflect.get(error, "code") : null }),
    );
  }
}

function listenOnce({ host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const chosen = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(chosen));
    });
  });
}

function explain({ host, port, code }: { host: string; port: number; code: unknown }): string {
  if (code === "EADDRINUSE") {
    const other = port < 65_535 ? port + 1 : port - 1;
    return `Port ${port} on ${host} is already in use: stop the other program, or choose another port, for example TOKENHUB_PORT=${other}.`;
  }
  if (code === "EACCES") {
    return `Port ${port} needs special rights on this machine: choose one from 1024 up, for example TOKENHUB_PORT=8080.`;
  }
  return `TokenHub cannot listen on ${host}:${port} (${String(code)}): set TOKENHUB_HOST to an address of this machine, for example 127.0.0.1.`;
}
