import { adminToken, type Json } from "./insight-site.ts";

export interface SeenEvent {
  readonly id: number | null;
  readonly type: string;
  readonly data: Json;
}

/** An open event stream; ends when disposed. */
export interface EventStream extends AsyncDisposable {
  readonly response: Response;
  readonly seen: readonly SeenEvent[];
}

/** Follows `/admin/v1/events`. */
export async function followEvents(
  gateway: { readonly url: string },
  { query = "", lastEventId }: { readonly query?: string; readonly lastEventId?: number } = {},
): Promise<EventStream> {
  const controller = new AbortController();
  const response = await fetch(`${gateway.url}/admin/v1/events${query}`, {
    signal: controller.signal,
    headers: {
      authorization: `Bearer ${adminToken}`,
      ...(lastEventId === undefined ? {} : { "last-event-id": String(lastEventId) }),
    },
  });
  const seen: SeenEvent[] = [];
  const reading = read(response, seen).catch(() => undefined);
  return {
    response,
    seen,
    async [Symbol.asyncDispose]() {
      controller.abort();
      await reading;
    },
  };
}

async function read(response: Response, seen: SeenEvent[]): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      seen.push(parse(text.slice(0, end)));
      text = text.slice(end + 2);
    }
  }
}

function parse(frame: string): SeenEvent {
  const fields = new Map(
    frame.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const id = fields.get("id");
  return {
    id: id === undefined ? null : Number(id),
    type: fields.get("event") ?? "",
    data: JSON.parse(fields.get("data") ?? "null") as Json,
  };
}
