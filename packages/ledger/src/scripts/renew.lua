-- Extends the lease of a running call.
-- KEYS  1 call row   ARGV  1 token  2 lease ms
-- Returns 1, or 0 when another holder has the row (the caller must stop its call).
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], 'leaseUntil', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2]))
return 1
