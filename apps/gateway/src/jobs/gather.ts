/**
 * Gathers what comes within one turn of the event loop, and does it in one go: a transaction for each would cost more than
 * what is in it. Whoever adds something learns what became of it.
 */
export function createGather<Item, Outcome>(
  work: (items: readonly Item[]) => Promise<readonly Outcome[]>,
  { mostAtOnce }: { readonly mostAtOnce: number },
): (item: Item) => Promise<Outcome> {
  interface Waiting {
    readonly item: Item;
    readonly resolve: (outcome: Outcome) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let isPlanned = false;

  async function flush(): Promise<void> {
    const now = waiting.splice(0, mostAtOnce);
    isPlanned = waiting.length > 0;
    if (isPlanned) setImmediate(() => void flush());
    try {
      const outcomes = await work(now.map(({ item }) => item));
      for (const [position, { resolve, reject }] of now.entries()) {
        const outcome = outcomes[position];
        if (outcome === undefined) reject(new Error("the outcome of something gathered is missing"));
        else resolve(outcome);
      }
    } catch (error) {
      for (const { reject } of now) reject(error);
    }
  }

  return (item) =>
    new Promise<Outcome>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (isPlanned) return;
      isPlanned = true;
      setImmediate(() => void flush());
    });
}
