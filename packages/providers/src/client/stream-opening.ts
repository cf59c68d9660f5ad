import { createParser } from "eventsource-parser";

/** Holds the beginning of an event stream back until its first event, comments not counted, has arrived. */
export class StreamOpening {
  #text = "";
  #firstData: string | null = null;
  readonly #parser = createParser({
    onEvent: (event) => {
      this.#firstData ??= event.data;
    },
  });

  /** Takes the next text; returns the data of the first event once it is complete, null before. */
  feed(text: string): string | null {
    this.#text += text;
    this.#parser.feed(text);
    return this.#firstData;
  }

  /** All text taken so far. */
  get text(): string {
    return this.#text;
  }
}
