-- Finds a kept answer, or says who fetches it.
-- KEYS  1 flight (the request that fetches the answer)  2.. entries that would do, best first
-- ARGV  1 request id  2 flight ttl ms  3 oldest age accepted, ms
-- Returns {"kept", age in ms, entry} {"follow", request id of the leader} {"lead"}
-- Invariant: of requests that ask for the same at the same time one leads.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, #KEYS do
  local kept = redis.call('GET', KEYS[i])
  if kept then
    local lineEnd = string.find(kept, '\n', 1, true)
    local age = math.max(0, now - tonumber(string.sub(kept, 1, lineEnd - 1)))
    if age <= tonumber(ARGV[3]) then return {'kept', age, string.sub(kept, lineEnd + 1)} end
  end
end
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return {'follow', leader} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'lead'}
