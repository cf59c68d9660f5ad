-- Publishes one state of the vault: its sealed entries and, while it is unlocked, the lease that opens them.
-- KEYS: 1 revision, 2 entries (hash), 3 lease
-- ARGV: 1 revision, 2 "1" to replace a later revision too, 3 lease text or "", 4 lease TTL in ms, then name, sealed, ...
-- Returns 1, or 0 when a later revision is published already.
-- Atomic: nobody ever sees a lease beside entries that it does not open, nor an older state after a newer one.
local stored = tonumber(redis.call("GET", KEYS[1]) or "")
if stored and ARGV[2] ~= "1" and stored > tonumber(ARGV[1]) then return 0 end
redis.call("DEL", KEYS[2])
for index = 5, #ARGV, 2 do redis.call("HSET", KEYS[2], ARGV[index], ARGV[index + 1]) end
redis.call("SET", KEYS[1], ARGV[1])
if ARGV[3] ~= "" then redis.call("SET", KEYS[3], ARGV[3], "PX", ARGV[4]) end
return 1
