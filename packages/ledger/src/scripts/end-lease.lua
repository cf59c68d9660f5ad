-- Takes the lease away.
-- KEYS: 1 lease
-- ARGV: 1 the lease to take away, or "" for any
-- Returns 1 when there is none afterwards, 0 when another gateway's stays.
if ARGV[1] ~= "" then
  local current = redis.call("GET", KEYS[1])
  if current and current ~= ARGV[1] then return 0 end
end
redis.call("DEL", KEYS[1])
return 1
