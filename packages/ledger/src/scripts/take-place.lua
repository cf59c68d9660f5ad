-- KEYS     the places of one or more subjects: sorted sets of place ids by the end of their lease
-- ARGV     length of a lease in milliseconds; the limit of each subject, negative: none; one or more place ids
-- Returns 0 when every subject has every place now, else the number of the first subject that has none left.
-- The clock is that of Redis and the whole is one step, so no subject ever has more places than its limit, however many
-- gateways ask, and either all subjects give one or none. Who has a place already gets its lease extended.
local leaseMs = tonumber(ARGV[1])
local time = redis.call("TIME")
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local firstId = #KEYS + 2
for subject, key in ipairs(KEYS) do
  redis.call("ZREMRANGEBYSCORE", key, "-inf", nowMs)
  local limit = tonumber(ARGV[subject + 1])
  if limit >= 0 then
    local more = 0
    for index = firstId, #ARGV do
      if not redis.call("ZSCORE", key, ARGV[index]) then more = more + 1 end
    end
    if more > 0 and redis.call("ZCARD", key) + more > limit then return subject end
  end
end
for _, key in ipairs(KEYS) do
  for index = firstId, #ARGV do
    redis.call("ZADD", key, nowMs + leaseMs, ARGV[index])
  end
  redis.call("PEXPIRE", key, leaseMs + 1000)
end
return 0
