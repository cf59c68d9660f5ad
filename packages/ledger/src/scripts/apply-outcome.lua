-- applyOutcome(key, outcome, latency ms, cool-down ms, now ms, channel): the shared health of a provider after one call.
-- The same arithmetic as applyOutcome in the resilience package, which a property test holds it against.
local function applyOutcome(key, outcome, latencyMs, cooldownMs, now, channel)
  local old = redis.call('HMGET', key, 'status', 'consecutiveErrors', 'breaker', 'openedAtMs', 'cooldownUntilMs', 'latencyMs', 'errorRate')
  local status, breaker = old[1] or 'healthy', old[3] or 'closed'
  local errors, openedAt, cooldownUntil = tonumber(old[2] or '0'), tonumber(old[4] or '0'), tonumber(old[5] or '0')
  local latency, errorRate = tonumber(old[6] or ''), tonumber(old[7] or '0')
  local before = breaker .. status
  if outcome == 'success' then
    status, errors, breaker, openedAt = 'healthy', 0, 'closed', 0
    latency = latency and (0.9 * latency + 0.1 * latencyMs) or latencyMs
    errorRate = 0.9 * errorRate
  elseif outcome == 'error' then
    errors = errors + 1
    errorRate = 0.9 * errorRate + 0.1
    status = errors >= 5 and 'down' or errors >= 2 and 'degraded' or 'healthy'
    if breaker == 'half_open' or (breaker == 'closed' and errors >= 3) then breaker, openedAt = 'open', now end
  elseif outcome == 'rate_limited' then
    cooldownUntil = math.max(cooldownUntil, now + cooldownMs)
  end
  redis.call('HSET', key, 'status', status, 'consecutiveErrors', errors, 'breaker', breaker, 'openedAtMs', openedAt,
    'cooldownUntilMs', cooldownUntil, 'latencyMs', latency and string.format('%.6f', latency) or '',
    'errorRate', string.format('%.9f', errorRate), 'trialUntilMs', 0)
  if before ~= breaker .. status or outcome == 'rate_limited' then redis.call('PUBLISH', channel, key) end
end
