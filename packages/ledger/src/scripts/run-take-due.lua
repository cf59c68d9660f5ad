-- Hands out runs that are to be looked at, the longest due first, and puts each off.
-- KEYS  1 runs due (by time)
-- ARGV  1 now, Unix ms  2 how many at most  3 when they are due again, Unix ms
-- Returns their ids. Invariant: of several who ask at the same time each gets other runs.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, run in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[3], run) end
return due
