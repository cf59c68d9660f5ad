import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { chooseReaction, type Reaction } from "./choose-reaction.ts";

/** One attempt to deliver a webhook, as its receiver saw it. */
export interface SeenDelivery {
  readonly path: string;
  /** The header `webhook-id`. */
  readonly eventId: string;
  readonly jobId: string;
  readonly type: string;
  readonly body: string;
  /** Whether `standardwebhooks` accepts its signature. */
  readonly isSigned: boolean;
  /** Whether it was answered with a 2xx. */
  readonly isTaken: boolean;
  readonly atMs: number;
}

export interface FlakyReceiver extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenDelivery[];
  /** Deliveries at paths that begin with this are verified with this secret. */
  expectSecret(pathPrefix: string, secret: string): void;
}

/** A receiver of webhooks that often fails the first attempts, and takes everything in the end. */
export async function startFlakyReceiver({ seed }: { readonly seed: number }): Promise<FlakyReceiver> {
  const seen: SeenDelivery[] = [];
  const attempts = new Map<string, number>();
  const secrets = new Map<string, Webhook>();
  const verifierOf = (path: string): Webhook | undefined =>
    [...secrets].find(([prefix]) => path.startsWith(prefix))?.[1];
  const server = createServer((request, response) => {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    void receive(request, response).catch(() => response.destroy());
  });

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync<Buffer>(request)).toString("utf8");
    const path = request.url ?? "";
    const eventId = String(request.headers["webhook-id"]);
    const key = `${path} ${eventId}`;
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    const reaction = chooseReaction({ seed, path, eventId, attempt });
    seen.push({
      path,
      eventId,
      ...subjectOf(body),
      body,
      isSigned: isSignedBy(verifierOf(path), body, request.headers),
      isTaken: reaction.kind === "take",
      atMs: Date.now(),
    });
    await react(response, reaction);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    expectSecret: (pathPrefix, secret) => void secrets.set(pathPrefix, new Webhook(secret)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function isSignedBy(
  verifier: Webhook | undefined,
  body: string,
  headers: IncomingMessage["headers"],
): boolean {
  try {
    verifier?.verify(body, headers as Record<string, string>);
    return verifier !== undefined;
  } catch {
    // The signature is wrong, which the judge names.
    return false;
  }
}

function subjectOf(body: string): { readonly jobId: string; readonly type: string } {
  try {
    const event = JSON.parse(body) as { readonly type?: unknown; readonly data?: { readonly id?: unknown } };
    return { jobId: String(event.data?.id), type: String(event.type) };
  } catch {
    // No event: the judge finds no job for it.
    return { jobId: "", type: "" };
  }
}

async function react(response: ServerResponse, reaction: Reaction): Promise<void> {
  switch (reaction.kind) {
    case "take":
      if (reaction.afterMs > 0) await sleep(reaction.afterMs);
      return void response.writeHead(204).end();
    case "refuse": {
      const { status, retryAfterSeconds } = reaction;
      const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
      return void response.writeHead(status, headers).end("not now");
    }
    case "reset":
      return void response.socket?.resetAndDestroy();
    case "break-off":
      response.writeHead(200, { "content-length": "100" }).write("half of");
      return void setTimeout(() => response.destroy(), 20);
    case "hang":
      return undefined;
  }
}
