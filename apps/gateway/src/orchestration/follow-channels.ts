import { decodeReplyMessage, type Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";

/** What is said on a run's channel while it runs. Any of it may be lost; the logs hold everything. */
export interface RunNews {
  onFrame(requestId: string, frame: { readonly sequence: number; readonly text: string }): void;
  onEvent(): void;
}

export interface RunChannels extends Disposable {
  /** Hears of a run. Who reads the logs once `joined` is there misses nothing. The disposer leaves. */
  join(runId: string, news: RunNews): RunMembership;
}

interface RunMembership extends Disposable {
  /** Does not reject; while Redis is away it takes as long as that. */
  readonly joined: Promise<void>;
}

export interface RunChannelsOptions {
  /** Shared with everything else in this process that listens. */
  readonly subscriber: Redis;
  readonly keyspace: Pick<Keyspace, "replyChannel">;
  readonly onError: (error: Error) => void;
}

/** One subscription per run that is followed here, however many follow it; messages nobody follows are not even decoded. */
export function createRunChannels({ subscriber, keyspace, onError }: RunChannelsOptions): RunChannels {
  const listeners = new Map<string, Set<RunNews>>();

  function receive(channel: string, text: string): void {
    const followers = listeners.get(channel);
    if (followers === undefined) return;
    const message = decodeReplyMessage(text);
    if (message === null) return;
    for (const news of followers) {
      if (message.kind === "frame") news.onFrame(message.requestId, message);
      else news.onEvent();
    }
  }
  subscriber.on("message", receive);

  function leave(channel: string, news: RunNews): void {
    const followers = listeners.get(channel);
    if (followers === undefined || !followers.delete(news) || followers.size > 0) return;
    listeners.delete(channel);
    // A connection that is down has no subscription to end, and takes up only those that are still wanted.
    if (subscriber.status === "ready") subscriber.unsubscribe(channel).catch(onError);
  }

  return {
    join(runId, news) {
      const channel = keyspace.replyChannel(runId);
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(news));
      // Also for the second follower: the first one's subscription may be under way, or about to end.
      const joined = subscriber.subscribe(channel).then(() => undefined, onError);
      return { joined, [Symbol.dispose]: () => leave(channel, news) };
    },
    [Symbol.dispose]() {
      subscriber.off("message", receive);
      for (const channel of listeners.keys())
        if (subscriber.status === "ready") subscriber.unsubscribe(channel).catch(onError);
      listeners.clear();
    },
  };
}
