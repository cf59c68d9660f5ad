-- Ends the fetching of an answer, with the answer or without.
-- KEYS  1 flight  2 entry
-- ARGV  1 request id of the leader  2 entry or ''  3 entry ttl ms
-- Returns 1 when the leader still led, else 0: the answer is kept all the same, but another one's flight goes on.
if ARGV[2] ~= '' then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('SET', KEYS[2], string.format('%d', now) .. '\n' .. ARGV[2], 'PX', ARGV[3])
end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
