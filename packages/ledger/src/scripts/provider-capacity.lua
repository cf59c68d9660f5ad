-- The capacity of one provider under the limits this installation keeps, shared by all workers: a hash with the levels of two
-- buckets (`requests`, `tokens`), the time of the last refill (`at`) and the end of the line (`lineEndsAt`), times in ms.
--
-- A fifth of a minute's limit may be taken at once, the rest comes evenly over the minute. Both together are the limit, so
-- that no 60 seconds see more requests than it, wherever they begin. A bucket of tokens may be taken below 0, by a request
-- that is larger than a full one and by answers that turn out longer than expected; whoever is next waits that off.
--
-- Who has to wait gets a place in line, told as the time to come back, and newcomers queue up behind it. If those in line do
-- not come back (cancelled, or their worker died), the buckets fill up: full ones prove that nobody is waiting.
local burstShare = 0.2
local minuteMs = 60000

-- One bucket now: its level, capacity and refill per ms; nil without a limit.
local function bucketOf(limit, level, elapsed, least)
  if limit <= 0 then return nil end
  local capacity = least + burstShare * limit
  local refill = (1 - burstShare) * limit / minuteMs
  return { level = math.min(capacity, (level or capacity) + elapsed * refill), capacity = capacity, refill = refill }
end

-- How long until `amount` can be taken from a bucket, and how long such an amount takes to come in.
local function waitFor(bucket, amount)
  if not bucket then return 0, 0 end
  local missing = math.min(amount, bucket.capacity) - bucket.level
  return math.max(0, missing / bucket.refill), amount / bucket.refill
end

local function isFull(bucket)
  return not bucket or bucket.level >= bucket.capacity
end

-- takeCapacity(key, {requests, tokens} a minute (0: no limit), tokens of this request, {now, ticket: when it was told to come
-- back or nil, longestWait, ttl}). Takes one request and its tokens and returns 0, or takes nothing and returns the wait in
-- ms and whether the request has its place in line.
local function takeCapacity(key, limits, tokens, visit)
  local now = visit.now
  local stored = redis.call('HMGET', key, 'requests', 'tokens', 'at', 'lineEndsAt')
  local elapsed = math.max(0, now - tonumber(stored[3] or now))
  local requestBucket = bucketOf(limits.requests, tonumber(stored[1] or ''), elapsed, 1)
  local tokenBucket = bucketOf(limits.tokens, tonumber(stored[2] or ''), elapsed, 0)
  local lineEndsAt = tonumber(stored[4] or '0')
  if isFull(requestBucket) and isFull(tokenBucket) then lineEndsAt = now end

  local requestWait, requestStep = waitFor(requestBucket, 1)
  local tokenWait, tokenStep = waitFor(tokenBucket, tokens)
  local wait = math.max(requestWait, tokenWait)
  local isInLine = lineEndsAt > now
  if isInLine and visit.ticket then wait = math.max(wait, visit.ticket - now)
  elseif isInLine then wait = math.max(wait, lineEndsAt - now + math.max(requestStep, tokenStep)) end
  -- Levels are kept as decimal text; what that rounds away is no reason to wait another millisecond.
  wait = math.max(0, math.ceil(wait - 0.001))

  if wait == 0 then
    if requestBucket then requestBucket.level = requestBucket.level - 1 end
    if tokenBucket then tokenBucket.level = tokenBucket.level - tokens end
  elseif wait <= visit.longestWait then
    lineEndsAt = math.max(lineEndsAt, now + wait)
  else
    return wait, false
  end
  redis.call('HSET', key, 'requests', requestBucket and requestBucket.level or '', 'tokens', tokenBucket and tokenBucket.level or '',
    'at', math.max(now, tonumber(stored[3] or '0')), 'lineEndsAt', lineEndsAt)
  redis.call('PEXPIRE', key, visit.ttl)
  return wait, true
end

-- settleTokens(key, row, tokens used): replaces what a call was expected to use by what it did. Once: the row forgets it.
local function settleTokens(key, row, used)
  local taken = redis.call('HGET', row, 'takenTokens')
  if not taken then return end
  redis.call('HDEL', row, 'takenTokens')
  if (redis.call('HGET', key, 'tokens') or '') == '' then return end
  redis.call('HINCRBYFLOAT', key, 'tokens', tonumber(taken) - used)
end
