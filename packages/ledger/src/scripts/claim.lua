-- Takes the right to make the one paid call of a request.
-- KEYS  1 call row (hash)  2 request body  3 cancel flag  4 result  5 provider health (hash)  6 stream log  7 fact stream
-- ARGV  1 round  2 token  3 lease ms  4 row ttl ms  5 breaker open ms  6 breaker trial ms  7 incident fact (JSON)
-- Returns {verdict, ...}:
--   {"done"} {"superseded"} {"busy", retry in ms} {"cancelled", history} {"body_lost", history}
--   {"breaker_open", history, retry in ms}
--   {"interrupted", attempts, ambiguous, history}      claimed by us, but a reader may hold frames of a dead holder
--   {"fresh" | "ambiguous", attempts, ambiguous, history, attempts on this round, body}   attempts count this one
--   history: the failed attempts of this round, JSON objects separated by commas; those of earlier rounds are in the job
-- Invariant: at most one token holds a request's row, a row with a result is never claimed again, and a later round (the
-- request was handed back to the router) wins over an earlier one.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', KEYS[4]) == 1 then return {'done'} end
local row = redis.call('HMGET', KEYS[1], 'state', 'round', 'token', 'leaseUntil', 'attempts', 'roundAttempts', 'ambiguous', 'history')
local state, round = row[1], tonumber(ARGV[1])
if state == 'done' then return {'done'} end
local rowRound = tonumber(row[2] or '-1')
local history = rowRound == round and row[8] or ''
if redis.call('EXISTS', KEYS[3]) == 1 then return {'cancelled', history} end
if rowRound > round then return {'superseded'} end
local attempts, roundAttempts, ambiguous = tonumber(row[5] or '0'), tonumber(row[6] or '0'), tonumber(row[7] or '0')
local abandoned = false
if rowRound < round then
  roundAttempts = 0
elseif state == 'claimed' and row[3] ~= ARGV[2] then
  local leaseUntil = tonumber(row[4])
  if leaseUntil > now then return {'busy', leaseUntil - now} end
  abandoned = true
end

local health = redis.call('HMGET', KEYS[5], 'breaker', 'openedAtMs', 'trialUntilMs')
if health[1] == 'open' or health[1] == 'half_open' then
  local trialAt = math.max(tonumber(health[2] or '0') + tonumber(ARGV[5]), tonumber(health[3] or '0'))
  if trialAt > now then return {'breaker_open', history, trialAt - now} end
  redis.call('HSET', KEYS[5], 'breaker', 'half_open', 'trialUntilMs', now + tonumber(ARGV[6]))
end

if abandoned then
  ambiguous = ambiguous + 1
  redis.call('XADD', KEYS[7], '*', 'fact', ARGV[7])
end
local interrupted = redis.call('EXISTS', KEYS[6]) == 1
local body = nil
if not interrupted then
  body = redis.call('GET', KEYS[2])
  if not body then return {'body_lost', history} end
  attempts = attempts + 1
  roundAttempts = roundAttempts + 1
end
redis.call('HSET', KEYS[1], 'state', 'claimed', 'round', round, 'token', ARGV[2], 'leaseUntil', now + tonumber(ARGV[3]),
  'attempts', attempts, 'roundAttempts', roundAttempts, 'ambiguous', ambiguous)
if history == '' then redis.call('HDEL', KEYS[1], 'history') end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if interrupted then return {'interrupted', attempts, ambiguous, history} end
return {abandoned and 'ambiguous' or 'fresh', attempts, ambiguous, history, roundAttempts, body}
