-- Replaces the state of a run if nobody else has done so since it was read, and tells what happened, in one step.
-- KEYS  1 run (hash)  2 run log  3 runs due (by time)  4 fact stream
-- ARGV  1 version that was read  2 state JSON  3 when it is due again, Unix ms, or '' for never  4 ttl ms  5 fact JSON or ''
--       6 run id  7 channel of its followers  8.. events, JSON each
-- Returns {"saved", new version} {"conflict"} {"gone"}
-- Invariant: of several writers that read the same version one succeeds; events are numbered from 1 without gaps, and each
-- is in the log before it is announced.
local version = redis.call('HGET', KEYS[1], 'version')
if not version then
  redis.call('ZREM', KEYS[3], ARGV[6])
  return {'gone'}
end
if version ~= ARGV[1] then return {'conflict'} end
local saved = tonumber(version) + 1
redis.call('HSET', KEYS[1], 'version', saved, 'state', ARGV[2], 'announced', 0)
for i = 8, #ARGV do
  local number = redis.call('HINCRBY', KEYS[1], 'events', 1)
  redis.call('XADD', KEYS[2], number .. '-0', 'event', ARGV[i])
  redis.call('PUBLISH', ARGV[7], 'E\n' .. ARGV[6] .. '\n' .. number .. '\n' .. ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[3], ARGV[6])
else
  redis.call('ZADD', KEYS[3], ARGV[3], ARGV[6])
end
if ARGV[5] ~= '' then redis.call('XADD', KEYS[4], '*', 'fact', ARGV[5]) end
return {'saved', saved}
