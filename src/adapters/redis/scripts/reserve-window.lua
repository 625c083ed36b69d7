#!lua
-- Reserves one send in all sliding windows of one limit, or in none. A send id that is held counts once.
-- KEYS 1 sends (sorted set: send id by ms). ARGV 1 clock offset ms, 2 send id, then for each window: max, ms.
-- Returns {'granted' | 'held' (before this call already), sends in the first window} or {'refused', ms until it would be granted}.
local longest, wait = 0, nil
for i = 3, #ARGV, 2 do longest = math.max(longest, tonumber(ARGV[i + 1])) end
local function since(ms) return '(' .. string.format('%.0f', now - ms) end

local held = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[2]) or 0) > now - longest
for i = 3, #ARGV, 2 do
  local max, ms = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local count = redis.call('ZCOUNT', KEYS[1], since(ms), '+inf')
  if not held and count >= max then
    -- There is room once this one, counted from the oldest, has left the window.
    local last = redis.call('ZRANGEBYSCORE', KEYS[1], since(ms), '+inf', 'WITHSCORES', 'LIMIT', count - max, 1)
    wait = math.max(wait or 0, last[2] and tonumber(last[2]) + ms - now or ms)
  end
end
if wait then return { 'refused', wait } end
if not held then redis.call('ZADD', KEYS[1], now, ARGV[2]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
keep(KEYS[1], longest)
return { held and 'held' or 'granted', redis.call('ZCOUNT', KEYS[1], since(tonumber(ARGV[4])), '+inf') }
