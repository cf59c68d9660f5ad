import type { Redis } from "ioredis";

/** Whether this gateway does what only one of them should do. */
export interface Leadership extends AsyncDisposable {
  readonly isLeader: () => boolean;
}

export interface LeadershipOptions {
  readonly redis: Pick<Redis, "eval">;
  readonly key: string;
  readonly gatewayId: string;
  readonly onError: (error: unknown) => void;
  /** How long a gateway that is not heard from stays the leader. Default 10 s. */
  readonly leaseMs?: number;
}

const defaultLeaseMs = 10_000;
const renewalsPerLease = 4;

/** KEYS 1 lock. ARGV 1 holder, 2 lease in ms. Returns 1 when the holder has the lock now. Take or renew in one step. */
const takeOrRenew = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
/** KEYS 1 lock. ARGV 1 holder. Gives the lock up if the holder has it. */
const giveUp = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1`;

/**
 * One gateway holds a lease in Redis and is the leader; when it dies another one follows within the lease. For a moment two
 * may believe to lead, so what a leader does must bear being done twice.
 */
export async function seekLeadership(options: LeadershipOptions): Promise<Leadership> {
  const { redis, key, gatewayId, onError, leaseMs = defaultLeaseMs } = options;
  let heldUntilMs = -Infinity;

  async function seek(): Promise<void> {
    const askedAtMs = performance.now();
    const holds = (await redis.eval(takeOrRenew, 1, key, gatewayId, leaseMs)) === 1;
    heldUntilMs = holds ? askedAtMs + leaseMs : -Infinity;
  }

  await seek().catch(onError);
  const timer = setInterval(() => void seek().catch(onError), leaseMs / renewalsPerLease);
  return {
    isLeader: () => performance.now() < heldUntilMs,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      heldUntilMs = -Infinity;
      await Promise.resolve(redis.eval(giveUp, 1, key, gatewayId)).catch(onError);
    },
  };
}
