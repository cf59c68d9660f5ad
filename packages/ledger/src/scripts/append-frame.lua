-- Appends one frame to the stream log and announces it.
-- KEYS  1 call row  2 stream log
-- ARGV  1 token  2 sequence  3 SSE text  4 reply channel or ''  5 request id  6 log ttl ms
-- Returns 1, or 0 when another holder has the row. Invariant: only the holder of the row writes to the log.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('XADD', KEYS[2], '*', 's', ARGV[2], 't', ARGV[3])
if ARGV[2] == '0' then redis.call('PEXPIRE', KEYS[2], ARGV[6]) end
if ARGV[4] ~= '' then
  redis.call('PUBLISH', ARGV[4], 'F\n' .. ARGV[5] .. '\n' .. ARGV[2] .. '\n' .. ARGV[3])
end
return 1
