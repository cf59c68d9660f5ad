import { TokenHubError } from "@tokenhub/contracts";

/**
 * A place in what a run tells. Calls may run side by side, so it is a vector: the number of the last run event, and for each
 * call that is open there, named by the number of the event that began it, how many characters of its text have been told.
 */
export interface FollowCursor {
  readonly eventNumber: number;
  readonly toldByStart: ReadonlyMap<number, number>;
}

/** Before everything. */
export const startOfRun: FollowCursor = { eventNumber: 0, toldByStart: new Map() };

const cursorPattern = /^\d{1,9}(?:~\d{1,9}\.\d{1,9}){0,100}$/;

/** Opaque to clients; safe in a header, a query and an event's id. E.g. `4~3.120~4.17`. */
export function encodeCursor({ eventNumber, toldByStart }: FollowCursor): string {
  const calls = [...toldByStart].filter(([, told]) => told > 0).map(([start, told]) => `~${start}.${told}`);
  return `${eventNumber}${calls.join("")}`;
}

/** @throws TokenHubError `invalid_request` for anything but an id that an event had. */
export function decodeCursor(text: string): FollowCursor {
  if (!cursorPattern.test(text)) throw strangeCursor();
  const [eventNumber, ...calls] = text.split("~");
  return {
    eventNumber: Number(eventNumber),
    toldByStart: new Map(
      calls.map((call) => {
        const [start, told] = call.split(".");
        return [Number(start), Number(told)];
      }),
    ),
  };
}

export function strangeCursor(): TokenHubError {
  return new TokenHubError(
    "invalid_request",
    "`after` is not the id of an event of this run. Send the id of the last event you have, or nothing.",
    { param: "after" },
  );
}
