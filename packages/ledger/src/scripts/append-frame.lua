-- Appends one frame to the stream log and announces it.
-- KEYS  1 call row  2 stream log
-- ARGV  1 token  2 sequence  3 SSE text  4 reply channel or ''  5 request id  6 log ttl ms
-- Returns 1 in the log (now, or before: a repeat after a lost reply), 0 when another holder has the row, 2 when a frame before
-- it is not in the log yet: frames overtake each other when Redis does not know this script (see RedisScript) or was away.
-- Invariant: only the holder of the row writes to the log, which holds the frames 0, 1, 2 ... in their order, once each.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
local length = redis.call('XLEN', KEYS[2])
local sequence = tonumber(ARGV[2])
if sequence < length then return 1 end
if sequence > length then return 2 end
redis.call('XADD', KEYS[2], '*', 's', ARGV[2], 't', ARGV[3])
if sequence == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
if ARGV[4] ~= '' then
  redis.call('PUBLISH', ARGV[4], 'F\n' .. ARGV[5] .. '\n' .. ARGV[2] .. '\n' .. ARGV[3])
end
return 1
