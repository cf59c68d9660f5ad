-- Ends a request: stores its result, records the fact, updates the provider's health and announces the answer in one step.
-- KEYS  1 call row  2 result  3 request body  4 fact stream  5 stream log  6 provider health (hash)
--       7 provider capacity (hash)
-- ARGV  1 token ('' when no call was claimed)  2 frame count  3 result JSON  4 answer body  5 fact JSON  6 reply channel or ''
--       7 request id  8 result ttl ms  9 row ttl ms  10 inline limit in bytes  11 incident fact if the commit comes too late
--       12 round of the job that ends it  13 health outcome or ''  14 latency ms  15 cool-down ms  16 health channel
--       17 tokens used, '' when nobody knows
-- Returns 1 committed (now, or before by the same token: a repeat after a lost reply), 0 refused (there is a result already, or another holder has the row).
-- Invariant: a result is written once, by the holder of the row; a fact exists if and only if the result does.
local done = redis.call('HMGET', KEYS[1], 'state', 'token')
if done[1] == 'done' and done[2] == ARGV[1] then return 1 end
if redis.call('EXISTS', KEYS[2]) == 1 then
  if ARGV[11] ~= '' then redis.call('XADD', KEYS[4], '*', 'fact', ARGV[11]) end
  return 0
end
local row = redis.call('HMGET', KEYS[1], 'state', 'token', 'leaseUntil', 'round', 'takenTokens')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Without a token the row must be free: its lease ran out, or its holder has handed the request to this later round.
local held = row[1] == 'claimed' and row[2] ~= ARGV[1]
local free = ARGV[1] == '' and (tonumber(row[3] or '0') <= now or tonumber(row[4] or '-1') < tonumber(ARGV[12]))
if row[1] == 'done' or (held and not free) or (ARGV[1] ~= '' and row[2] ~= ARGV[1]) then
  if ARGV[11] ~= '' then redis.call('XADD', KEYS[4], '*', 'fact', ARGV[11]) end
  return 0
end
redis.call('SET', KEYS[2], ARGV[2] .. '\n' .. ARGV[3] .. '\n' .. ARGV[4], 'PX', ARGV[8])
redis.call('HSET', KEYS[1], 'state', 'done', 'token', ARGV[1])
if row[5] and ARGV[17] ~= '' then settleTokens(KEYS[7], KEYS[1], tonumber(ARGV[17])) end
redis.call('PEXPIRE', KEYS[1], ARGV[9])
redis.call('UNLINK', KEYS[3])
redis.call('XADD', KEYS[4], '*', 'fact', ARGV[5], 'result', ARGV[3])
if ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[5], ARGV[8]) end
if ARGV[13] ~= '' then applyOutcome(KEYS[6], ARGV[13], tonumber(ARGV[14]), tonumber(ARGV[15]), now, ARGV[16]) end
if ARGV[6] ~= '' then
  if #ARGV[4] > tonumber(ARGV[10]) then
    redis.call('PUBLISH', ARGV[6], 'P\n' .. ARGV[7])
  else
    redis.call('PUBLISH', ARGV[6], 'R\n' .. ARGV[7] .. '\n' .. ARGV[2] .. '\n' .. ARGV[3] .. '\n' .. ARGV[4])
  end
end
return 1
