const keptOfAKind = 40;

/** Ids that the product has told in its answers, by the resource they are of, so that later requests can name them. */
export class LivePool {
  readonly #kinds = new Map<string, string[]>();
  readonly #isNeeded: (id: string) => boolean;

  /** @param isNeeded ids that no request may be led to. */
  constructor(isNeeded: (id: string) => boolean) {
    this.#isNeeded = isNeeded;
  }

  note(kind: string, id: unknown): void {
    if (typeof id !== "string" || id === "" || this.#isNeeded(id)) return;
    const ids = this.#kinds.get(kind) ?? [];
    if (ids.includes(id)) return;
    ids.push(id);
    if (ids.length > keptOfAKind) ids.shift();
    this.#kinds.set(kind, ids);
  }

  /** What an answer at this path names. */
  noteAnswer(path: string, body: unknown): void {
    if (!path.startsWith("/admin/v1/") || typeof body !== "object" || body === null) return;
    const kind = /^\/admin\/v1\/([a-z-]+)/.exec(path)?.[1] ?? "";
    const { items } = body as { items?: unknown };
    for (const entry of Array.isArray(items) ? items.slice(0, 5) : [body]) {
      if (typeof entry !== "object" || entry === null) continue;
      const { id, name, request_id: requestId } = entry as Record<string, unknown>;
      this.note(kind, kind === "aliases" ? name : id);
      this.note("requests", requestId);
    }
  }

  set(kind: string, ids: readonly string[]): void {
    this.#kinds.set(kind, [...ids]);
  }

  /** Replaces every `~kind.number~`; `escape` makes an id fit where it stands. */
  fill(text: string, escape: (id: string) => string): string {
    return text.replaceAll(/~([a-z-]+)\.(\d+)~/g, (_placeholder, kind: string, number: string) => {
      const ids = this.#kinds.get(kind) ?? [];
      return escape(ids[Number(number) % ids.length] ?? "none-yet");
    });
  }
}
