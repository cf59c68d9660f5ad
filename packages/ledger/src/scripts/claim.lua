-- Takes the right to make the one paid call of a request.
-- KEYS  1 call row (hash)  2 request body  3 cancel flag  4 result  5 provider health (hash)  6 stream log  7 fact stream
--       8 provider capacity (hash)
-- ARGV  1 round  2 token  3 lease ms  4 row ttl ms  5 breaker open ms  6 breaker trial ms  7 incident fact (JSON)
--       and for a provider with limits only:  8 requests a minute or 0  9 tokens a minute or 0  10 tokens expected
--       11 longest wait ms  12 health channel when the request could go elsewhere, else ''
-- Returns {verdict, ...}:
--   {"done"} {"superseded"} {"busy", retry in ms} {"cancelled", history} {"body_lost", history}
--   {"breaker_open", history, retry in ms}
--   {"rate_limited", history, retry in ms, 1}          in line: come back then
--   {"rate_limited", history, retry in ms, 0}          not in line: the wait is longer than allowed
--   {"interrupted", attempts, ambiguous, history}      claimed by us, but a reader may hold frames of a dead holder
--   {"fresh" | "ambiguous", attempts, ambiguous, history, attempts on this round, body}   attempts count this one
--   history: the failed attempts of this round, JSON objects separated by commas; those of earlier rounds are in the job
-- Invariant: at most one token holds a request's row, a row with a result is never claimed again, and a later round (the
-- request was handed back to the router) wins over an earlier one.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('EXISTS', KEYS[4]) == 1 then return {'done'} end
local row = redis.call('HMGET', KEYS[1], 'state', 'round', 'token', 'leaseUntil', 'attempts', 'roundAttempts', 'ambiguous', 'history', 'ticket')
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
local isTrial = health[1] == 'open' or health[1] == 'half_open'
if isTrial then
  local trialAt = math.max(tonumber(health[2] or '0') + tonumber(ARGV[5]), tonumber(health[3] or '0'))
  if trialAt > now then return {'breaker_open', history, trialAt - now} end
end

local interrupted = redis.call('EXISTS', KEYS[6]) == 1
local body = not interrupted and redis.call('GET', KEYS[2])
if body and ARGV[8] then
  local ticketRound, ticketAt = string.match(row[9] or '', '^(%d+):(%d+)$')
  local limits = { requests = tonumber(ARGV[8]), tokens = tonumber(ARGV[9]) }
  local ticket = tonumber(ticketRound or '-1') == round and tonumber(ticketAt) or nil
  local longestWait = tonumber(ARGV[11])
  local wait, inLine = takeCapacity(KEYS[8], limits, tonumber(ARGV[10]), { now = now, ticket = ticket, longestWait = longestWait, ttl = ARGV[4] })
  if wait > 0 then
    if inLine then
      redis.call('HSET', KEYS[1], 'ticket', round .. ':' .. string.format('%d', ticket or now + wait))
      redis.call('PEXPIRE', KEYS[1], ARGV[4])
    elseif ARGV[12] ~= '' then
      applyOutcome(KEYS[5], 'rate_limited', 0, math.min(60000, wait - longestWait), now, ARGV[12])
    end
    return {'rate_limited', history, wait, inLine and 1 or 0}
  end
  if limits.tokens > 0 then redis.call('HSET', KEYS[1], 'takenTokens', ARGV[10]) end
end

if isTrial then redis.call('HSET', KEYS[5], 'breaker', 'half_open', 'trialUntilMs', now + tonumber(ARGV[6])) end
if abandoned then
  ambiguous = ambiguous + 1
  redis.call('XADD', KEYS[7], '*', 'fact', ARGV[7])
end
if not interrupted then
  if not body then return {'body_lost', history} end
  attempts = attempts + 1
  roundAttempts = roundAttempts + 1
end
redis.call('HSET', KEYS[1], 'state', 'claimed', 'round', round, 'token', ARGV[2], 'leaseUntil', now + tonumber(ARGV[3]),
  'attempts', attempts, 'roundAttempts', roundAttempts, 'ambiguous', ambiguous)
if history == '' then redis.call('HDEL', KEYS[1], 'history') end
if row[9] then redis.call('HDEL', KEYS[1], 'ticket') end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if interrupted then return {'interrupted', attempts, ambiguous, history} end
return {abandoned and 'ambiguous' or 'fresh', attempts, ambiguous, history, roundAttempts, body}
