import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { readAddressAllowList, type AddressAllowList } from "./address-allow-list.ts";
import { deliverWebhook, type DeliverWebhookOptions, type WebhookAttempt } from "./deliver-webhook.ts";
import { sealWebhookSecret } from "./seal-webhook-secret.ts";
import { makeWebhookSecret } from "./webhook-secret.ts";

export const clusterSecret = Buffer.alloc(32, 0x5a);
export const signingSecret = makeWebhookSecret(randomBytes);
export const bodyText = '{"id":"evt_1","object":"event","data":{"note":"ä"}}';

export interface Listener extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Connections that were made so far. */
  connections(): number;
}

async function open(server: Server): Promise<Listener> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on("error", () => undefined));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/hook?a=b`,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const listen = (handler: RequestListener): Promise<Listener> => open(createServer(handler));
export const listenRaw = (onSocket: (socket: Socket) => void): Promise<Listener> =>
  open(createTcpServer(onSocket));

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks = await Array.fromAsync<Buffer>(request);
  return Buffer.concat(chunks).toString("utf8");
}

export function allowing(...entries: readonly string[]): AddressAllowList {
  const reading = readAddressAllowList(entries);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return reading.allow;
}

const sealed = sealWebhookSecret(signingSecret, { clusterSecret, random: randomBytes });

export interface DeliveryOptions extends Partial<DeliverWebhookOptions> {
  readonly sealedSecrets?: readonly string[];
}

/** One attempt at a URL; loopback is open unless the test says otherwise, and no name leads anywhere. */
export function deliver(url: string, { sealedSecrets = [sealed], ...options }: DeliveryOptions = {}) {
  return deliverWebhook(
    { eventId: "evt_1", url, sealedSecrets: [...sealedSecrets], bodyText },
    {
      clusterSecret,
      allow: allowing("127.0.0.0/8"),
      resolveHost: () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" })),
      timeoutMs: 5_000,
      now: Date.now,
      signal: new AbortController().signal,
      ...options,
    },
  );
}

/** The same, of an attempt that must not have been interrupted. */
export async function attempt(url: string, options: DeliveryOptions = {}): Promise<WebhookAttempt> {
  const delivery = await deliver(url, options);
  if (delivery.kind !== "attempted") throw new Error("the attempt was interrupted");
  return delivery.attempt;
}
