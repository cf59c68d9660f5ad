-- Begins a run: its input and first state, its place among the runs to look at, and the fact for the books in one step.
-- KEYS  1 run (hash)  2 run log  3 runs due (by time)  4 fact stream
-- ARGV  1 input JSON  2 state JSON  3 fact JSON  4 run id  5 when it is due, Unix ms  6 ttl ms
-- Returns 1, or 0 when the run exists already.
-- Invariant: a run is created once, its input is never written again, and a fact of its beginning exists if and only if it does.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'version', 1, 'input', ARGV[1], 'state', ARGV[2], 'events', 0, 'announced', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
-- What an expired run of the same id left behind would refuse the numbers of the new one.
redis.call('UNLINK', KEYS[2])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[4])
redis.call('XADD', KEYS[4], '*', 'fact', ARGV[3])
return 1
