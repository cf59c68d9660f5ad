-- Puts a run to rest whose end has been announced.
-- KEYS  1 run (hash)  2 run log  3 runs due (by time)
-- ARGV  1 version whose end was announced  2 run id  3 ttl ms from now on
-- Returns 1 (also when the run is gone), 0 when it has moved on since and stays due.
-- Invariant: a run that was taken up again after its end is never put to rest by who announced that end.
local version = redis.call('HGET', KEYS[1], 'version')
if version and version ~= ARGV[1] then return 0 end
redis.call('ZREM', KEYS[3], ARGV[2])
if not version then return 1 end
redis.call('HSET', KEYS[1], 'announced', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
