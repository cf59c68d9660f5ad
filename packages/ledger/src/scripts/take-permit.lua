-- KEYS[1]  the bucket of one subject: a hash of `permits` and `atMs`
-- ARGV     permits added per second, permits of a full bucket
-- Returns 0 when a permit was taken, else the milliseconds until the next one is there.
-- The clock is that of Redis and the whole is one step, so however many gateways ask, no window of time gives out more
-- than a full bucket and what was added during it.
local perSecond, full = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call("TIME")
local nowMs = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local bucket = redis.call("HMGET", KEYS[1], "permits", "atMs")
local atMs = tonumber(bucket[2] or nowMs)
local permits = tonumber(bucket[1] or full)
permits = math.min(full, permits + math.max(0, nowMs - atMs) * perSecond / 1000)
local waitMs = 0
if permits >= 1 then
  permits = permits - 1
else
  waitMs = math.max(1, math.ceil((1 - permits) * 1000 / perSecond))
end
redis.call("HSET", KEYS[1], "permits", string.format("%.9f", permits), "atMs", string.format("%.3f", math.max(nowMs, atMs)))
redis.call("PEXPIRE", KEYS[1], math.ceil((full - permits) * 1000 / perSecond) + 1000)
return waitMs
