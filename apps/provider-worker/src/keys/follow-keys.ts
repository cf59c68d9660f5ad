import type { Keyspace } from "@tokenhub/contracts";
import { readKeyNotice } from "@tokenhub/vault";
import type { Redis } from "ioredis";
import type { KeyFinder } from "./key-finder.ts";

/** Lets a finder hear which keys were changed, and that the vault was locked. */
export async function followKeys(
  keys: Pick<KeyFinder, "heed" | "forget">,
  { subscriber, keyspace }: { readonly subscriber: Redis; readonly keyspace: Pick<Keyspace, "vaultChannel"> },
): Promise<Disposable> {
  const receive = (channel: string, text: string): void => {
    const notice = channel === keyspace.vaultChannel ? readKeyNotice(text) : null;
    if (notice !== null) keys.heed(notice);
  };
  // Whatever was said while the connection was lost is lost too.
  const onGap = (): void => keys.forget();
  subscriber.on("message", receive);
  subscriber.on("ready", onGap);
  subscriber.on("close", onGap);
  await subscriber.subscribe(keyspace.vaultChannel);
  return {
    [Symbol.dispose]() {
      subscriber.off("message", receive);
      subscriber.off("ready", onGap);
      subscriber.off("close", onGap);
    },
  };
}
