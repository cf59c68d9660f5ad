-- Keeps later requests away from a provider for a while, because it said that its own limit is used up.
-- KEYS  1 provider health (hash)   ARGV  1 cool-down ms  2 health channel
local time = redis.call('TIME')
applyOutcome(KEYS[1], 'rate_limited', 0, tonumber(ARGV[1]), time[1] * 1000 + math.floor(time[2] / 1000), ARGV[2])
return 1
