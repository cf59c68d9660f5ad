-- Gives a call up without a result, so that it can be made again (by a retry or after a new routing).
-- KEYS  1 call row  2 provider health (hash)  3 provider capacity (hash)
-- ARGV  1 token  2 health outcome or ''  3 latency ms  4 cool-down ms  5 health channel  6 the failed attempt (JSON)
--       7 tokens used, '' when nobody knows
-- Returns 1, or 0 when another holder has the row (health is updated all the same: the provider did answer).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[2] ~= '' then applyOutcome(KEYS[2], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), now, ARGV[5]) end
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
if ARGV[7] ~= '' then settleTokens(KEYS[3], KEYS[1], tonumber(ARGV[7])) end
local history = redis.call('HGET', KEYS[1], 'history')
redis.call('HSET', KEYS[1], 'state', 'open', 'token', '', 'history', history and (history .. ',' .. ARGV[6]) or ARGV[6])
return 1
