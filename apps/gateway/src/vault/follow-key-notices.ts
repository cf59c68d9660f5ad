import type { Keyspace } from "@tokenhub/contracts";
import { readKeyNotice, type KeyNotice } from "@tokenhub/vault";
import type { Redis } from "ioredis";

export interface KeyNoticeOptions {
  readonly subscriber: Redis;
  readonly keyspace: Pick<Keyspace, "vaultChannel">;
  readonly gatewayId: string;
  readonly onNotice: (notice: KeyNotice) => void;
  /** The connection was lost for a while, and notices with it. */
  readonly onGap: () => void;
}

/** Hears what the other gateways say about the published keys. */
export async function followKeyNotices(options: KeyNoticeOptions): Promise<Disposable> {
  const { subscriber, keyspace, gatewayId, onNotice, onGap } = options;
  const receive = (channel: string, text: string): void => {
    if (channel !== keyspace.vaultChannel) return;
    const notice = readKeyNotice(text);
    if (notice !== null && notice.from !== gatewayId) onNotice(notice);
  };
  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.vaultChannel);
  subscriber.on("ready", onGap);
  return {
    [Symbol.dispose]() {
      subscriber.off("message", receive);
      subscriber.off("ready", onGap);
    },
  };
}
